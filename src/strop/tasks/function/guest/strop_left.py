"""What calls leave behind in their process: data of the program's module and of its classes, and switches of the process.

Loaded before the program. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import gc
import hashlib
import os
import random
import signal
import sys
import types
from typing import Any

import strop_behaviour as behaviour

RANDOM = "the state of random numbers"
RECURSION = "the recursion limit"
NOT_DESCRIBED = "not described"
"""The first item of what stands for a value that cannot be compared."""
_libraries = os.path.dirname(os.__file__)


def left(module: dict[str, Any]) -> dict[str, Any]:
    """The name of each part → its description. Answers that are described from now on are kept for `spoil`."""
    behaviour.kept = behaviour.kept or []
    parts = dict(_switches())
    for name, value in list(module.items()):
        if name.startswith("__"):
            continue
        if not isinstance(value, type):
            parts.update(_described(name, value))
        elif value.__module__ == module.get("__name__"):
            for attribute, held in list(behaviour._dict_of_type(value).items()):
                if not attribute.startswith("_" * 2):
                    parts.update(_described(f"{name}.{attribute}", held))
    return parts


def spoil() -> None:
    """Change the answers of earlier calls, as a caller may who believes that they are its own."""
    left, seen = list(behaviour.kept or []), set()  # type: ignore[var-annotated]
    while left and len(seen) < behaviour.MOST:
        part = left.pop()
        if id(part) in seen or isinstance(part, behaviour._NAMED):
            continue
        seen.add(id(part))
        _parts.append(part)
        if isinstance(part, dict):
            left += dict.values(part)
        elif isinstance(part, (list, tuple)):
            left += list(part)
        elif not isinstance(part, (str, bytes)):
            left += behaviour._attributes(part).values()
        _change(part)


_parts: list[Any] = []
"""What `spoil` has seen stays alive, so that no identity is used twice."""


def _change(part: Any) -> None:
    if type(part) in (list, dict, set, bytearray):
        part.clear()
    elif behaviour._is_numpy(part) and part.shape and part.flags.writeable:
        part.fill(part.dtype.type())
    elif type(getattr(part, "__dict__", None)) is dict and _is_own(type(part)):
        part.__dict__.clear()


def _described(name: str, value: Any) -> dict[str, Any]:
    """The description of a value by its name; nothing for code, and for objects of installed packages."""
    kind = type(value)
    if isinstance(value, behaviour._NAMED) or not (behaviour.is_plain(value) or kind in _HOLDERS or _is_own(kind)):
        return {}
    try:
        return {name: behaviour.described([value])[0]}
    except behaviour.NotDescribed as error:
        return {name: [NOT_DESCRIBED, str(error)]}


_HOLDERS = (list, tuple, dict, set, frozenset)


def _is_own(kind: type) -> bool:
    """Whether a class is of the user's project."""
    file = str(getattr(sys.modules.get(kind.__module__), "__file__", None) or "")
    is_code = issubclass(kind, (types.GeneratorType, property, staticmethod, classmethod))
    return bool(file) and not (is_code or "-packages/" in file or file.startswith(_libraries))


def _switches() -> list[tuple[str, Any]]:
    switches: list[tuple[str, Any]] = [
        ("the garbage collector", [gc.isenabled(), list(gc.get_threshold())]),
        ("the environment", dict(os.environ)),
        ("the working folder", os.getcwd()),
        (RECURSION, sys.getrecursionlimit()),
        ("signal handlers", {int(number): _handler(number) for number in signal.valid_signals()}),
    ]
    if "decimal" in sys.modules:
        context = sys.modules["decimal"].getcontext()
        facts = [getattr(context, name) for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")]
        traps = sorted(trap.__name__ for trap, is_set in context.traps.items() if is_set)
        switches.append(("the decimal context", [facts, traps]))
    switches.append((RANDOM, _digest(repr(random.getstate()).encode())))
    if "numpy" in sys.modules:
        _, numbers, place, *_ = sys.modules["numpy"].random.get_state()
        switches.append((f"{RANDOM} of NumPy", _digest(numbers.tobytes() + b"%d" % place)))
    return switches


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _handler(number: int) -> str:
    handler = signal.getsignal(number)
    return str(getattr(handler, "__qualname__", handler))
