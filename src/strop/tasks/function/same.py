"""What "the same answer as the original's" means.

Whole numbers, texts, True, False and None must be equal and of the same type: a float where the original returns an int is
another answer, whatever its value. Floats may differ by a relative `CLOSE`. Lists, dicts and arrays are compared part by part.
A tuple counts as a list, and a numpy scalar as its Python value, because that is how they arrive from a guest; an array equals
a list of the same numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np

from strop.tasks.numbers import rebuilt

CLOSE = 1e-9
"""Floats that differ by less than this, relative to the larger, count as equal."""
_LISTS = (list, tuple, range)
_KINDS = {"b": "a truth value", "i": "an int", "u": "an int", "f": "a float", "c": "a complex number"}
_EXACT = {int, str, bool, type(None)}
_IS_CLOSE = partial(math.isclose, rel_tol=CLOSE, abs_tol=0.0)


def canonical(value: Any) -> str:
    """A text that equal values share: plain types, arrays, dicts, lists and tuples (which are alike). Other objects are named."""
    value = value.item() if isinstance(value, np.generic) else value
    kind = type(value).__name__
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return f"array {value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (set, frozenset)):
        return "set[" + ",".join(sorted(map(canonical, value))) + "]"
    if isinstance(value, int):  # the number of decimal digits is limited, not that of these
        return f"{kind} {value:#x}"
    if value is None or isinstance(value, (float, str, bytes)):
        return f"{kind} {value!r}"
    fields = getattr(value, "__dict__", None)
    return f"{kind} {canonical(fields) if fields else ''}"


def same_answer(expected: object, answer: object) -> bool:
    """Whether two answers are the same."""
    return not difference(expected, answer)


def difference(expected: object, answer: object) -> str:
    """How an answer differs from the original's; empty if it is the same. Raises Malformed as `rebuilt`."""
    return next(_differences(rebuilt(expected), rebuilt(answer), "the answer"), "")


def _differences(one: object, other: object, name: str) -> Iterator[str]:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        yield from _of_arrays(one, other, name)
        return
    one, other = _plain(one), _plain(other)
    kinds = _kind(one), _kind(other)
    if kinds[0] != kinds[1]:
        yield f"{name} is {kinds[1]}{_shown(other)}, the original's is {kinds[0]}{_shown(one)}"
    elif isinstance(one, list) and isinstance(other, list):
        yield from _of_lists(one, other, name)
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            yield f"{name} has the keys {list(other)[:9]!a:.100}, the original's {list(one)[:9]!a:.100}"
            return
        for key in one:
            yield from _differences(one[key], other[key], f"{name}[{key!a:.60}]")
    elif not _equal(one, other):
        yield f"{name} is {other!a:.60}, the original's is {one!a:.60}"


def _of_lists(one: list[object], other: list[object], name: str) -> Iterator[str]:
    if len(one) != len(other):
        yield f"{name} has {len(other)} elements, the original's has {len(one)}"
    elif not _quickly_same(one, other):
        for index, (own, given) in enumerate(zip(one, other, strict=True)):
            yield from _differences(own, given, f"{name}[{index}]")


def _quickly_same(one: list[Any], other: list[Any]) -> bool:
    """Whether two lists of plain values of the same types are equal: long ones are compared without a call for each element."""
    types = list(map(type, one))
    if types != list(map(type, other)):
        return False
    if set(types) == {float}:
        return all(map(_IS_CLOSE, one, other))
    return _EXACT.issuperset(types) and one == other


def _of_arrays(one: np.ndarray, other: np.ndarray, name: str) -> Iterator[str]:
    kinds = [_KINDS.get(array.dtype.kind, "an object") for array in (one, other)]
    if one.shape != other.shape:
        yield f"{name} is an array of shape {other.shape}, the original's has {one.shape}"
    elif kinds[0] != kinds[1] and one.size:
        yield f"an element of {name} is {kinds[1]}, the original's is {kinds[0]}"
    elif one.dtype.kind in "fc":
        if not np.allclose(one, other, rtol=CLOSE, atol=0.0, equal_nan=True):
            yield f"{name} has other numbers than the original's"
    elif not np.array_equal(one, other):
        yield f"{name} has other numbers than the original's"


def _plain(value: object) -> object:
    """Arrays and what counts as a list as a list, scalars of numpy as Python's."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, _LISTS) else value


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "a truth value" if isinstance(value, bool) else "None"
    for of, words in ((Integral, "an int"), (Real, "a float"), (str, "a text"), (list, "a list"), (Mapping, "a dict")):
        if isinstance(value, of):
            return words
    return f"a {type(value).__name__}"


def _shown(value: object) -> str:
    return f" ({value!a:.40})" if isinstance(value, (int, float, str)) and not isinstance(value, bool) else ""


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or _IS_CLOSE(one, other)
    return bool(one == other)
