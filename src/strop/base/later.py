"""`dataclass`, which makes a class's methods when it is first used, and `np`, which is NumPy once something of it is used.

To make the methods takes up to a millisecond a class, most of it for the compiler, and a command uses a fifth of the classes that
it imports. NumPy takes a tenth of a second, and what lists and shows computes nothing. Type checkers see the decorator of the
standard library, and NumPy itself.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

_FACTS = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
_lock = threading.RLock()


class _Unmade:
    """Stands for an attribute of a class that `dataclass` makes. When one of them is looked up, all are made."""

    def __init__(self, kind: type, name: str, make: Callable[[type], object]) -> None:
        self._kind, self._name, self._make = kind, name, make

    def __get__(self, instance: object, owner: type) -> object:
        with _lock:
            if vars(self._kind)[self._name] is self:  # else another thread was first
                for name in [name for name, value in vars(self._kind).items() if isinstance(value, _Unmade)]:
                    delattr(self._kind, name)
                self._make(self._kind)
        made = vars(self._kind)[self._name]
        return made if self._name in _FACTS else made.__get__(instance, owner)


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
            setattr(kind, name, _Unmade(kind, name, dataclasses.dataclass(**options)))
    return kind


class _Numpy(ModuleType):
    def __getattr__(self, name: str) -> object:
        import numpy

        found = getattr(numpy, name)
        setattr(self, name, found)  # the next time it is found as in any module
        return found


if TYPE_CHECKING:
    from dataclasses import dataclass

    import numpy as np
else:
    dataclass, np = _dataclass, _Numpy("numpy")

__all__ = ["dataclass", "np"]
