"""Parsing a text that a model wrote: nothing of it is executed, and nothing of it may hang or kill the host."""

from __future__ import annotations

import ast
import threading
import warnings

from strop.parsing import syntax_tree
from strop.solution import is_costly_to_parse

LONGEST_PROGRAM = 200_000
"""Characters. What is longer is not read."""
ENTRY = "improve_algorithm"
_WARNINGS = threading.Lock()


class Unreadable(Exception):
    """The text is no program, in words."""


class Unread(Exception):
    """The text is not read: whether it is a program is not known."""


def parsed(text: str) -> ast.Module:
    """The syntax tree of a program.

    Raises:
        Unreadable: it does not parse.
        Unread: it must not be parsed.
    """
    if len(text) > LONGEST_PROGRAM:
        raise Unread(f"longer than {LONGEST_PROGRAM} characters: not read")
    if is_costly_to_parse(text):
        raise Unread("a dotted name of more than 100 parts: not read")
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a program's odd escapes are not the host's to warn of
            return syntax_tree(text)
    except SyntaxError as error:
        reason = error.msg.partition(";")[0]
        raise Unreadable(f"does not parse: {reason}, line {error.lineno or 0}") from error
    except ValueError as error:
        raise Unreadable("holds characters that no source can hold") from error
    except (RecursionError, MemoryError) as error:
        raise Unread("nested too deeply") from error
