"""Read numbers from a solution's answer: exact built-in types in, a fresh array of one type out, or Malformed.

No method of the value is called: types are compared with `type() is`, so an object that overloads comparison or conversion is
refused before it can act.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from strop.base.errors import Malformed
from strop.sandbox.strop_plain_data import Unhashed, type_of

MAX_DEPTH = 64
INT_LOW, INT_HIGH = -(2**63), 2**63 - 1
NUMBERS = frozenset({bool, int, float})
WORDS = {bool: "a truth value", int: "a whole number", float: "a number"}


def kind_of(value: object) -> str:
    """Describe a value in two words, without calling its methods."""
    if value is None:
        return "None"
    if type(value) is np.ndarray:
        return f"an array of {value.dtype}"
    return {bool: "a truth value", int: "a whole number", float: "a number", str: "a text", list: "a list"}.get(
        type(value), f"of type {type_of(value).__name__}"[:60]
    )


def array_of(kind: Any, value: object, name: str) -> np.ndarray:
    """A fresh array of bool, int64 or float64 (for `kind` bool, int or float) of the shape of `value`.

    Raises:
        Malformed: an element is not a number, not finite, outside int64 or not convertible without loss, or lists have
            unequal lengths.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is np.ndarray:
        return _of_array(kind, value, name)
    leaves, shape = ([value], ()) if type(value) in NUMBERS else _flat(kind, value, name, 0)
    for place, leaf in enumerate(leaves):
        if not (INT_LOW <= leaf <= INT_HIGH if kind is not float or type(leaf) is int else math.isfinite(leaf)):
            raise Malformed(f"{_at(name, place, shape)} is {_shown(leaf)}; it must be finite and fit 64 bits")
        if kind is not float and leaf != int(leaf):
            raise Malformed(f"{_at(name, place, shape)} is {leaf!r}; {WORDS[kind]} is expected")
    return _of_kind(kind, np.array(leaves, dtype=np.float64 if kind is float else np.int64).reshape(shape), name)


def _of_array(kind: Any, array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise Malformed(f"{name} is {kind_of(array)}; {WORDS[kind]} or an array of them is expected")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)  # float16 cannot be compared with 2.0**63
        fitting = np.isfinite(array)
        if kind is not float:
            # 2.0**63 is the first float that int64 cannot hold.
            fitting &= (array >= -(2.0**63)) & (array < 2.0**63) & (array == np.floor(array))
    else:
        fitting = array <= INT_HIGH
    if not fitting.all():
        place = int(np.argmin(fitting.reshape(-1)))
        leaf = array.reshape(-1)[place].item()
        raise Malformed(f"{_at(name, place, array.shape)} is {_shown(leaf)}; {WORDS[kind]} of 64 bits is expected")
    return _of_kind(kind, array, name)


def _of_kind(kind: Any, array: np.ndarray, name: str) -> np.ndarray:
    if kind is float:
        return array.astype(np.float64) + 0.0  # -0.0 + 0.0 is 0.0
    if kind is int:
        return array.astype(np.int64)
    if not (truths := np.isin(array, (0, 1))).all():
        raise Malformed(f"{name} holds {array[~truths][0].item()!r}; truth values are expected")
    return array.astype(np.bool_)


def _flat(kind: Any, value: Any, name: str, depth: int) -> tuple[list[Any], tuple[int, ...]]:
    """The elements of nested lists in order, and the shape."""
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        value = value.tolist()
    if type(value) not in (list, tuple) or depth > MAX_DEPTH:
        raise Malformed(f"{name} is {kind_of(value)}; {WORDS[kind]} is expected")
    items = [item.item() if isinstance(item, np.generic) else item for item in value]
    if all(type(item) in NUMBERS for item in items):
        return items, (len(items),)
    if type(items[0]) in NUMBERS:  # then another element is not
        place = next(place for place, item in enumerate(items) if type(item) not in NUMBERS)
        raise Malformed(f"{name}[{place}] is {kind_of(items[place])}; {WORDS[kind]} is expected")
    leaves: list[Any] = []
    shape: tuple[int, ...] | None = None
    for place, item in enumerate(items):
        inner, inner_shape = _flat(kind, item, f"{name}[{place}]", depth + 1)
        if shape is not None and inner_shape != shape:
            raise Malformed(f"{name}[{place}] is of shape {inner_shape}, unlike the elements before it, {shape}")
        leaves.extend(inner)
        shape = inner_shape
    return leaves, (len(items), *(shape or ()))


def _at(name: str, place: int, shape: tuple[int, ...]) -> str:
    """The element's name, e.g. `answer[3][1]`."""
    return name + "".join(f"[{int(axis)}]" for axis in np.unravel_index(place, shape)) if shape else name


def _shown(leaf: Any) -> str:
    return f"a whole number of {leaf.bit_length()} bits" if type(leaf) is int else repr(leaf)


def rebuilt(value: Any, *, wide: bool = False) -> Any:
    """A value with its dicts and sets; if `wide`, its numbers of numpy have 64 bits: a sum of bytes would wrap around at 256.

    Called where it can be ended, since keys of a hostile program may all hash alike: a step of Python's puts in each, and between
    two of them exceptions and other threads get in.

    Raises:
        Malformed: two keys of a dict, or two items of a set, are equal; or a number does not fit 64 bits.
    """
    kind, again = type(value), partial(rebuilt, wide=wide)
    if isinstance(value, np.ndarray | np.generic) and wide:
        if value.dtype.str == "<u8" and value.size and value.max() > INT_HIGH:
            raise Malformed(f"the answer holds {value.max()}; whole numbers of 64 bits are expected")
        return value.astype({"f": "f8", "i": "i8", "u": "i8"}.get(value.dtype.kind, value.dtype))
    if kind in (list, tuple) and not _PLAIN.issuperset(map(type, value)):
        return kind(map(again, value))
    made: Any = {} if type_of(value) is dict else set()
    if type_of(value) is dict:
        for key, item in value.items():
            made[again(key)] = again(item)
    elif kind is Unhashed:
        for item in value:
            made.add(again(item))
    else:
        return value
    if len(made) != len(value):
        raise Malformed(f"the answer has {'keys' if value.kind is dict else 'items'} that are equal to each other")
    return frozenset(made) if type_of(value) is frozenset else made


_PLAIN = NUMBERS | {str, type(None)}
