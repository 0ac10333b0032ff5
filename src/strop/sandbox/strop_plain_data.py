"""Plain data as bytes, and back: exact types, sizes bounded, never code. Stand-alone: guests and evaluators load it, too.

None, bool, int, float, complex, str, bytes, bytearray, list, tuple, range, dict, set, frozenset, and numpy's arrays and scalars
of truth values and numbers, of at most 64 bits each. What the decoder builds has exactly these types, whatever the bytes say; for
the host it builds `Unhashed` in place of dicts and sets, because n keys of a hostile program may all hash alike, and take n * n
steps.

The bytes are a length, a JSON document of that length, and the contents of texts and arrays one behind the other. In the document
None, truth values and numbers are themselves; all else is a list of a tag and its items, or of a tag and the form of its content.
Many items travel together, so that none needs a node of its own: a list of numbers or of atoms as one content, a list of equally
long rows as the items of all rows, a large dict as its keys and its values.
"""

from __future__ import annotations

import array
import copy
import itertools
import json
import math
import operator
import re
import struct
import sys
from collections.abc import Iterator
from typing import Any

SENT = "None, truth values, numbers, texts, bytes, bytearrays, lists, tuples, ranges, dicts, sets and arrays of numbers"
"""What can be sent, in words."""
OPAQUE = "__opaque__"
"""The name of inputs that are no plain data: the bytes of all of them, which only a guest opens (`guest/calling.py`)."""
ITERATORS = frozenset({map, filter, zip, enumerate, reversed, type(iter([])), type(iter(()))}).union(
    kind for kind in vars(itertools).values() if isinstance(kind, type)
)
"""Iterators of Python's that are no generators. As an answer they are read like one."""
MOST_BYTES = 32 << 20
MOST_ITEMS = 2_000_000
"""Most items of a value. Numbers in lists of equal types and in arrays do not count."""
"""Lists in arrays and the items of ranges do: they are made when an array or a range becomes a list."""
MOST_BITS = 13_287
"""Most bits of an integer: 4,000 decimal digits, which Python converts to a text by default."""
MOST_DEPTH = 60
NUMBERS = 16
"""Length from which a list of floats, or of integers of 64 bits, travels as data."""
_LENGTH = struct.Struct("<I")
_COMPLEX = struct.Struct("<dd")
_NUMERIC = re.compile("[<>|=](?:b1|[iu][1248]|f[248]|c8|c16)")
"""Matches the types of numpy's numbers."""


class Unhashed:
    """A dict, a set or a frozenset (its `kind`) as a list of its pairs or items, which may be equal to each other."""

    __slots__ = ("content", "kind")

    def __init__(self, kind: type, content: list[Any]) -> None:
        self.kind, self.content = kind, content

    def __len__(self) -> int:
        return len(self.content)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.content)

    def items(self) -> list[Any]:
        """The pairs of a dict."""
        return self.content

    def __hash__(self) -> int:
        """What can be a key of the real thing has a hash."""
        return hash(self.kind()) * 0


def type_of(value: object) -> type:
    """The type of a value, hashed or not."""
    return value.kind if type(value) is Unhashed else type(value)


class NotPlain(TypeError):
    """A value that is not plain data, or too large; the message describes it: `a function`, `an object of type Solver`."""


class TooLarge(NotPlain):
    """A value that exceeds a limit; the message names it."""


class NotPlainData(ValueError):
    """Bytes that are not plain data."""


def encode(value: object, *, subclasses: bool = False, python: bool = False, strict: bool = False) -> bytes:
    """The bytes of a value.

    Args:
        value: what to send.
        subclasses: send objects of subclasses of plain types as what they extend.
        python: send scalars of numpy as Python's, and its arrays of texts as lists.
        strict: refuse what a strict reader refuses (`counted`).

    Raises:
        NotPlain: it is not plain. TooLarge: it exceeds a limit.
    """
    writer = _Writer(subclasses, python, strict)
    try:
        document = json.dumps(writer.node(value, 0), separators=(",", ":")).encode("ascii")
    except OverflowError:  # a range that has no length
        raise TooLarge(f"more than {MOST_ITEMS:,} items") from None
    if writer.bytes + len(document) > MOST_BYTES:
        raise TooLarge(f"{writer.bytes + len(document):,} bytes of data, more than the {MOST_BYTES:,} allowed")
    return b"".join([_LENGTH.pack(len(document)), document, *writer.contents])


