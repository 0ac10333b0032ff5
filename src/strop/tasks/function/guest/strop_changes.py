"""Change the arguments of a call in one place and by one step, so that it is a call near a recorded one.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import enum
import random
import sys
from collections.abc import Callable
from typing import Any

MOST_DEPTH = 3
"""Steps from an argument down to what changes."""
_DOWN = 0.5
"""The probability that a part of a value changes, and not the value itself."""
_SHOWN = 40


class Unchanged(Exception):
    """Nothing changes here."""


def change(arguments: dict[str, Any], chance: random.Random) -> str:
    """Change one argument. Returns the change in words. Raises Unchanged, and anything that the code of a value raises."""
    name = chance.choice([*arguments])
    arguments[name], how = _changed(arguments[name], name.lstrip("*"), chance, 0)
    return how


def _changed(value: Any, name: str, chance: random.Random, depth: int) -> tuple[Any, str]:
    """A changed value, and the change in words."""
    parts, steps = _parts(value) if depth < MOST_DEPTH else [], _steps(value, chance)
    if parts and (chance.random() < _DOWN or not steps):
        key, part = chance.choice(parts)
        inner = f"{name}.{key}" if _is_object(value) else f"{name}[{_shown(key)}]"
        new, how = _changed(part, inner, chance, depth + 1)
        return _put(value, key, new), how
    if depth and value is not None and not isinstance(value, bool):
        steps.append(("None", lambda: None))
    if not steps:
        raise Unchanged(name)
    how, step = chance.choice(steps)
    new = step()
    new_text = _shown(new)
    return new, f"{name}={new_text}" if len(new_text) <= _SHOWN else f"{name} {how}"


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """The parts of a value, each with its key, index or attribute."""
    if type(value) in (list, tuple):
        return list(enumerate(value))
    if type(value) is dict:
        return list(value.items())
    if not _is_object(value):
        return []
    held = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                held.setdefault(slot, getattr(value, slot))
    return list(held.items())


def _put(value: Any, key: Any, new: Any) -> Any:
    """The value with another part. All values but tuples are changed in place, because other objects may hold them, too."""
    if type(value) is tuple:
        return (*value[:key], new, *value[key + 1 :])
    if _is_object(value):
        object.__setattr__(value, key, new)
    else:
        value[key] = new
    return value


def _is_object(value: Any) -> bool:
    plain = (list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float, complex, bool, type(None), type)
    is_one = isinstance(value, enum.Enum) or callable(value)  # of which there are no copies
    return type(value) not in plain and not is_one and not _is_array(value)


def _steps(value: Any, chance: random.Random) -> list[Any]:
    """The steps that change a value: each has its words and a function that returns the changed value."""
    kind = type(value)
    if kind is bool:
        return [("negated", lambda: not value)]
    if kind is int:
        return [("0", lambda: 0), ("-1", lambda: -1), ("larger", lambda: 2 * abs(value) + 1), ("None", lambda: None)]
    if kind is float:
        numbers = (0.0, -1.0, 2 * abs(value) + 1, float("nan"), float("inf"), None)
        return [(repr(number), lambda number=number: number) for number in numbers]
    if value is None:
        return [("0", lambda: 0), ("''", lambda: ""), ("[]", lambda: [])]
    if kind is str:
        return [*_of_items(value, chance, "".join), *_of_text(value, chance)]
    if kind is bytes or kind is bytearray or kind is list or kind is tuple:
        return _of_items(value, chance, kind)
    if kind is set or kind is frozenset:
        return _of_items(sorted(value, key=repr), chance, kind)[:2]
    if kind is dict:
        pairs = list(value.items())
        return [step for step in _of_items(pairs, chance, dict) if step[0] not in ("with an item doubled", "constant")]
    return _of_array(value, chance) if _is_array(value) and value.ndim else []


def _of_items(value: Any, chance: random.Random, made: Callable[[Any], Any]) -> list[Any]:
    """The steps for a value with items in an order; empty if it has none."""
    items = list(value)
    if not items:
        return []
    index = chance.randrange(len(items))
    return [
        ("empty", lambda: made([])),
        ("with an item dropped", lambda: made(items[:index] + items[index + 1 :])),
        ("with an item doubled", lambda: made(items[: index + 1] + items[index:])),
        ("shuffled", lambda: made(chance.sample(items, len(items)))),
        ("constant", lambda: made([items[index]] * len(items))),
    ]


def _of_text(value: str, chance: random.Random) -> list[Any]:
    index = chance.randrange(len(value) + 1)
    added = chance.choice(["\u2019", "\u00e9", "\u00df", "\u4e2d", " "])
    return [
        ("in another case", value.swapcase),
        (f"with {added!r} in it", lambda: value[:index] + added + value[index:]),
        ("None", lambda: None),
    ]


def _of_array(value: Any, chance: random.Random) -> list[Any]:
    numpy = sys.modules["numpy"]
    steps = [("empty", lambda: value[:0].copy())]
    if not value.size:
        return []
    index = chance.randrange(len(value))
    order = chance.sample(range(len(value)), len(value))
    steps += [
        ("with a row dropped", lambda: numpy.delete(value, index, axis=0)),
        ("with a row doubled", lambda: numpy.insert(value, index, value[index], axis=0)),
        ("shuffled", lambda: value[order].copy()),
        ("constant", lambda: numpy.full_like(value, value.flat[0])),
    ]
    if value.dtype.kind == "f":
        number = chance.choice([float("nan"), float("inf"), 0.0, -1.0])
        steps.append((f"with {number!r} in it", lambda: _with_number(value, chance.randrange(value.size), number)))
    return steps


def _with_number(value: Any, index: int, number: float) -> Any:
    new = value.copy()
    new.flat[index] = number
    return new


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def _shown(value: Any) -> str:
    """The `repr` of a value, or its type for objects and functions."""
    if _is_object(value) or callable(value):
        return f"a {type(value).__name__}"
    return repr(value)
