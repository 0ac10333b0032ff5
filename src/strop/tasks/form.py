"""The form of an answer: what the original gave at each place of it, which is what a candidate may give, too.

Sequences (list, tuple, array) are one kind, mappings another, with the original's kinds of keys; real numbers are one kind. What
passes is a copy in exact types and in the original's containers: floats where the original gave only floats; whole numbers where
it gave only those, of 32 bits where its own fit, so that none wraps around in a scorer's arithmetic. A truth value counts as 0 or
1, and these as truth values. A declared `strop.Answer` takes the place of this.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from strop.base.errors import Malformed
from strop.sandbox.strop_plain_data import Unhashed, encode, type_of

NUMBER, COMPLEX, TRUTH, NONE = "a number", "a complex number", "a truth value", "None"
SEQUENCE, MAPPING, SET, TEXT, BYTES = "a list", "a dict", "a set", "a text", "bytes"
_KINDS: dict[type, str] = {
    int: NUMBER, float: NUMBER, complex: COMPLEX, bool: TRUTH, type(None): NONE, str: TEXT, bytes: BYTES,
    list: SEQUENCE, tuple: SEQUENCE, range: SEQUENCE, dict: MAPPING, set: SET, frozenset: SET,
}  # fmt: skip
_OF_DTYPE = {"b": TRUTH, "i": NUMBER, "u": NUMBER, "f": NUMBER, "c": COMPLEX}
_WIDE: dict[str, Any] = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64, "c": np.complex128}
_WIDTHS = (32, 64)
"""Bits of whole numbers, with the sign: at most the first into which all of the original's fit."""
_WHOLE = "the original gives whole numbers only"
_BETWEEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\s,:\[\]{}]+')
"""Between the words of JSON; texts are none. Linear in a text that has only the beginnings of texts, too."""