def decode(data: bytes, *, hashed: bool = True) -> Any:
    """The value of these bytes, with `Unhashed` unless `hashed`. Raises NotPlainData."""
    return counted(data, hashed=hashed)[0]


def counted(data: bytes, *, hashed: bool, strict: bool = False) -> tuple[Any, int]:
    """The value of these bytes, and how many items it has. `strict`: floats must be finite, and texts without lone
    surrogates. Raises NotPlainData."""
    try:
        if len(data) > MOST_BYTES + 1024:
            raise NotPlainData("too many bytes")
        reader = _Reader(data, hashed, strict)
        document = reader.take(_LENGTH.unpack(reader.take(4))[0])
        if document.count(b",") + document.count(b"[") > 2 * MOST_ITEMS or b"{" in document:
            raise NotPlainData("more items than allowed, or others")
        value = reader.value(json.loads(document.decode("ascii")), 0)
    except NotPlainData:
        raise
    except RecursionError:
        raise NotPlainData("deeper than allowed") from None
    except Exception as error:
        raise NotPlainData(f"not plain data: {type(error).__name__}") from None
    if reader.position != len(data):
        raise NotPlainData("not plain data: bytes are left")
    return value, reader.items


class _Writer:
    """Makes the document of a value, and collects its contents."""

    def __init__(self, subclasses: bool, python: bool, strict: bool) -> None:
        self._subclasses, self._python, self._strict = subclasses, python, strict
        self._items = self.bytes = 0
        self.contents: list[bytes] = []

    def _content(self, tag: str, data: bytes, *form: Any) -> list[Any]:
        self.contents.append(data)
        self.bytes += len(data)
        if self.bytes > 2 * MOST_BYTES:
            raise TooLarge(f"more than the {MOST_BYTES:,} bytes of data allowed")
        return [tag, len(data), *form]

    def node(self, value: Any, depth: int) -> Any:
        """The document of a value."""
        kind = type(value)
        if kind is str and value.isascii() and self._items < MOST_ITEMS:  # most nodes are texts
            self._items += 1
            self.contents.append(value.encode())
            self.bytes += len(value)
            return ["s", len(value)]
        self._items += 1 + (len(value) if kind is range else 0)
        if depth > MOST_DEPTH:
            raise TooLarge(f"data nested deeper than {MOST_DEPTH}")
        if self._items > MOST_ITEMS:
            raise TooLarge(f"more than {MOST_ITEMS:,} items")
        if self._strict and (kind not in _ITEMS or len(value) >= NUMBERS) and (why := refused(value)):
            raise NotPlain(why)
        if value is None or kind is bool or kind is float or (kind is int and _is_short(value)):
            return value
        if kind is list and len(value) >= NUMBERS and (made := self._many(value, depth)):
            return made
        if type_of(value) is dict and len(value) >= NUMBERS:
            return ["K", *(self.node([*part], depth + 1) for part in zip(*value.items()))]
        if kind in _ITEMS:
            return [_TAGS[type_of(value)], *[self.node(item, depth + 1) for item in _ITEMS[kind](value)]]
        if kind in _CONTENT:
            return self._content(_TAGS[kind], _CONTENT[kind](value))
        numpy = sys.modules.get("numpy")
        if numpy is not None and (kind is numpy.ndarray or isinstance(value, numpy.generic)):
            return self._numeric(value, kind is numpy.ndarray, depth)
        if numpy is not None and self._subclasses and isinstance(value, numpy.ndarray) and not _has_mask(value):
            return self.node(numpy.ndarray.view(value, numpy.ndarray), depth)
        base = next((extended for extended in _EXTENDED if self._subclasses and isinstance(value, extended)), None)
        if base is None:
            raise NotPlain(described(value))
        return self.node(_EXTENDED[base](value), depth)

    def _many(self, items: list[Any], depth: int) -> Any:
        """The document of many items of equal types, which needs no node for each; None if they have none."""
        kinds = set(map(type, items))
        if data := _numbers(items, kinds):
            return self._content(data.typecode, data.tobytes())
        if _ATOMS.issuperset(kinds) and (int not in kinds or all(map(_is_short, _of_type(int, items)))):
            self._items += len(items)
            return self._content("j", json.dumps(items, separators=(",", ":")).encode("ascii"))
        (kind, *others) = {*map(type_of, items)} if Unhashed in kinds else kinds
        width = len(items[0]) if kind in _ROWS and not others else 0
        if not 0 < width < NUMBERS or set(map(len, items)) != {width}:
            return None
        self._items += len(items) * (width + 1)
        if kind in (list, tuple):
            return ["R", _TAGS[kind], width, self.node([*itertools.chain(*items)], depth + 1)]
        names, values = [*map(list, zip(*itertools.chain.from_iterable(item.items() for item in items)))]
        if set(map(type, names)) != {str} or names != names[:width] * len(items):
            return None
        return ["R", "D", self.node(names[:width], depth + 1), self.node(values, depth + 1)]

    def _numeric(self, value: Any, is_array: bool, depth: int) -> Any:
        if self._python and (not is_array or value.dtype.kind in "OUS"):
            made = value.tolist()
            if type(made) is type(value):
                raise NotPlain(described(value))
            return self.node(made, depth)
        name = value.dtype.str
        if not _NUMERIC.fullmatch(name):
            raise NotPlain(f"an array of {value.dtype}" if is_array else described(value))
        if value.nbytes > MOST_BYTES:
            raise TooLarge(f"an array of {value.nbytes:,} bytes, more than the {MOST_BYTES:,} allowed")
        if not is_array:
            return self._content("g", value.tobytes(), name)
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        return self._content("a", value.tobytes(order), name, order, *value.shape)


