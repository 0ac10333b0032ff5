"""Parse Python, one text at a time."""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
"""CPython 3.11 counts the depth of syntax trees once for all threads (cpython#106905): two threads that parse at once can raise
`SystemError: AST constructor recursion depth mismatch`."""


def syntax_tree(text: str, filename: str = "<program>") -> ast.Module:
    """`ast.parse`, thread-safe. Raises the same errors."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, filename=filename)