@dataclass
class AnswerForm:
    """The form of the values at one place. One that has seen nothing but None says nothing: any plain value has it."""

    kinds: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    """`int` and `float`; `list`, `tuple`, `array`, `set`, `frozenset`; and of numpy's numbers their types, such as `<f4`."""
    finite: bool = True
    """Whether all numbers were finite, also those that a text holds."""
    bits: int = 0
    """Of the largest integer, with its sign."""
    empty: bool = False
    """Whether a list, a dict or a set had no items."""
    lengths: set[int] = field(default_factory=set)
    items: AnswerForm | None = None
    """Of the items of a list or set, and of the values of a dict."""
    places: dict[Any, AnswerForm] = field(default_factory=dict)
    """Of the items of a tuple by place, and of the values of a dict by key, if that is a text."""
    keys: AnswerForm | None = None

    def see(self, value: Any) -> AnswerForm:
        """Add a value of the original's; returns this form."""
        if type(value) is np.ndarray or isinstance(value, np.generic):
            self._see_array(np.asarray(value))
            return self
        kind = kind_of(value)
        self.kinds.add(kind)
        if kind == MAPPING:
            self._see_dict(value)
        elif kind in (SEQUENCE, SET):
            self._see_items(value)
        else:
            self.types.add(type(value).__name__)
            self.finite = self.finite and not not_finite(value)
            self.bits = max(self.bits, _bits([value]))
        return self

    def _see_array(self, array: np.ndarray) -> None:
        node = self
        for length in array.shape:
            node.kinds.add(SEQUENCE)
            node.types.add("array")
            node.empty |= not length
            node.items = node.items or AnswerForm()
            node = node.items
        if array.size:
            node.kinds.add(_OF_DTYPE[array.dtype.kind])
            node.types |= {array.dtype.str, {"i": "int", "u": "int", "b": "bool"}.get(array.dtype.kind, "float")}
            node.finite = node.finite and bool(np.isfinite(array).all())
            node.bits = max(node.bits, _bits_in(array) if array.dtype.kind in "iu" else 0)

    def _see_items(self, value: Any) -> None:
        kind = type_of(value)
        self.types.add("list" if kind is range else kind.__name__)
        self.empty |= not value
        self.lengths.add(len(value))
        self.items = self.items or AnswerForm()
        if set(map(type, value)) in ({int}, {float}) and len(value) > 1:
            self.items.kinds.add(NUMBER)
            self.items.types.add(type(next(iter(value))).__name__)
            self.items.finite = self.items.finite and all(map(_is_finite, value))
            self.items.bits = max(self.items.bits, _bits(value))
            return
        for place, item in enumerate(value):
            self.items.see(item)
            if kind is tuple:
                self.places.setdefault(place, AnswerForm()).see(item)

    def _see_dict(self, value: dict[Any, Any] | Unhashed) -> None:
        self.empty |= not value
        self.keys, self.items = self.keys or AnswerForm(), self.items or AnswerForm()
        for key, item in value.items():
            self.keys.see(key)
            self.items.see(item)
            if type(key) is str:
                self.places.setdefault(key, AnswerForm()).see(item)

    def taken(self, value: Any, name: str = "answer") -> Any:
        """A copy of a candidate's value in this form; its dicts and sets are `Unhashed`.

        Raises:
            Malformed: it has another form; the message names the place and the difference.
        """
        try:
            return self._taken(value, name)
        except Malformed:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a value does to this, it is that candidate's value)
            raise Malformed(f"{name} cannot be read: {type(error).__name__}") from None

    def _taken(self, value: Any, name: str) -> Any:
        if self.kinds <= {NONE}:
            return self._widened(value, name)
        is_array = type(value) is np.ndarray and value.ndim > 0
        kind = kind_of(value)
        if kind == NUMBER and kind not in self.kinds and COMPLEX in self.kinds:
            return complex(self._finite(value, name))
        if kind == TRUTH and kind not in self.kinds and "int" in self.types:
            return int(value)
        if kind == NUMBER and kind not in self.kinds and TRUTH in self.kinds and value in (0, 1):
            return bool(value)
        if kind not in self.kinds:
            raise Malformed(f"{name} is {kind}; the original's is {' or '.join(sorted(self.kinds))}")
        if kind == SEQUENCE:
            self._not_emptier(value, name)
            if "array" in self.types and (is_array or self.types == {"array"}):
                return self._array(value, name)
            return self._items(value.tolist() if is_array else value, name)
        if kind == MAPPING:
            return self._dict(value, name)
        if kind == SET:
            self._not_emptier(value, name)
            items = [_of(self.items)._taken(item, f"an item of {name}") for item in value]
            return Unhashed(frozenset if "set" not in self.types else set, items)
        return self._number(value, name) if kind == NUMBER else self._finite(_plain(value), name)

    def _number(self, value: Any, name: str) -> Any:
        made = plain = self._finite(_plain(value), name)
        if "int" not in self.types:
            try:
                made = float(plain)
            except OverflowError:
                raise Malformed(f"{name} is an integer of {_bits([plain]):,} bits") from None
        elif "float" not in self.types and type(plain) is float:
            if not plain.is_integer():
                raise Malformed(f"{name} is {plain!r}; {_WHOLE}")
            made = int(plain)
        self._check_bits(_bits([made]), name)
        is_kept = plain is not value and made is plain and value.dtype.str in self.types
        return np.asarray(value)[()] if is_kept else made

    @property
    def _most_bits(self) -> float:
        return next((each for each in _WIDTHS if self.bits <= each), math.inf) if self.kinds else _WIDTHS[-1]

    def _check_bits(self, bits: int, name: str) -> None:
        if bits > self._most_bits:
            raise Malformed(f"{name} is an integer of {bits:,} bits; the original's fit {self._most_bits}")

    def _finite(self, value: Any, name: str) -> Any:
        if self.finite and (bad := not_finite(value)):
            raise Malformed(f"{name} is {bad}; the original's is finite")
        return value

    def _not_emptier(self, value: Any, name: str) -> None:
        if not len(value) and not self.empty:
            own = "returned an empty answer; the original never does" if name.endswith("()") else ""
            raise Malformed(f"{name} " + (own or "is empty; the original's never is"))

    def _items(self, value: Sequence[Any], name: str) -> Any:
        form = _of(self.items)
        is_tuple = "tuple" in self.types and (type(value) is tuple or "list" not in self.types)
        if self.types == {"tuple"} and self.places and self.lengths == {len(value)}:
            return tuple(self.places[at]._taken(item, f"{name}[{at}]") for at, item in enumerate(value))
        kinds = set(map(type, value))
        if kinds <= {int, float} and NUMBER in form.kinds and len(value) > 1:
            made: Sequence[Any] = value
            if not {kind.__name__ for kind in kinds} <= form.types or _bits(value) > form._most_bits:
                made = [form._number(item, f"{name}[{at}]") for at, item in enumerate(value)]
            if form.finite and not all(map(_is_finite, made)):
                at = next(at for at, item in enumerate(made) if not _is_finite(item))
                raise Malformed(f"{name}[{at}] is {made[at]!r}; the original's is finite")
        else:
            made = [form._taken(item, f"{name}[{at}]") for at, item in enumerate(value)]
        return tuple(made) if is_tuple else list(made)

    def _array(self, value: Any, name: str) -> np.ndarray:
        if _holds_text(value):  # numpy would give each item the room of the longest
            raise Malformed(f"an item of {name} is a text; the original's is an array of numbers")
        try:
            array = np.array(value)
        except (ValueError, TypeError, OverflowError):
            raise Malformed(f"{name} has items of unequal lengths; the original's is an array") from None
        node, rank = self, 0
        while SEQUENCE in node.kinds:
            if rank < array.ndim and not array.shape[rank] and not node.empty:
                raise Malformed(f"{name} is an array of shape {array.shape}; the original's is never empty")
            node, rank = _of(node.items), rank + 1
        if array.ndim != rank and (node.kinds or array.ndim < rank):
            raise Malformed(f"{name} is an array of {array.ndim} dimensions; the original's has {rank}")
        return node._numbers(array, f"an item of {name}")

    def _numbers(self, array: np.ndarray, name: str) -> np.ndarray:
        """An array of a type that the original used, else of 64 bits."""
        kind: str = array.dtype.kind
        if self.finite and kind in "fc" and not np.isfinite(array).all():
            raise Malformed(f"{name} is {'nan' if np.isnan(array).any() else 'inf'}; the original's is finite")
        if self.kinds and array.size:
            kind = self._kind_for(array, name)
        bits = _bits_in(array) if kind in "iu" else 0
        if kind not in _WIDE or bits > _WIDTHS[-1]:
            raise Malformed(f"{name} is no number of 64 bits")
        self._check_bits(bits, name)
        if array.dtype.str in self.types and kind == array.dtype.kind:
            return array
        return array.astype(_WIDE[kind])

    def _kind_for(self, array: np.ndarray, name: str) -> str:
        """The kind of numpy's types in which an array has this form."""
        kind, found = array.dtype.kind, _OF_DTYPE.get(array.dtype.kind, "an object")
        if found == NUMBER and found in self.kinds:
            if kind == "f" and "float" not in self.types:
                if (bad := array != np.floor(array)).any():
                    raise Malformed(f"{name} is {array[bad][0].item()!r}; {_WHOLE}")
                return "i"
            return kind if "int" in self.types else "f"
        if found == NUMBER and TRUTH in self.kinds and np.isin(array, (0, 1)).all():
            return "b"
        if found == NUMBER and COMPLEX in self.kinds:
            return "c"
        if found == TRUTH and found not in self.kinds and "int" in self.types:
            return "i"
        if found not in self.kinds:
            raise Malformed(f"{name} is {found}; the original's is {' or '.join(sorted(self.kinds))}")
        return kind

    def _widened(self, value: Any, name: str) -> Any:
        """A plain value of which no form is known, its arrays in 64 bits; its numbers are finite, too."""
        kind = kind_of(value)
        if type(value) is np.ndarray and value.ndim:
            return AnswerForm(finite=self.finite)._array(value, name)
        if kind in (SEQUENCE, SET):
            items = [self._widened(item, name) for item in value]
            of = type_of(value)
            return tuple(items) if of is tuple else items if kind == SEQUENCE else Unhashed(of, items)
        if kind == MAPPING:
            return Unhashed(
                dict, [(self._widened(key, name), self._widened(item, name)) for key, item in value.items()]
            )
        if kind == "an object":
            raise Malformed(f"{name} is an object, which is no plain value")
        if _bits([made := _plain(value)]) > _WIDTHS[-1]:
            raise Malformed(f"{name} is an integer that does not fit 64 bits")
        return self._finite(made, name)

    def _dict(self, value: dict[Any, Any] | Unhashed, name: str) -> Unhashed:
        self._not_emptier(value, name)
        made = list[tuple[Any, Any]]()
        for key, item in value.items():
            own = _of(self.keys)._taken(key, f"a key of {name}")
            where = f"{name}[{own[:60]!a}]" if type(own) is str else f"a value of {name}"
            form = self.places.get(own) if type(own) is str else None
            made.append((own, (form or _of(self.items))._taken(item, where)))
        if _has_equals([key for key, _ in made]):
            raise Malformed(f"{name} has two keys that are equal in the original's form")
        return Unhashed(dict, made)


