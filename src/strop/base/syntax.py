"""Python text to syntax trees, one at a time."""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
"""CPython 3.11 counts the depth of the tree that it builds once for all threads (cpython#106905): two threads that parse at
once can end in `SystemError: AST constructor recursion depth mismatch`."""


def syntax_tree(text: str, filename: str = "<program>") -> ast.Module:
    """`ast.parse`, safe under threads. Raises what it raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, filename=filename)