def _has_mask(value: Any) -> bool:
    """Whether an array is one of `numpy.ma`, whose numbers alone are another value."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(value, masked.MaskedArray)


def _is_short(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _of_type(kind: type, items: list[Any]) -> Iterator[Any]:
    return (item for item in items if type(item) is kind)


def _numbers(items: list[Any], kinds: set[type]) -> Any:
    """A list of floats, or of integers of 64 bits, as an array; None for any other list."""
    if kinds == {float}:
        return array.array("d", items)
    return array.array("q", items) if kinds == {int} and _is_short(min(items)) and _is_short(max(items)) else None


_SURROGATE = re.compile("[\ud800-\udfff]")
_ATOMS = {type(None), bool, int, float, str}
"""Types whose long lists travel as JSON. Integers have 64 bits there."""
_ROWS = {list, tuple, dict}
"""Types of equally long rows, in a list, whose items travel together; those of dicts with one set of names."""
_EXTENDED: dict[Any, Any] = {
    str: str.__str__,
    int: int.__index__,
    float: float.__pos__,
    complex: complex.__pos__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    dict: lambda value: dict(dict.items(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    list: lambda value: list(list.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
}
"""What an object of a subclass is by the type that it extends, whatever its class says. bool, None and range have no
subclasses."""
_TAGS: dict[type, str] = {
    list: "l", tuple: "t", set: "S", frozenset: "Z", dict: "D", range: "r", int: "i", str: "s", bytes: "b", bytearray: "B",
    complex: "c",
}  # fmt: skip
_ITEMS: dict[type, Any] = {
    **dict.fromkeys((list, tuple, set, frozenset), iter),
    dict: lambda value: (item for pair in value.items() for item in pair),
    Unhashed: lambda value: itertools.chain(*value) if value.kind is dict else value,
    range: lambda value: (value.start, value.stop, value.step),
}


def _bytes_of(value: int) -> bytes:
    if value.bit_length() > MOST_BITS:
        raise NotPlain(f"an integer of {value.bit_length():,} bits, more than the {MOST_BITS:,} allowed")
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


_CONTENT: dict[type, Any] = {
    int: _bytes_of,
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: bytes,
    bytearray: bytes,
    complex: lambda value: _COMPLEX.pack(value.real, value.imag),
}


class _Reader:
    """Reads bytes that a hostile program may have written."""

    def __init__(self, data: bytes, hashed: bool, strict: bool) -> None:
        self._data, self._hashed, self._strict = data, hashed, strict
        self.position = self.items = 0

    def take(self, size: int) -> bytes:
        """The next bytes of the data."""
        if type(size) is not int or not 0 <= size <= len(self._data) - self.position:
            raise NotPlainData("not plain data: it ends too early")
        self.position += size
        return self._data[self.position - size : self.position]

    def value(self, node: Any, depth: int) -> Any:
        """The value of a document."""
        if depth > MOST_DEPTH:
            raise NotPlainData("deeper than allowed")
        if type(node) is not list:
            if type(node) not in (type(None), bool, int, float) or (type(node) is int and not _is_short(node)):
                raise NotPlainData("not plain data: an unknown type")
            return self._checked(node)
        tag, *rest = node
        if tag == "s" and len(rest) == 1:  # most nodes are texts
            made = self.take(rest[0]).decode("utf-8", "surrogatepass")
            return made if made.isascii() else self._checked(made)
        if tag in _MADE_OF_ITEMS:
            self._hold(len(rest))
            return self._made_of_items(_MADE_OF_ITEMS[tag], [self.value(child, depth + 1) for child in rest])
        if tag in ("K", "R"):
            return self._together(tag, rest, depth)
        size, *form = rest
        content = self.take(size)
        if tag == "j":
            self._hold(content.count(b",") + 1)
        made = self._checked(_MADE_OF_CONTENT[tag](content, *form))
        if tag == "a":
            self._hold(sum(itertools.accumulate(made.shape[:-1], operator.mul)))
        return made

    def _made_of_items(self, kind: type, items: list[Any]) -> Any:
        if kind is range:
            made = range(*map(int.__index__, items))
            self._hold(len(made))
            return made
        content = list(zip(items[::2], items[1::2])) if kind is dict else items
        if len(content) << (kind is dict) != len(items):
            raise NotPlainData("not plain data: a key without a value")
        if self._hashed or kind in (list, tuple):
            return kind(content)
        list(map(hash, items[:: 2 if kind is dict else 1]))  # TypeError for a key that is a list
        return Unhashed(kind, content)

    def _together(self, tag: str, rest: list[Any], depth: int) -> Any:
        """A dict whose keys and values travel together, or a list of rows whose items do."""
        row, form, values = ("D", *rest) if tag == "K" else rest
        names = self.value(form, depth + 1) if row == "D" else range(int.__index__(form))
        items = self.value(values, depth + 1)
        width = len(names)
        if (
            type(names) not in (list, range)
            or type(items) is not list
            or len(items) % width
            or (tag == "K" and width != len(items))
        ):
            raise NotPlainData("not plain data: rows of another length")
        self._hold(len(items) + len(items) // width)
        rows = [items[start : start + width] for start in range(0, len(items), width)]
        make = self._pairs(names) if row == "D" else {"l": list, "t": tuple}[row]
        made = [*map(make, rows)]
        return made if tag == "R" else made[0]

    def _pairs(self, names: Any) -> Any:
        """A function that makes a dict with these names of their values."""
        list(map(hash, names))
        return lambda row: dict(zip(names, row)) if self._hashed else Unhashed(dict, [*zip(names, row)])

    def _checked(self, made: Any) -> Any:
        if self._strict and (why := refused(made)):
            raise NotPlainData(why)
        return made

    def _hold(self, items: int) -> None:
        self.items += items
        if self.items > 2 * MOST_ITEMS:
            raise NotPlainData("more items than allowed")


def _array(data: bytes, name: str, order: str, *shape: int) -> Any:
    if order not in ("C", "F"):
        raise NotPlainData("not plain data: an array's form")
    return _flat(data, name).reshape(shape, order=order).copy(order)


def _scalar(data: bytes, name: str) -> Any:
    (scalar,) = _flat(data, name)
    return scalar


def _flat(data: bytes, name: str) -> Any:
    if not _NUMERIC.fullmatch(name):
        raise NotPlainData("not plain data: an array's type")
    import numpy

    numbers = numpy.frombuffer(data, dtype=numpy.dtype(name))
    if name[1] == "b" and numbers.view("u1").max(initial=0) > 1:
        raise NotPlainData("not plain data: a truth value that is neither 0 nor 1")
    return numbers


def refused(value: Any) -> str:
    """Why a strict reader refuses a value, without its items; empty if it does not. Items of lists of atoms count."""
    kind = type(value)
    if kind is list and _ATOMS.issuperset(kinds := set(map(type, value))):
        if str in kinds and (why := next(filter(None, map(refused, _of_type(str, value))), "")):
            return why
        finite = float not in kinds or all(map(math.isfinite, value if kinds == {float} else _of_type(float, value)))
    elif kind is str:
        return "" if value.isascii() or not _SURROGATE.search(value) else "a text with a lone surrogate"
    elif kind is float:
        finite = math.isfinite(value)
    else:
        numpy = sys.modules.get("numpy")
        is_float = numpy is not None and kind is numpy.ndarray and value.dtype.kind == "f"
        finite = not is_float or bool(numpy.isfinite(value).all())  # type: ignore[union-attr]
    return "" if finite else "a float that is not finite"


def _atoms(data: bytes) -> Any:
    made = json.loads(data.decode("ascii"))
    if type(made) is not list or not _ATOMS.issuperset(map(type, made)) or not all(map(_is_short, _of_type(int, made))):
        raise NotPlainData("not plain data: no list of atoms")
    return made


_MADE_OF_ITEMS = {tag: kind for kind, tag in _TAGS.items() if kind in _ITEMS}


def _integer(data: bytes) -> int:
    if (made := int.from_bytes(data, "little", signed=True)).bit_length() > MOST_BITS:
        raise NotPlainData("not plain data: too long an integer")
    return made


_MADE_OF_CONTENT: dict[str, Any] = {
    "i": _integer,
    "s": lambda data: data.decode("utf-8", "surrogatepass"),
    "b": bytes, "B": bytearray, "c": lambda data: complex(*_COMPLEX.unpack(data)),
    "d": lambda data: array.array("d", data).tolist(), "q": lambda data: array.array("q", data).tolist(),
    "a": _array, "g": _scalar, "j": _atoms,
}  # fmt: skip


_UNCHANGEABLE = {bool, int, float, complex, str, bytes, type(None)}


def copied(value: Any) -> Any:
    """A copy that shares nothing that can be changed; by far quicker than `copy.deepcopy` for arrays and lists of numbers. Raises
    whatever an object raises when it is copied."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype != object:
        return value.copy()
    if type(value) in _UNCHANGEABLE:
        return value
    if type(value) is list:
        return value.copy() if _UNCHANGEABLE.issuperset(map(type, value)) else [copied(item) for item in value]
    if type(value) is dict or type(value).__name__ == "mappingproxy":
        return {name: copied(item) for name, item in value.items()}
    return copy.deepcopy(value)


def described(value: object) -> str:
    """Describe a value that is not plain data."""
    kind = type(value)
    name = {"builtin_function_or_method": "function", "method": "function", "type": "class"}.get(kind.__name__, "")
    name = name or (kind.__name__ if kind.__name__ in ("function", "module", "generator") else "")
    return f"a {name}" if name else f"an object of type {kind.__name__:.60}"
