"""Short texts about values of the user's program: their beginning, and their form. No method of the program is called.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import re
import reprlib
import types
from collections import deque
from itertools import islice
from typing import Any

import strop_behaviour

LENGTH = 200
"""Longest text in a recording, in characters."""
MOST_NAMES, MOST_FORMS = 50, 20
"""Most names in a table, and most forms of one parameter."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def add_form(forms: dict[str, dict[str, list[int]]], name: str, value: Any) -> None:
    """Add the form of an argument to the forms of its parameter: form → [least size, greatest size]."""
    name = printable(name)
    if name in forms or len(forms) < MOST_NAMES:
        own_forms = forms.setdefault(name, {})
        form, size = _form(value)
        if form in own_forms or len(own_forms) < MOST_FORMS:
            sizes = own_forms.setdefault(form, [size, size])
            sizes[:] = min(size, sizes[0]), max(size, sizes[1])


def _form(value: Any) -> tuple[str, int]:
    """The form of a value, with `{}` in place of its size, and its size."""
    kind = type(value)
    name = printable(kind.__name__).replace("{", "").replace("}", "")
    if value is None:
        return "None", 0
    if kind in (str, bytes, bytearray):
        return f"{name} of {{}} {'characters' if kind is str else 'bytes'}", len(value)
    if kind in (list, tuple, set, frozenset, deque, dict):
        kinds = _kinds(value)
        of = f"{kinds} to {_kinds(value.values())}" if kind is dict else kinds
        return (f"{name} of {{}} {of}" if value else f"empty {name}"), len(value)
    if strop_behaviour._is_numpy(value) and name == "ndarray":
        return f"array of {{}} {value.dtype}", value.size
    return name, 0


def _kinds(values: Any) -> str:
    names = sorted({printable(type(value).__name__) for value in islice(values, 1000)})
    return (" or ".join(names) if len(names) < 4 else "values").replace("{", "").replace("}", "")


def generalised(form: str, sizes: list[int]) -> str:
    """A form with its sizes: `list of 12 to 450 str`."""
    least, most = sizes
    return form.format(f"{least:,}" if least == most else f"{least:,} to {most:,}")


class _Excerpts(reprlib.Repr):
    """Shows values without calling a method that the program may have written, because such a method may change the value."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = LENGTH
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = self.maxarray = 40
        self._left = 80

    def repr1(self, x: Any, level: int) -> str:
        self._left -= 1
        return super().repr1(x, level) if self._left > 0 else "..."

    def repr_instance(self, x: Any, level: int) -> str:
        kind = type(x)
        if not isinstance(kind.__repr__, types.FunctionType):
            return super().repr_instance(x, level)
        attributes = islice(strop_behaviour._attributes(x).items(), 10) if level > 0 else [("...", "...")]
        return (
            f"{kind.__qualname__}({', '.join(f'{name}={self.repr1(value, level - 1)}' for name, value in attributes)})"
        )


def excerpt(value: Any) -> str:
    """The beginning of a value, as a text of at most `LENGTH` characters."""
    try:
        return printable(" ".join(ADDRESS.sub("", _Excerpts().repr(value)).split()))
    except Exception:
        return f"<{type(value).__name__}>"


def printable(text: str) -> str:
    """The beginning of a text, with nothing in it that a terminal obeys."""
    text = str.__str__(text)[:LENGTH]  # exactly a text, which names of keyword arguments need not be
    return text if text.isprintable() else "".join(character if character.isprintable() else "?" for character in text)
