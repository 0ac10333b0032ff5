"""The kinds of the values that an original's functions return, and whether a candidate's values are of these kinds.

A kind is plain data: a list of alternatives, each `[name, inside]`. Numbers are one kind, whatever their type; whether they are
finite counts apart. It is stand-alone (see `__init__`).
"""

from __future__ import annotations

import math
import re
import sys
from typing import Any

MOST_INSIDE = 64
"""Items of a tuple, and keys of a dict, that are looked at one by one."""
_WORDS = {
    "none": "None", "bool": "a truth value", "number": "a number", "complex": "a complex number", "str": "a text",
    "bytes": "bytes", "list": "a list", "tuple": "a tuple", "dict": "a dict", "set": "a set", "range": "a range",
    "array": "an array",
}  # fmt: skip

_BETWEEN = re.compile(r'"(?:[^"\\\\]|\\\\.)*"|[\s,:\[\]{}]+')
"""Between the words of JSON; texts are none."""
_PRINTED = re.compile(r"[\s,:;=()\[\]{}\"']+")
_LONGEST_NUMBER = 400

Kind = list[Any]
"""A list of alternatives."""


def learned(kind: Kind | None, value: Any) -> Kind:
    """`kind`, widened by one more value of the original."""
    kind = [] if kind is None else kind
    name, inside = _parts(value)
    if name == "array":
        if ["array", inside] not in kind:
            kind.append(["array", inside])
        return kind
    known = next((each for each in kind if each[0] == name and _same_length(each, name, inside)), None)
    if known is None:
        known = [name, {} if name == "dict" else [None] * len(inside) if name == "tuple" else None]
        kind.append(known)
    if name == "dict":
        for key, item in list(inside.items())[:MOST_INSIDE]:
            if type(key) is str:
                known[1][key] = learned(known[1].get(key), item)
    elif name == "tuple":
        known[1] = [learned(each, item) for each, item in zip(known[1], inside)]
    elif name in ("list", "set"):
        for item in inside if _are_mixed(inside) else list(inside)[:1]:
            known[1] = learned(known[1], item)
    return kind


def merged(kind: Kind | None, other: Kind | None) -> Kind:
    """A kind that has the alternatives of both."""
    both = [[name, inside] for name, inside in kind or []]
    for name, inside in other or []:
        known = next((each for each in both if each[0] == name and (name != "array" or each[1] == inside)), None)
        if known is None or (name == "tuple" and len(known[1]) != len(inside)):
            both.append([name, inside])
        elif name == "tuple":
            known[1] = [merged(*pair) for pair in zip(known[1], inside)]
        elif name == "dict":
            known[1] = {**known[1], **{key: merged(known[1].get(key), each) for key, each in inside.items()}}
        elif name in ("list", "set"):
            known[1] = merged(known[1], inside)
    return both


def _same_length(known: list[Any], name: str, inside: Any) -> bool:
    return name != "tuple" or len(known[1]) == len(inside)


def mismatch(kind: Kind | None, value: Any, where: str = "") -> str:
    """How a value differs in kind: `a text in its item 0, where the original returns a number`; empty if it does not."""
    if not kind:
        return ""
    name, inside = _parts(value)
    alike = [each for each in kind if each[0] == name and (name != "array" or each[1] == inside)]
    if not alike:
        expected = " or ".join(dict.fromkeys(_words(*each) for each in kind))
        return f"{_words(name, inside)}{where}, where the original returns {expected}"
    if name == "tuple":
        same = [each for each in alike if len(each[1]) == len(inside)]
        if not same:
            lengths = " or ".join(str(len(each[1])) for each in alike)
            return f"a tuple of {len(inside)} items{where}, where the original returns one of {lengths}"
        return _first(zip(same[0][1], inside, range(len(inside))), where)
    if name == "dict":
        return _first(((alike[0][1].get(key), item, key) for key, item in inside.items() if type(key) is str), where)
    if name in ("list", "set"):
        items = list(inside) if _are_mixed(inside) else list(inside)[:1]
        return _first(((alike[0][1], item, number) for number, item in enumerate(items)), where)
    return ""


def _first(parts: Any, where: str) -> str:
    for kind, item, name in parts:
        found = mismatch(
            kind, item, f"{where or ' in its'} item {name!r:.40}" if not where else f"{where}, item {name!r:.40}"
        )
        if found:
            return found
    return ""


def _parts(value: Any) -> tuple[str, Any]:
    """The name of a value's kind, and what is inside."""
    kind = type(value)
    if value is None:
        return "none", None
    if kind is bool:
        return "bool", None
    if kind in (int, float):
        return "number", None
    if kind in (list, tuple, dict, str, bytes, complex, range):
        name = kind.__name__
        is_long = kind is tuple and len(value) > MOST_INSIDE
        return ("list" if is_long else name), value
    if kind in (set, frozenset):
        return "set", value
    form = {"b": "bool", "c": "complex"}.get(value.dtype.kind, "number")
    return ("array", [form, value.ndim]) if kind.__name__ == "ndarray" else (form, None)


def _words(name: str, inside: Any) -> str:
    if name != "array":
        return _WORDS[name]
    form = {"bool": "truth values", "complex": "complex numbers"}.get(inside[0], "numbers")
    return f"an array of {form} with {inside[1]} axes"


def _are_mixed(items: Any) -> bool:
    """Whether the items must be looked at one by one: not if all are of one simple type."""
    kinds = set(map(type, items))
    return len(kinds) != 1 or not kinds <= {int, float, bool, str, bytes, complex}


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
    numpy = sys.modules.get("numpy")
    if (
        numpy is not None
        and kind.__module__ == "numpy"
        and value.dtype.kind in "fc"
        and not numpy.isfinite(value).all()
    ):
        bad = "nan" if numpy.isnan(value).any() else "inf"
        return f"{bad}{where}"
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
