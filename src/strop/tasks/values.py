"""How a value is read: its kind, the form of an original's values and copies in it, and what makes two values the same.

A value of a program is plain data, and its types are compared with `type() is`. What the user's own code made may be anything
else, too: only `difference` and `canonical` read that.
"""

from __future__ import annotations

import hashlib
import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property, partial
from numbers import Integral, Real
from typing import Any, TypeGuard

from strop.base.errors import Malformed
from strop.base.later import dataclass, np
from strop.sandbox.strop_plain_data import Unhashed, encode, type_of

NUMBER, COMPLEX, TRUTH, NONE = "a number", "a complex number", "a truth value", "None"
SEQUENCE, MAPPING, SET, TEXT, BYTES, OBJECT = "a list", "a dict", "a set", "a text", "bytes", "an object"
_KINDS: dict[type, str] = {
    int: NUMBER, float: NUMBER, complex: COMPLEX, bool: TRUTH, type(None): NONE, str: TEXT, bytes: BYTES, bytearray: BYTES,
    list: SEQUENCE, tuple: SEQUENCE, range: SEQUENCE, dict: MAPPING, set: SET, frozenset: SET,
}  # fmt: skip
_KINDS_OF_DTYPES = {"b": TRUTH, "i": NUMBER, "u": NUMBER, "f": NUMBER, "c": COMPLEX}
_WIDE = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128"}
"""Kind of numpy's types → the type of 64 bits that holds its numbers."""
NUMBERS = frozenset({bool, int, float})
_PLAIN = NUMBERS | {str, type(None)}
_EXACT = _PLAIN - {float}
INT_HIGH = 2**63 - 1
_HOLDERS = (SEQUENCE, MAPPING, SET)
_WIDTHS = (32, 64)
"""Bits of whole numbers, with the sign: at most the first into which all of the original's fit."""
_WHOLE = "the original gives whole numbers only"
_BETWEEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\s,:\[\]{}]+')
"""Between the words of JSON; texts are none. Linear in a text that has only the beginnings of texts, too."""
CLOSE = 1e-9
"""Floats that differ by less than this, relative to the larger, count as equal."""
CLOSE_32 = 1e-5
"""Numbers of an array of 32-bit floats that differ by less than this, relative to the array's largest, count as equal."""
_SAME: dict[Any, str] = {
    bool: TRUTH, type(None): NONE, int: "an int", float: "a float", str: TEXT, list: SEQUENCE, dict: MAPPING,
    Integral: "an int", Real: "a float", Mapping: MAPPING,
}  # fmt: skip
"""Types of values that can be equal, in words."""
_WORDS_OF_DTYPES = {"b": TRUTH, "i": "an int", "u": "an int", "f": "a float", "c": COMPLEX}


def kind_of(value: object) -> str:
    """The kind of a value in words. Lists, tuples and arrays are all `a list`."""
    if (kind := _KINDS.get(type(value))) is not None:
        return kind
    if is_numpy(value):
        return SEQUENCE if value.ndim else _KINDS_OF_DTYPES.get(value.dtype.kind, OBJECT)
    return _KINDS.get(type_of(value), OBJECT)


def is_numpy(value: object) -> TypeGuard[np.ndarray | np.generic]:
    """Whether it is an array or a scalar of numpy."""
    return type(value) is np.ndarray or isinstance(value, np.generic)


def python_of(value: Any) -> Any:
    """The Python value of a scalar of numpy, or of an array without an axis; any other value itself."""
    return value.item() if isinstance(value, (np.ndarray, np.generic)) else value


def bits_of(values: Iterable[Any]) -> int:
    """Bits of the largest integer in `values`, with its sign; 0 if there is none."""
    integers = [value for value in values if type(value) is int]
    return (
        max(1 + (integer if integer >= 0 else ~integer).bit_length() for integer in (min(integers), max(integers)))
        if integers
        else 0
    )


