"""Parse Python, one text at a time."""

from __future__ import annotations

import ast
import threading
import warnings

from strop.base.solution import is_costly_to_parse

_ONE_AT_A_TIME = threading.Lock()
"""CPython 3.11 counts the depth of syntax trees once for all threads (cpython#106905): two threads that parse at once can raise
`SystemError: AST constructor recursion depth mismatch`."""


def syntax_tree(text: str, filename: str = "<program>") -> ast.Module:
    """`ast.parse`, thread-safe, without warnings of a program's odd escapes. Raises the same errors."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename=filename)


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of an untrusted text; None if it is not Python, or costs too much to parse."""
    try:
        return None if is_costly_to_parse(text) else syntax_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
