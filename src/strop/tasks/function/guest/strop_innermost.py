"""Wrap functions innermost, below all their decorators, as Python loads their file. Nothing on disk changes.

`from module import function`, decorators, `super()` and other modules see what they would see, because the function is wrapped
when it is defined. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable
from typing import Any

_wrappers: list[Callable[[Any], Any]] = []
_wanted: dict[str, dict[str, int]] = {}
"""Real path of a file → the qualified names of functions, each with the number of its wrapper."""
_held: list[Any] = []
_get_code = importlib.machinery.SourceFileLoader.get_code


def wrap(file: str, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Make `wrapper` the innermost decorator of the function with this qualified name when the file is loaded. The file may be
    the program that Python starts."""
    if not _wrappers:
        importlib.machinery.SourceFileLoader.get_code = _code_of  # type: ignore[method-assign]
        sys.path_hooks.insert(0, _StartedFile)
    _wanted.setdefault(os.path.realpath(file), {})[name] = len(_wrappers)
    _wrappers.append(wrapper)


def wrapper(number: int) -> Callable[[Any], Any]:
    """The decorator with this number. The loaded text calls it."""
    return _wrappers[number]


def hold(file: str, name: str) -> None:
    """Let `held` return the function with this qualified name, as it is below all its decorators."""
    wrap(file, name, _hold)


def held() -> Any:
    """The function that `hold` named. Raises NameError: its file was not loaded, or defines no such function."""
    if not _held:
        raise NameError("the program does not define the function that is measured")
    return _held[-1]


def _hold(function: Any) -> Any:
    _held.append(function)
    return function


def compiled(text: str | bytes, shown_path: str, file: str, *, is_program: bool = False) -> types.CodeType:
    """The code of a file's text, with its wrappers. Tracebacks call the file `shown_path`."""
    names = _wanted.get(os.path.realpath(file))
    if not names:
        return compile(text, shown_path, "exec", dont_inherit=True)
    tree: Any = compile(text, shown_path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    _put(tree, "", names)
    if is_program:
        _as_program(tree)
    return compile(tree, shown_path, "exec", dont_inherit=True)


def _put(node: Any, outer: str, names: dict[str, int]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            _put(child, f"{outer}{child.name}.", names)
        elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not isinstance(child, ast.expr):
                _put(child, outer, names)
        elif f"{outer}{child.name}" in names:
            text = f"__import__('strop_innermost').wrapper({names[f'{outer}{child.name}']})"
            decorator = ast.parse(text, mode="eval").body
            for part in ast.walk(decorator):
                if isinstance(part, ast.expr):
                    ast.copy_location(part, child)
            child.decorator_list.append(decorator)


def _code_of(self: Any, fullname: str) -> Any:
    path = self.get_filename(fullname)
    if os.path.realpath(path) not in _wanted:
        return _get_code(self, fullname)
    return compiled(self.get_data(path), path, path)


class _StartedFile:
    """Finds the file that Python starts as its program. Python asks so for archives and folders that it is to run."""

    def __init__(self, path: str) -> None:
        if os.path.realpath(path) not in _wanted or not os.path.isfile(path):
            raise ImportError(path)
        self._path = path

    def find_spec(self, name: str, target: Any = None) -> Any:
        """The specification of the program."""
        if name != "__main__":
            return None
        return importlib.util.spec_from_loader(name, self, origin=self._path)  # type: ignore[arg-type]

    def get_code(self, name: str) -> types.CodeType:
        """The code of the program. It also puts the folder of the program first on the path, as Python does for every program."""
        folder = os.path.dirname(os.path.realpath(self._path))
        sys.path[:] = [folder if entry == self._path else entry for entry in sys.path]
        with open(self._path, "rb") as file:
            return compiled(file.read(), self._path, self._path, is_program=True)


def _as_program(tree: Any) -> None:
    """Programs have no specification, which modules have."""
    index = 0
    for statement in tree.body:
        is_docstring = (
            statement is tree.body[0] and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )
        if not is_docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            break
        index += 1
    tree.body[index:index] = ast.parse("__spec__ = __cached__ = None").body