@dataclass
class AnswerForm:
    """The form of the values at one place: what the original gave there, which is what a candidate may give, too.

    Sequences (list, tuple, array) are one kind, mappings another, with the original's kinds of keys; real numbers are one kind.
    What passes is a copy in exact types and in the original's containers: floats where the original gave only floats; whole
    numbers where it gave only those, of 32 bits where its own fit, so that none wraps around in a scorer's arithmetic. A truth
    value counts as 0 or 1, and these as truth values. A form that has seen nothing but None says nothing: any plain value has
    it. A declared `strop.Answer` takes the place of a form.
    """

    kinds: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    """Names of the types: `int` and `float`; `list`, `tuple`, `array`, `set` and `frozenset`; numpy's types, such as `<f4`."""
    lazy: set[str] = field(default_factory=set)
    """What was run to its end for the values, `a generator` or `a coroutine`; an empty text for a value that was returned itself.
    Callers of the one cannot use the other."""
    finite: bool = True
    """Whether all numbers were finite, also those that a text holds."""
    bits: int = 0
    """Bits of the largest integer, with its sign."""
    empty: bool = False
    """Whether a list, a dict or a set had no items."""
    lengths: set[int] = field(default_factory=set)
    places: dict[Any, AnswerForm] = field(default_factory=dict)
    """Forms of the items of a tuple by index, unless a long tuple of numbers was learned as a whole, and of the values of a dict
    by key, if the key is a text."""

    @cached_property
    def items(self) -> AnswerForm:
        """The form of the items of a list or set, and of the values of a dict."""
        return AnswerForm()

    @cached_property
    def keys(self) -> AnswerForm:
        """The form of the keys of a dict."""
        return AnswerForm()

    @property
    def _is_open(self) -> bool:
        return self.kinds <= {NONE}

    def learn(self, value: Any, lazy: str | None = None) -> AnswerForm:
        """Add a value of the original's; returns this form. `lazy`: what was run to its end for it; None of a part."""
        if lazy is not None:
            self.lazy.add(lazy)
        if is_numpy(value):
            self._see_array(np.asarray(value))
            return self
        kind = kind_of(value)
        self.kinds.add(kind)
        if kind in _HOLDERS:
            self._see_parts(value, kind)
        else:
            self._see_leaf(type(value).__name__, not not_finite(value), bits_of([value]))
        return self

    def _see_leaf(self, name: str, is_finite: bool, bits: int) -> None:
        self.types.add(name)
        self.finite = self.finite and is_finite
        self.bits = max(self.bits, bits)

    def _see_array(self, array: np.ndarray) -> None:
        node = self
        for length in array.shape:
            node.kinds.add(SEQUENCE)
            node.types.add("array")
            node.empty |= not length
            node = node.items
        if array.size:
            kind = array.dtype.kind
            node.kinds.add(_KINDS_OF_DTYPES[kind])
            node.types.add(array.dtype.str)
            name = {"i": "int", "u": "int", "b": "bool"}.get(kind, "float")
            node._see_leaf(name, bool(np.isfinite(array).all()), _bits_in(array) if kind in "iu" else 0)

    def _see_parts(self, value: Any, kind: str) -> None:
        of = type_of(value)
        # Of all tuples or of none: a long one of numbers is seen at once.
        by_place = of is tuple and (0 in self.places or not self.lengths)
        self.empty |= not value
        if kind != MAPPING:
            self.types.add("list" if of is range else of.__name__)
            self.lengths.add(len(value))
            types = set(map(type, value))
            if types in ({int}, {float}) and len(value) > 1 and 0 not in self.places:
                self.items.kinds.add(NUMBER)
                self.items._see_leaf(types.pop().__name__, all(map(_is_finite, value)), bits_of(value))
                return
        for key, item in value.items() if kind == MAPPING else enumerate(value):
            if kind == MAPPING:
                self.keys.learn(key)
            self.items.learn(item)
            if by_place or type(key) is str:
                self.places.setdefault(key, AnswerForm()).learn(item)

    def conformed(self, value: Any, name: str = "answer", lazy: str = "") -> Any:
        """A copy of a candidate's value in this form; its dicts and sets are `Unhashed`. `lazy`: what was run to its end for it.

        Raises:
            Malformed: it has another form; the message names the place and the difference.
        """
        if lazy not in (self.lazy or {""}):
            own = " or ".join(sorted(filter(None, self.lazy))) or " or ".join(sorted(self.kinds))
            raise Malformed(f"{name} is {lazy or f'no longer {own}'}; the original's is {own}")
        try:
            return self._conformed(value, name)
        except Malformed:
            raise
        except Exception as error:  # noqa: BLE001 (an error that a value causes is the fault of its candidate)
            raise Malformed(f"{name} cannot be read: {type(error).__name__}") from None

    def _conformed(self, value: Any, name: str) -> Any:
        kind = kind_of(value)
        if kind not in self.kinds:
            if self._is_open:
                return self._widened(value, name)
            kind = self._kind_for(kind, value, name)
        if kind == NUMBER:
            return self._number(value, name)
        if kind in _HOLDERS and not len(value) and not self.empty:
            own = "returned an empty answer; the original never does" if name.endswith("()") else ""
            raise Malformed(f"{name} " + (own or "is empty; the original's never is"))
        if kind == SEQUENCE:
            return self._list(value, name)
        if kind == MAPPING:
            return self._dict(value, name)
        if kind == SET:
            items = [self.items._conformed(item, f"an item of {name}") for item in value]
            return Unhashed(frozenset if "set" not in self.types else set, items)
        made = self._finite(python_of(value), name)
        if kind == BYTES:
            return bytearray(made) if self.types == {"bytearray"} else bytes(made)
        return complex(made) if kind == COMPLEX else bool(made) if kind == TRUTH else made

    def _widened(self, value: Any, name: str) -> Any:
        """A copy of a plain value for which no form is known. Its arrays have numbers of 64 bits, and all numbers are finite."""
        kind, of = kind_of(value), type_of(value)
        if of is np.ndarray and value.ndim:
            return self._array(value, name)
        if kind == MAPPING:
            pairs = [(self._widened(key, name), self._widened(item, name)) for key, item in value.items()]
            return Unhashed(dict, pairs)
        if kind in _HOLDERS:
            items = [self._widened(item, name) for item in value]
            return Unhashed(of, items) if kind == SET else tuple(items) if of is tuple else items
        if kind == OBJECT:
            raise Malformed(f"{name} is an object, which is no plain value")
        made = self._finite(python_of(value), name)
        if bits_of([made]) > _WIDTHS[-1]:
            raise Malformed(f"{name} is an integer that does not fit 64 bits")
        return made

    def _kind_for(self, kind: str, value: Any, name: str) -> str:
        """The kind to which a value of another kind is converted to have this form: a number to a complex number, 0 and 1 to
        truth values, truth values to integers. `value` may also be an array. Raises Malformed if it cannot be converted."""
        if kind == NUMBER and COMPLEX in self.kinds:
            return COMPLEX
        if kind == NUMBER and TRUTH in self.kinds and _are_truths(value):
            return TRUTH
        if kind == TRUTH and "int" in self.types:
            return NUMBER
        raise Malformed(f"{name} is {kind}; the original's is {' or '.join(sorted(self.kinds))}")

    def _number(self, value: Any, name: str) -> Any:
        plain = self._finite(python_of(value), name)
        made = int(plain) if type(plain) is bool else plain
        if "int" not in self.types:
            try:
                made = float(plain)
            except OverflowError:
                raise Malformed(f"{name} is an integer of {bits_of([plain]):,} bits") from None
        elif "float" not in self.types and type(plain) is float:
            if not plain.is_integer():
                raise Malformed(f"{name} is {plain!r}; {_WHOLE}")
            made = int(plain)
        self._check_bits(bits_of([made]), name)
        is_kept = plain is not value and value.dtype.str in self.types
        return np.asarray(value)[()] if is_kept else made

    def _has_all(self, values: Sequence[Any]) -> bool:
        """Whether all values are Python numbers of this form. A quick check for long lists."""
        names = {kind.__name__ for kind in set(map(type, values))}
        if not names <= self.types & {"int", "float"} or NUMBER not in self.kinds or bits_of(values) > self._most_bits:
            return False
        return not self.finite or all(map(_is_finite, values))

    @property
    def _most_bits(self) -> float:
        return next((width for width in _WIDTHS if self.bits <= width), math.inf)

    def _check_bits(self, bits: int, name: str) -> None:
        if bits > self._most_bits:
            raise Malformed(f"{name} is an integer of {bits:,} bits; the original's fit {self._most_bits}")

    def _finite(self, value: Any, name: str) -> Any:
        if self.finite and (bad := not_finite(value)):
            raise Malformed(f"{name} is {bad}; the original's is finite")
        return value

    def _dict(self, value: dict[Any, Any] | Unhashed, name: str) -> Unhashed:
        made = list[tuple[Any, Any]]()
        for key, item in value.items():
            own, form, where = self.keys._conformed(key, f"a key of {name}"), self.items, f"a value of {name}"
            if type(own) is str:
                form, where = self.places.get(own, form), f"{name}[{own[:60]!a}]"
            made.append((own, form._conformed(item, where)))
        if _has_equals([key for key, _ in made]):
            raise Malformed(f"{name} has two keys that are equal in the original's form")
        return Unhashed(dict, made)

    def _list(self, value: Any, name: str) -> Any:
        is_array, form = type(value) is np.ndarray, self.items
        if "array" in self.types and (is_array or self.types == {"array"}):
            return self._array(value, name)
        made: Sequence[Any] = value.tolist() if is_array else value
        if self.types == {"tuple"} and 0 in self.places and self.lengths == {len(made)}:
            return tuple(self.places[index]._conformed(item, f"{name}[{index}]") for index, item in enumerate(made))
        if not form._has_all(made):
            made = [form._conformed(item, f"{name}[{index}]") for index, item in enumerate(made)]
        is_tuple = "tuple" in self.types and (type(value) is tuple or "list" not in self.types)
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
            node, rank = node.items, rank + 1
        if array.ndim != rank and (array.ndim < rank or not node._is_open):
            raise Malformed(f"{name} is an array of {array.ndim} dimensions; the original's has {rank}")
        return node._numbers(array, f"an item of {name}")

    def _numbers(self, array: np.ndarray, name: str) -> np.ndarray:
        """An array of a type that the original used, else of 64 bits."""
        kind: str = array.dtype.kind
        if self.finite and kind in "fc" and not np.isfinite(array).all():
            raise Malformed(f"{name} is {'nan' if np.isnan(array).any() else 'inf'}; the original's is finite")
        if array.size and not self._is_open:
            element_kind = _KINDS_OF_DTYPES.get(kind, OBJECT)
            element_kind = element_kind if element_kind in self.kinds else self._kind_for(element_kind, array, name)
            if element_kind != NUMBER:
                kind = {TRUTH: "b", COMPLEX: "c"}.get(element_kind, kind)
            elif "int" not in self.types:
                kind = "f"
            elif kind == "b" or (kind == "f" and "float" not in self.types):
                if kind == "f" and (bad := array != np.floor(array)).any():
                    raise Malformed(f"{name} is {array[bad][0].item()!r}; {_WHOLE}")
                kind = "i"
        bits = _bits_in(array) if kind in "iu" else 0
        if kind not in _WIDE or bits > _WIDTHS[-1]:
            raise Malformed(f"{name} is no number of 64 bits")
        if not self._is_open:
            self._check_bits(bits, name)
        return array if array.dtype.str in self.types else array.astype(_WIDE[kind])


