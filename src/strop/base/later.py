"""`dataclass`, which makes a class's methods when it is first used, and `np`, which is NumPy once something of it is used.

Making the methods takes up to a millisecond a class, most of it for the compiler, and a command uses a fifth of the classes that
it imports. Importing NumPy takes a tenth of a second, and commands that only list or show compute nothing. Type checkers see the
decorator of the standard library, and NumPy itself.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

_FACTS = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
_lock = threading.RLock()


class _Unmade:
    """Stands for an attribute that `dataclass` makes for a class. The first lookup of one of them makes all."""

    def __init__(self, kind: type, name: str, options: Mapping[str, bool]) -> None:
        self._kind, self._name, self._options = kind, name, options

    def __get__(self, instance: object, owner: type) -> object:
        with _lock:
            if vars(self._kind)[self._name] is self:  # else another thread was first
                _make(self._kind, self._options)
        made = vars(self._kind)[self._name]
        return made if self._name in _FACTS else made.__get__(instance, owner)


def _make(kind: type, options: Mapping[str, bool]) -> None:
    """Give a class the attributes that `dataclass` makes. A twin of the class gets them first, because other threads may use the
    class meanwhile and must not find it half made."""
    attributes = dict(vars(kind))
    unmade = [name for name, value in attributes.items() if isinstance(value, _Unmade)]
    own = {name: value for name, value in attributes.items() if name not in (*unmade, "__dict__", "__weakref__")}
    twin = type(kind)(kind.__name__, kind.__bases__, own)
    made = vars(dataclasses.dataclass(**options)(twin))
    for name in [name for name, value in own.items() if isinstance(value, dataclasses.Field)]:
        if name in made:
            setattr(kind, name, made[name])
        else:  # a default that a factory makes
            delattr(kind, name)
    for name in unmade:
        for cell in getattr(made[name], "__closure__", None) or ():
            if cell.cell_contents is twin:
                cell.cell_contents = kind
        setattr(kind, name, made[name])


def _dataclass(kind: type | None = None, /, **options: bool) -> Any:
    if kind is None:
        return lambda kind: _dataclass(kind, **options)
    frozen, eq = options.get("frozen", False), options.get("eq", True)
    if eq and not frozen and "__hash__" not in vars(kind):
        kind.__hash__ = None  # type: ignore[assignment]
    made = {"__init__": options.get("init", True), "__repr__": options.get("repr", True), "__eq__": eq}
    made |= {"__hash__": eq and frozen, "__setattr__": frozen, "__delattr__": frozen, **dict.fromkeys(_FACTS, True)}
    for name, is_made in made.items():
        if is_made and vars(kind).get(name) is None:
            setattr(kind, name, _Unmade(kind, name, options))
    return kind


class _Numpy(ModuleType):
    def __getattr__(self, name: str) -> object:
        import numpy

        value = getattr(numpy, name)
        setattr(self, name, value)  # from then on it is an attribute as in any module
        return value


if TYPE_CHECKING:
    from dataclasses import dataclass

    import numpy as np
else:
    dataclass, np = _dataclass, _Numpy("numpy")

__all__ = ["dataclass", "np"]
