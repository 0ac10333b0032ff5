"""A module of the user's with a candidate in it, imported under its own name: whatever imports it gets this text."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds only the module with the candidate's text."""

    def __init__(self, text: str, filename: str, name: str, file: str, compiled: Callable[..., types.CodeType]) -> None:
        self._text, self._filename, self._name, self._file = text, filename, name, file
        self._compiled = compiled

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        is_package = Path(self._file).stem == "__init__" and not name.endswith("__init__")
        spec = importlib.util.spec_from_loader(name, self, origin=self._file, is_package=is_package)
        if spec is not None and is_package:
            spec.submodule_search_locations = [str(Path(self._file).parent)]
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = self._file
        exec(self._compiled(self._text, self._filename, self._file), module.__dict__)


class _Package(importlib.abc.MetaPathFinder):
    """Finds only one package, in its folder and under another name."""

    def __init__(self, name: str, folder: str) -> None:
        self._name, self._folder = name, folder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        file = f"{self._folder}/__init__.py"
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=[self._folder])


def bring(pickler: str) -> None:
    """Let the package in this folder be imported as `strop_cloudpickle`: the user may have another version of it."""
    sys.meta_path.append(_Package("strop_cloudpickle", pickler))


def imported(
    text: str,
    filename: str,
    name: str,
    file: str,
    path: Sequence[str],
    **more: Any,
) -> types.ModuleType:
    """The module `name` of `file` with another text, which tracebacks call `filename`. `path`: folders to import from first.
    `more`: `pickler`, see `bring`; `innermost`, module, file and qualified name of a function that `strop_innermost` holds."""
    if "\0" in text:  # a ValueError before Python 3.11.4
        raise SyntaxError("source code string cannot contain null bytes")
    sys.path[:0] = path
    if more.get("pickler"):
        bring(more["pickler"])
    innermost = more.get("innermost")
    compiled = _compiled
    if innermost:
        strop_innermost = importlib.import_module("strop_innermost")
        strop_innermost.hold(*innermost[1:])
        compiled = strop_innermost.compiled
    finder = _Finder(text, filename, name, file, compiled)
    sys.meta_path.insert(0, finder)
    if package := name.rpartition(".")[0]:
        importlib.import_module(package)  # which may import the module
    other = sys.modules.get(name)
    if other is None or other.__loader__ is finder:
        module = importlib.import_module(name)
    else:
        module = types.ModuleType(name)  # a file that is named like a module of Python's is nobody's import
        finder.exec_module(module)
    if innermost and innermost[0] != name:
        importlib.import_module(innermost[0])
    return module


def _compiled(text: str, filename: str, file: str) -> types.CodeType:
    return compile(text, filename, "exec", dont_inherit=True)