def not_finite(value: Any) -> str:
    """The first number in a number or a text that is not finite, as it is written; empty if all are finite."""
    if type(value) is float:
        return "" if math.isfinite(value) else str(value)
    if type(value) is complex:
        return not_finite(value.real) or not_finite(value.imag)
    if type(value) in (str, bytes, bytearray):
        return _written((value if type(value) is str else value.decode("latin-1")).strip())
    return ""


def _written(text: str) -> str:
    """The first number that is not finite in a text that is JSON or consists of numbers; empty in other texts."""
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
        return type(value) in (str, bytes, bytearray)
    return not set(map(type, value)) <= {int, float, bool, complex} and any(map(_holds_text, value))


def _are_truths(value: Any) -> bool:
    """Whether a number, or all of an array, are 0 or 1."""
    return bool(np.isin(value, (0, 1)).all()) if type(value) is np.ndarray else value in (0, 1)


def _is_finite(value: Any) -> bool:
    return type(value) is int or math.isfinite(value)


def _has_equals(keys: list[Any]) -> bool:
    """Whether two keys are equal, found without hashing. Keys without an order count as equal only if they have one type."""
    kinds = set(map(type, keys))
    order = None if kinds <= {int, float, bool} or kinds in ({str}, {bytes}) else encode
    ordered = sorted(keys if order is None else map(order, keys))
    return any(map(operator.eq, ordered, ordered[1:]))


