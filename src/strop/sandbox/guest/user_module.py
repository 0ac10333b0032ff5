"""A module of the user's with a candidate in it, imported under its own name: whatever imports it gets this text.

What it imports of its own folder was compiled before the fork: a guest reads no file of the user's but compiled extensions.
"""

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

_compiled: dict[str, types.CodeType] = {}
"""By path."""


def keep(files: Sequence[str]) -> list[str]:
    """Compile the user's modules; returns the other files, which are compiled extensions."""
    for file in files:
        if file.endswith(".py"):
            _compiled[file] = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
    return [file for file in files if file not in _compiled]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the module, its own imports, and a stand-in for strop, whose marks and scores mean nothing in a guest."""

    def __init__(self, text: str, shown: str, name: str, file: str, imports: Sequence[Sequence[str]]) -> None:
        self._text, self._shown, self._name, self._file = text, shown, name, file
        self._own: dict[str, str] = {each[0]: each[1] for each in imports}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in (self._name, "strop"):
            is_package = name != "strop" and Path(self._file).stem == "__init__" and not name.endswith("__init__")
            return importlib.util.spec_from_loader(name, self, origin=self._file, is_package=is_package)
        file = self._own.get(name)
        if file in _compiled:
            return importlib.util.spec_from_loader(name, self, origin=file, is_package=Path(file).stem == "__init__")
        if file:
            return importlib.util.spec_from_file_location(name, file)
        return None if file is None else importlib.machinery.ModuleSpec(name, None, is_package=True)

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ == "strop":
            module.__dict__.update(improve_me=_improve_me, __getattr__=lambda name: type(name, (Exception,), {}))
            return
        own = module.__name__ == self._name
        module.__file__ = self._file if own else self._own[module.__name__]
        code = compile(self._text, self._shown, "exec", dont_inherit=True) if own else _compiled[module.__file__]
        exec(code, module.__dict__)


def _improve_me(**settings: Any) -> Callable[[Any], Any]:
    return lambda function: function


def imported(text: str, shown: str, name: str, file: str, imports: Sequence[Sequence[str]]) -> types.ModuleType:
    """The module `name` of `file` with another text, which tracebacks call `shown`."""
    if "\0" in text:  # a ValueError before Python 3.11.4
        raise SyntaxError("source code string cannot contain null bytes")
    sys.modules.pop("strop", None)
    finder = _Finder(text, shown, name, file, imports)
    sys.meta_path.insert(0, finder)
    if package := name.rpartition(".")[0]:
        importlib.import_module(package)  # which may import the module
    other = sys.modules.get(name)
    if other is None or other.__loader__ is finder:
        return importlib.import_module(name)
    module = types.ModuleType(name)  # a file that is named like a module of Python's is nobody's import
    finder.exec_module(module)
    return module
