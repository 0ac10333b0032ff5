"""Parse programs that somebody else wrote: within limits, and without warnings."""

from __future__ import annotations

import ast
import threading
import warnings

from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree

LONGEST_PROGRAM = 200_000
"""Characters. A longer program is not read."""
_WARNINGS = threading.Lock()


class Unreadable(ValueError):
    """A text has no syntax tree."""

    def __init__(self, reason: str, line: int = 0, excerpt: str = "") -> None:
        super().__init__(reason)
        self.line, self.excerpt = line, excerpt
        """Line and excerpt of a syntax error; 0 and empty for other reasons."""


def parsed(text: str) -> ast.Module:
    """The syntax tree of a program. Raises Unreadable."""
    if len(text) > LONGEST_PROGRAM:
        raise Unreadable(f"longer than {LONGEST_PROGRAM} characters")
    if is_costly_to_parse(text):
        raise Unreadable("a dotted name of more than 100 parts")
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the host does not warn of a program's odd escapes
            return syntax_tree(text)
    except SyntaxError as error:
        raise Unreadable(f"{error.msg}", error.lineno or 0, (error.text or "").strip()) from error
    except ValueError as error:
        raise Unreadable("contains characters that source code cannot contain") from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nested too deeply") from error
