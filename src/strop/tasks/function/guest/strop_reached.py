"""Which statements of a module's functions some calls reach. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import ast
import dis
import sys
import threading
import time
import types
from collections.abc import Collection, Iterator
from typing import Any

MOST_SECONDS = 20.0
"""CPU seconds of traced calls: tracing can make a call 50 times as long."""
_AT_ONCE = 1000
"""Events between two looks at the clock."""
_SILENT = (ast.Pass, ast.Break, ast.Continue)
"""Statements that Python 3.9 may jump over, so that tracing does not see them."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Reached:
    """A context manager that traces the calls inside, and collects the lines that none of them reaches."""

    def __init__(self, text: str, shown_path: str, names: Collection[str]) -> None:
        """`text` is that of the module, `shown_path` the name of the file in its code, `names` the qualified names of the
        functions."""
        self.calls = 0
        """How many calls were traced from their beginning to their end."""
        self._shown, self._own, self._left = shown_path, set[int](), set[int]()
        if names:
            lines = {
                line for code in _codes(compile(text, shown_path, "exec", dont_inherit=True)) for line in _lines(code)
            }
            for function in _functions(ast.parse(text), "", names):
                first = min([function.lineno, *(mark.lineno for mark in function.decorator_list)])
                self._own |= {*range(first, function.end_lineno + 1)}
                parts: Any = ast.walk(function)
                self._left |= lines & {part.lineno for part in parts if _is_reported(part) and part is not function}
        self._events, self._ends = 0, time.process_time() + MOST_SECONDS

    def __enter__(self) -> None:
        if self._left:
            threading.settrace(self._called)
            sys.settrace(self._called)

    def __exit__(self, *error: object) -> None:
        sys.settrace(None)
        threading.settrace(None)
        self.calls += time.process_time() < self._ends

    def left(self) -> list[int]:
        """The lines that no call reached, each where a statement begins."""
        return sorted(self._left)

    def _called(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        is_own = code.co_filename == self._shown and code.co_firstlineno in self._own
        return self._traced if self._goes_on() and is_own else None

    def _traced(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._left.discard(frame.f_lineno)
        return self._traced if self._goes_on() else None

    def _goes_on(self) -> bool:
        """Whether lines and time are left; otherwise tracing ends."""
        self._events += 1
        if self._left and (self._events % _AT_ONCE or time.process_time() < self._ends):
            return True
        sys.settrace(None)
        return False


def _functions(node: Any, outer: str, names: Collection[str]) -> Iterator[Any]:
    """The functions with these qualified names below a module or a class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS) and f"{outer}{child.name}" in names:
            yield child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{outer}{child.name}.", names)


def _is_reported(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.stmt) and not isinstance(node, _SILENT) and not is_text


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _lines(code: types.CodeType) -> Iterator[int]:
    return (line for _, line in dis.findlinestarts(code) if line is not None)
