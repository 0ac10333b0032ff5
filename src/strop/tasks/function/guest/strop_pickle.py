"""Pickle what `sample` draws: classes and functions of the marking file travel as code, others by their names.

Stand-alone, under Python 3.9 or newer. strop brings the package that does it (`strop_user_module.bring`).
"""

from __future__ import annotations

import functools
import importlib
import io
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

_MEMBERS = (type, types.FunctionType, functools._lru_cache_wrapper)
_NO_CONSTANT = (type, types.ModuleType, types.FunctionType)
_CONSTANT = (tuple, str, bytes, int, float, complex, frozenset)
_made: list[Callable[[Any], bytes]] = []


class PickleTooLarge(Exception):
    """The pickle has more bytes than it may have."""


def pickler(
    folder: str, marking_module: str, renamed: Mapping[str, str] | None = None, most: int = 0
) -> Callable[[Any], bytes]:
    """A function that pickles a value.

    `marking_module` is a module that marks a function of another one, and that programs do not have; empty if there is none.
    `renamed` maps modules here to the names under which the opening process imports them; what they define travels by name. A
    pickle ends with PickleTooLarge as soon as it has more than `most` bytes, because a value may be as large as the memory.
    """
    if not _made:
        importlib.import_module("strop_user_module").bring(folder)
        package = importlib.import_module("strop_cloudpickle")
        own: Any = sys.modules["strop_cloudpickle.cloudpickle"]
        if hasattr(own, "_get_or_create_tracker_id"):
            own._get_or_create_tracker_id = _Names(own)
        if marking_module:
            package.register_pickle_by_value(sys.modules[marking_module])
        _made.append(package.dumps if renamed is None else _renaming(package, renamed, most))
    return _made[0]


def member(module: str, name: str) -> Any:
    """The class or function of a module with this qualified name."""
    return _member(importlib.import_module(module), name)


def constant(module: str, name: str, kind: type) -> Any:
    """The constant of a module with this name, or a new object of its class, where only a program that runs has the name."""
    try:
        return member(module, name)
    except KeyError:
        return object.__new__(kind)


def _member(owner: Any, name: str) -> Any:
    for part in name.split("."):
        owner = vars(owner)[part]
    return owner.__func__ if isinstance(owner, (staticmethod, classmethod)) else owner


class _Limited(io.BytesIO):
    most = 0

    def write(self, data: Any) -> int:
        # A large array comes as a `PickleBuffer`, which has no length.
        if self.tell() + memoryview(data).nbytes > self.most:
            raise PickleTooLarge
        return super().write(data)


def _renaming(package: Any, renamed: Mapping[str, str], most: int) -> Callable[[Any], bytes]:
    constants = _Constants(renamed)

    class Pickler(package.Pickler):  # type: ignore[misc]
        def reducer_override(self, value: Any) -> Any:
            if (
                isinstance(value, _MEMBERS)
                and value.__module__ in renamed
                and _is(value.__module__, value.__qualname__, value)
            ):
                return member, (renamed[value.__module__], value.__qualname__)
            if id(value) in constants.names:
                module, name = constants.names[id(value)]
                if _is(module, name, value):
                    return constant, (renamed.get(module, module), name, type(value))
            return super().reducer_override(value)

    def dumps(value: Any) -> bytes:
        constants.update()
        with _Limited() as file:
            file.most = most
            Pickler(file).dump(value)
            return file.getvalue()

    return dumps


def _is(module: str, name: str, value: Any) -> bool:
    try:
        return _member(sys.modules[module], name) is value
    except (KeyError, TypeError):
        return False


class _Constants:
    """Names of constants in modules that programs compare by identity, which a copy would not have: objects that hold nothing,
    and objects of types that extend plain ones."""

    def __init__(self, renamed: Mapping[str, str]) -> None:
        self._renamed = renamed
        self.names: dict[int, tuple[str, str]] = {}
        """Identity of a constant → its module, and its name there."""
        self._modules = 0

    def update(self) -> None:
        """Collect the constants again if more modules were imported."""
        if len(sys.modules) == self._modules:
            return
        self._modules = len(sys.modules)
        self.names.clear()
        others = {"__main__", "__mp_main__", *getattr(sys, "stdlib_module_names", ())} - self._renamed.keys()
        for name, module in list(sys.modules.items()):
            if isinstance(module, types.ModuleType) and name.partition(".")[0] not in others:
                is_program = name in ("__main__", "__mp_main__")
                for attribute, value in list(vars(module).items()):
                    if _is_constant(value) and not (is_program and isinstance(value, _CONSTANT)):
                        self.names.setdefault(id(value), (name, attribute))


def _is_constant(value: Any) -> bool:
    kind = type(value)
    if kind.__module__ == "builtins" or issubclass(kind, _NO_CONSTANT):
        return kind is object
    if issubclass(kind, _CONSTANT):
        return True
    # An object of a class that Python made, which holds nothing, is nothing but itself.
    return kind.__basicsize__ <= _Names.__basicsize__ and getattr(value, "__dict__", None) == {}


class _Names:
    """Names of classes that travel as code. The package would draw them at random, so that equal inputs had different bytes."""

    def __init__(self, package: Any) -> None:
        self._package = package

    def __call__(self, kind: type) -> str:
        with self._package._DYNAMIC_CLASS_TRACKER_LOCK:
            names, classes = self._package._DYNAMIC_CLASS_TRACKER_BY_CLASS, self._package._DYNAMIC_CLASS_TRACKER_BY_ID
            if kind not in names:
                name, number = f"{kind.__module__}.{kind.__qualname__}", 0
                while f"{name} {number}" in classes:
                    number += 1
                names[kind] = f"{name} {number}"
                classes[names[kind]] = kind
            return str(names[kind])