def _bits_in(array: np.ndarray) -> int:
    """Bits of the largest whole number of an array. The array may be of floats."""
    return bits_of(map(int, (array.min(), array.max()))) if array.size else 0


def rebuilt(value: Any, *, wide: bool = False) -> Any:
    """A value with its dicts and sets; if `wide`, its numbers of numpy have 64 bits: a sum of bytes would wrap around at 256.

    Runs under a time limit: a hostile program can choose keys that all collide.

    Raises:
        Malformed: two keys of a dict, or two items of a set, are equal; or a number does not fit 64 bits.
    """
    kind, again = type_of(value), partial(rebuilt, wide=wide)
    if wide and is_numpy(value):
        if value.dtype.str == "<u8" and value.size and value.max() > INT_HIGH:
            raise Malformed(f"the answer holds {value.max()}; whole numbers of 64 bits are expected")
        return value.astype(_WIDE[value.dtype.kind] if value.dtype.kind in "iuf" else value.dtype)
    if kind in (list, tuple):
        return value if _PLAIN.issuperset(map(type, value)) else kind(map(again, value))
    if kind is not dict and type(value) is not Unhashed:
        return value
    made: Any = (
        {again(key): again(item) for key, item in value.items()} if kind is dict else {again(item) for item in value}
    )
    if len(made) != len(value):
        raise Malformed(f"the answer has {'keys' if kind is dict else 'items'} that are equal to each other")
    return frozenset(made) if kind is frozenset else made


