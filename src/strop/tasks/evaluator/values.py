"""What of a program's values may reach the evaluator: finite numbers, and arrays of types that the original uses."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

import numpy as np

_BETWEEN = re.compile(r'"(?:[^"\\\\]|\\\\.)*"|[\s,:\[\]{}]+')
"""Between the words of JSON; texts are none."""
_PRINTED = re.compile(r"[\s,:;=()\[\]{}\"']+")
_LONGEST_NUMBER = 400
_WIDE = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128"}


def types_in(value: Any) -> set[str]:
    """The types of the arrays, and of numpy's scalars, in a value."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return set().union(*map(types_in, value)) if kind is not list or _may_hold(value) else set()
    if kind is dict:
        return set().union(*map(types_in, value.values()))
    return {str(value.dtype)} if _is_numeric(value) else set()


def widened(value: Any, known: Collection[str]) -> Any:
    """The value with arrays of types other than the `known` ones in 64 bits, so that no small integer of the program wraps around
    in the evaluator's arithmetic."""
    kind = type(value)
    if kind is list:
        return [widened(each, known) for each in value] if _may_hold(value) else value
    if kind in (tuple, set, frozenset):
        return kind(widened(each, known) for each in value)
    if kind is dict:
        return {key: widened(each, known) for key, each in value.items()}
    if _is_numeric(value) and str(value.dtype) not in known:
        return value.astype(_WIDE[value.dtype.kind])
    return value


def _may_hold(items: list[Any]) -> bool:
    return not set(map(type, items)) <= {int, float, bool, str, bytes, complex, type(None)}


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic)


def not_finite(value: Any, where: str = "") -> str:
    """The first number that is not finite, and where: `nan in its item 0`; empty if there is none."""
    kind = type(value)
    if kind is float:
        return "" if math.isfinite(value) else f"{value!r}{where}"
    if kind in (str, bytes):
        bad = _written(value if kind is str else value.decode("latin-1"))
        return f"{bad}{where}" if bad else ""
    if kind is complex:
        return "" if math.isfinite(value.real) and math.isfinite(value.imag) else f"{value!r}{where}"
    if kind in (list, tuple):
        if kind is list and set(map(type, value)) <= {int, float, bool} and all(map(_finite, value)):
            return ""
        return _first_bad(enumerate(value), where)
    if kind in (set, frozenset):
        return _first_bad(enumerate(value), where)
    if kind is dict:
        return _first_bad(((key, key) for key in value), where) or _first_bad(value.items(), where)
    if _is_numeric(value) and value.dtype.kind in "fc" and not np.isfinite(value).all():
        return f"{'nan' if np.isnan(value).any() else 'inf'}{where}"
    return ""


def _written(text: str) -> str:
    """The first number in a text that is not finite once it is read: the text is a number, or JSON; empty if there is none."""
    text = text.strip()
    if text[:1] in ("[", "{"):
        return next((word for word in _BETWEEN.split(text) if word[-1:].isalnum() and _written(word)), "")
    try:
        return "" if len(text) > _LONGEST_NUMBER or math.isfinite(float(text)) else text
    except ValueError:
        return ""


def numbers_printed(output: str) -> list[str]:
    """The words of an output, of which `not_finite` finds the numbers that an evaluator may read."""
    return [word for word in _PRINTED.split(output) if word]


def _finite(value: Any) -> bool:
    return type(value) is int or math.isfinite(value)


def _first_bad(items: Any, where: str) -> str:
    for name, item in items:
        found = not_finite(item, f" in its item {name!r:.40}" if not where else f"{where}, item {name!r:.40}")
        if found:
            return found
    return ""