def kind_of(value: Any) -> str:
    """The kind of a value, in words: `a list` for a list, a tuple and an array."""
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return SEQUENCE if value.ndim else _OF_DTYPE.get(value.dtype.kind, "an object")
    return _KINDS.get(type_of(value), "an object")


def not_finite(value: Any) -> str:
    """The first number of a number or a text that is not finite, as it is written; empty if there is none."""
    if isinstance(value, float | np.floating):
        return "" if math.isfinite(value) else str(float(value))
    if isinstance(value, complex | np.complexfloating):
        return not_finite(value.real) or not_finite(value.imag)
    if type(value) in (str, bytes):
        return _written((value if type(value) is str else value.decode("latin-1")).strip())
    return ""


def _written(text: str) -> str:
    """The first number that is not finite in a text that is JSON, or nothing but numbers."""
    is_json, words = text[:1] in ("[", "{"), _BETWEEN.split(text)
    numbers = [number for word in words if word[-1:].isalnum() and (number := _number_in(word)) is not None]
    if not is_json and len(numbers) < len(list(filter(None, words))):
        return ""
    return next((str(number) for number in numbers if not math.isfinite(number)), "")


def _number_in(word: str) -> float | None:
    try:
        return float(word)  # also of a megabyte it takes a millisecond
    except ValueError:
        return None