def canonical(value: Any) -> str:
    """A text that is the same for equal values: plain types, arrays, dicts, lists and tuples. A list and an equal tuple have the
    same text; other objects are described by their type and attributes."""
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
    if value is None or isinstance(value, (float, str, bytes, bytearray)):
        return f"{kind} {value!r}"
    fields = getattr(value, "__dict__", None)
    return f"{kind} {canonical(fields) if fields else ''}"


def difference(expected: object, answer: object, close: float | None = None) -> str:
    """How an answer differs from the original's; empty if it is the same. Raises Malformed as `rebuilt`.

    Whole numbers, texts, True, False and None must be equal and of the same type: a float where the original returns an int
    is another answer, whatever its value. Floats may differ by a relative `close`, `CLOSE` if it is None; then those of an
    array of 32 bits may differ by `CLOSE_32` of its largest number. Lists, dicts and arrays are compared part by part.
    A tuple counts as a list, a numpy scalar as its Python value, and an array equals a list of the same numbers.
    """
    parts = [[*map(id, one)] if isinstance(one, list) else id(one) for one in (expected, answer)]
    if parts[0] == parts[1]:  # equal answers of guests are read once
        return ""
    return _difference(rebuilt(expected), rebuilt(answer), "the answer", close)


def _difference(one: Any, other: Any, name: str, close: float | None) -> str:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return _difference_of_arrays(one, other, name, close)
    one, other = _as_list(one), _as_list(other)
    kinds = _in_words(one), _in_words(other)
    if kinds[0] != kinds[1]:
        return f"{name} is {kinds[1]}{_in_brackets(other)}, the original's is {kinds[0]}{_in_brackets(one)}"
    pairs: Iterable[tuple[Any, tuple[Any, Any]]]
    if isinstance(one, list):
        if len(one) != len(other):
            return f"{name} has {len(other)} elements, the original's has {len(one)}"
        pairs = () if _quickly_same(one, other, close) else enumerate(zip(one, other, strict=True))
    elif isinstance(one, Mapping):
        if one.keys() != other.keys():
            return f"{name} has the keys {list(other)[:9]!a:.100}, the original's {list(one)[:9]!a:.100}"
        pairs = ((key, (one[key], other[key])) for key in one)
    else:
        return "" if _is_equal(one, other, close) else f"{name} is {other!a:.60}, the original's is {one!a:.60}"
    return next(filter(None, (_difference(*pair, f"{name}[{key!a:.60}]", close) for key, pair in pairs)), "")


def _quickly_same(one: list[Any], other: list[Any], close: float | None) -> bool:
    """Whether two lists of plain values of the same types are equal: long ones are compared without a call for each element."""
    types = list(map(type, one))
    if types != list(map(type, other)):
        return False
    if set(types) == {float}:
        return all(map(partial(math.isclose, rel_tol=close or CLOSE, abs_tol=0.0), one, other))
    return _EXACT.issuperset(types) and one == other


def _difference_of_arrays(one: np.ndarray, other: np.ndarray, name: str, close: float | None) -> str:
    kinds = [_WORDS_OF_DTYPES.get(array.dtype.kind, OBJECT) for array in (one, other)]
    if one.shape != other.shape:
        return f"{name} is an array of shape {other.shape}, the original's has {one.shape}"
    if kinds[0] != kinds[1] and one.size:
        return f"an element of {name} is {kinds[1]}, the original's is {kinds[0]}"
    is_inexact = one.dtype.kind in "fc"
    is_short = close is None and one.dtype in (np.float32, np.complex64) and one.size
    least = CLOSE_32 * float(np.abs(one[np.isfinite(one)]).max(initial=0.0)) if is_short else 0.0
    is_same = (
        np.allclose(one, other, close or CLOSE, least, equal_nan=True) if is_inexact else np.array_equal(one, other)
    )
    return "" if is_same else f"{name} has other numbers than the original's"


def _as_list(value: Any) -> Any:
    """The list of an array, a tuple or a range, and the Python value of a scalar of numpy; any other value itself."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, (list, tuple, range)) else value


def _in_words(value: object) -> str:
    name = _SAME.get(type(value)) or next((name for of, name in _SAME.items() if isinstance(value, of)), "")
    return name or f"a {type(value).__name__}"


def _in_brackets(value: object) -> str:
    return f" ({value!a:.40})" if isinstance(value, (int, float, str)) and not isinstance(value, bool) else ""


def _is_equal(one: object, other: object, close: float | None) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=close or CLOSE)
    return bool(one == other)
