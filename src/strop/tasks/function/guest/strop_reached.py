"""Which functions some calls enter, and which statements of them they reach. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import ast
import dis
import os
import sys
import threading
import time
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any

MOST_SECONDS = 20.0
"""CPU seconds of traced calls: tracing can make a call 50 times as long."""
_AT_ONCE = 1000
"""Events between two looks at the clock."""
_SILENT = (ast.Pass, ast.Break, ast.Continue)
"""Statements that Python 3.9 may jump over, so that tracing does not see them."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Reached:
    """A context manager that traces the calls inside, and collects the functions that they enter and the lines that none of them
    reaches."""

    def __init__(
        self, texts: Mapping[str, str], names: Mapping[str, Collection[str]], paths: Mapping[str, str]
    ) -> None:
        """`texts` are those of the files, by path, and `names` the qualified names of their functions. Lines are those of the
        first file. `paths`: what code calls its file → its path, where that is another one."""
        self.calls = 0
        """How many calls were traced from their beginning to their end."""
        self.entered = list[str]()
        """The functions that were entered, as `path:name`."""
        self._unseen, self._own, self._left = dict[tuple[str, int], str](), set[tuple[str, int]](), set[int]()
        self._paths = dict(paths)
        first = next(iter(texts), "")
        for path, text in texts.items():
            for name, function in _functions(ast.parse(text), "", names[path]):
                self._unseen[path, _first(function)] = f"{path}:{name}"
                if path == first:
                    self._own |= {(path, line) for line in range(_first(function), function.end_lineno + 1)}
                    parts: Any = ast.walk(function)
                    self._left |= {part.lineno for part in parts if _is_reported(part) and part is not function}
        codes = _codes(compile(texts.get(first, ""), first, "exec", dont_inherit=True))
        self._left &= {line for code in codes for line in _lines(code)}
        self._events, self._ends = 0, time.process_time() + MOST_SECONDS

    def __enter__(self) -> None:
        if self._left or self._unseen:
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
        name = frame.f_code.co_filename
        path = self._paths.get(name) or self._paths.setdefault(name, os.path.normpath(name))
        place = path, frame.f_code.co_firstlineno
        if place in self._unseen:
            self.entered.append(self._unseen.pop(place))
        return self._traced if self._goes_on() and place in self._own else None

    def _traced(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._left.discard(frame.f_lineno)
        return self._traced if self._goes_on() else None

    def _goes_on(self) -> bool:
        """Whether functions, lines and time are left; otherwise tracing ends."""
        self._events += 1
        if (self._left or self._unseen) and (self._events % _AT_ONCE or time.process_time() < self._ends):
            return True
        sys.settrace(None)
        return False


def _functions(node: Any, outer: str, names: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Those of the functions `names` that are below a module or a class, each after its qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            yield from [(f"{outer}{child.name}", child)] * (f"{outer}{child.name}" in names)
        elif not isinstance(child, ast.expr):
            yield from _functions(child, f"{outer}{child.name}." if isinstance(child, ast.ClassDef) else outer, names)


def _first(function: Any) -> int:
    """The line where the code of a function begins, decorators included."""
    lines: list[int] = [function.lineno, *(mark.lineno for mark in function.decorator_list)]
    return min(lines)


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