def _holds_text(value: Any) -> bool:
    if type(value) not in (list, tuple):
        return type(value) in (str, bytes)
    return not set(map(type, value)) <= {int, float, bool, complex} and any(map(_holds_text, value))


def _of(form: AnswerForm | None) -> AnswerForm:
    return form or AnswerForm()


def _is_finite(value: Any) -> bool:
    return type(value) is int or math.isfinite(value)


def _has_equals(keys: list[Any]) -> bool:
    """Whether two of these are equal, found without hashing; in what has no order, only those of one type."""
    kinds = set(map(type, keys))
    order = None if kinds <= {int, float, bool} or kinds in ({str}, {bytes}) else encode
    ordered = sorted(keys if order is None else map(order, keys))
    return any(map(operator.eq, ordered, ordered[1:]))


def _bits(values: Any) -> int:
    """Of the largest integer of these, with its sign; 0 without any."""
    whole = [value for value in values if type(value) is int]
    return max(1 + (each if each >= 0 else ~each).bit_length() for each in (min(whole), max(whole))) if whole else 0


def _bits_in(array: np.ndarray) -> int:
    """Of the largest whole number of an array, also of one of floats."""
    if not array.size or array.dtype.kind not in "iuf":
        return 0
    ends = [array.min().item(), array.max().item()]
    return _bits([int(each) for each in ends if math.isfinite(each)])


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) else value
