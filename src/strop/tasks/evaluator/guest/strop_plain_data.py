"""Plain data as bytes, and back: exact types, sizes bounded, never code.

None, bool, int, float, complex, str, bytes, list, tuple, range, dict, set, frozenset, and numpy's arrays and scalars of truth
values and numbers. What the decoder builds has exactly these types, whatever the bytes say. It is stand-alone (see `__init__`).
"""

from __future__ import annotations

import array
import struct
import sys
from typing import Any

MOST_BYTES = 32 << 20
MOST_ITEMS = 2_000_000
"""Numbers in lists of equal types and in arrays do not count."""
MOST_DEPTH = 60
MOST_AXES = 32
NUMBERS = 16
"""Length from which a list of floats, or of integers of 64 bits, travels as data."""
_KINDS = "biufc"
_LENGTH = struct.Struct("<I")
_FLOAT = struct.Struct("<d")
_COMPLEX = struct.Struct("<dd")


class NotPlain(TypeError):
    """A value that is not plain data, or too large; the message describes it: `a function`, `an object of type Solver`."""


class NotPlainData(ValueError):
    """Bytes that are not plain data."""


def encode(value: object, *, subclasses: bool = False) -> bytes:
    """The bytes of a value. `subclasses`: send objects of subclasses of plain types as what they extend.

    Raises:
        NotPlain: it is not plain.
    """
    parts: list[bytes] = []
    writer = _Writer(parts, subclasses)
    writer.write(value, 0)
    if writer.bytes > MOST_BYTES:
        raise NotPlain(f"{writer.bytes:,} bytes of data, more than the {MOST_BYTES:,} allowed")
    return b"".join(parts)


def decode(data: bytes) -> Any:
    """The value of these bytes. Raises NotPlainData."""
    reader = _Reader(data)
    try:
        value = reader.read(0)
    except NotPlainData:
        raise
    except (IndexError, struct.error, ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise NotPlainData(f"not plain data: {type(error).__name__}") from None
    if reader.at != len(data):
        raise NotPlainData("not plain data: bytes are left")
    return value


class _Writer:
    def __init__(self, parts: list[bytes], subclasses: bool) -> None:
        self._parts, self._subclasses = parts, subclasses
        self._items = self.bytes = 0

    def _put(self, *parts: bytes) -> None:
        self._parts.extend(parts)
        self.bytes += sum(map(len, parts))
        if self.bytes > 2 * MOST_BYTES:
            raise NotPlain(f"more than the {MOST_BYTES:,} bytes of data allowed")

    def _sized(self, tag: bytes, data: bytes) -> None:
        self._put(tag, _LENGTH.pack(len(data)), data)

    def write(self, value: Any, depth: int) -> None:
        self._items += 1
        if depth > MOST_DEPTH:
            raise NotPlain(f"data nested deeper than {MOST_DEPTH}")
        if self._items > MOST_ITEMS:
            raise NotPlain(f"more than {MOST_ITEMS:,} items")
        kind = type(value)
        write = _WRITERS.get(kind)
        if write is not None:
            write(self, value, depth)
            return
        numpy = sys.modules.get("numpy")
        if numpy is not None and (kind is numpy.ndarray or isinstance(value, numpy.generic)):
            self._numeric(value, kind is numpy.ndarray)
            return
        if self._subclasses:
            base = next((each for each in _EXTENDED if isinstance(value, each)), None)
            if base is not None:
                _WRITERS[base](self, int.__index__(value) if base is int else base(value), depth)
                return
        raise NotPlain(described(value))

    def none(self, value: None, depth: int) -> None:
        self._put(b"N")

    def flag(self, value: bool, depth: int) -> None:
        self._put(b"T" if value else b"F")

    def integer(self, value: int, depth: int) -> None:
        self._sized(b"i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))

    def floating(self, value: float, depth: int) -> None:
        self._put(b"f", _FLOAT.pack(value))

    def complex_number(self, value: complex, depth: int) -> None:
        self._put(b"c", _COMPLEX.pack(value.real, value.imag))

    def text(self, value: str, depth: int) -> None:
        self._sized(b"s", value.encode("utf-8", "surrogatepass"))

    def data(self, value: bytes, depth: int) -> None:
        self._sized(b"b", value)

    def span(self, value: range, depth: int) -> None:
        self._put(b"r")
        for number in (value.start, value.stop, value.step):
            self.integer(number, depth)

    def sequence(self, value: Any, depth: int) -> None:
        if len(value) >= NUMBERS and type(value) is list:
            kinds = set(map(type, value))
            if kinds == {float}:
                self._sized(b"D", array.array("d", value).tobytes())
                return
            if kinds == {int}:
                try:
                    self._sized(b"Q", array.array("q", value).tobytes())
                    return
                except OverflowError:
                    pass
        self._put(_TAGS[type(value)], _LENGTH.pack(len(value)))
        for item in value:
            self.write(item, depth + 1)

    def mapping(self, value: dict[Any, Any], depth: int) -> None:
        self._put(b"d", _LENGTH.pack(len(value)))
        for key, item in value.items():
            self.write(key, depth + 1)
            self.write(item, depth + 1)

    def _numeric(self, value: Any, is_array: bool) -> None:
        if value.dtype.kind not in _KINDS or value.ndim > MOST_AXES:
            raise NotPlain(f"an array of {value.dtype}" if is_array else described(value))
        name = value.dtype.str.encode("ascii")
        if not is_array:
            self._sized(b"g", bytes([len(name)]) + name + value.tobytes())
            return
        if value.nbytes > MOST_BYTES:
            raise NotPlain(f"an array of {value.nbytes:,} bytes, more than the {MOST_BYTES:,} allowed")
        order = b"F" if value.flags.f_contiguous and not value.flags.c_contiguous else b"C"
        head = bytes([len(name)]) + name + order + bytes([value.ndim]) + struct.pack(f"<{value.ndim}Q", *value.shape)
        self._sized(b"a", head + value.tobytes(order.decode()))


_EXTENDED: tuple[Any, ...] = (str, bytes, int, float, complex, tuple, list, dict, frozenset, set)
"""bool, None and range have no subclasses."""
_TAGS: dict[type, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
_WRITERS: dict[type, Any] = {
    type(None): _Writer.none, bool: _Writer.flag, int: _Writer.integer, float: _Writer.floating, str: _Writer.text,
    complex: _Writer.complex_number, bytes: _Writer.data, range: _Writer.span, dict: _Writer.mapping,
    **dict.fromkeys(_TAGS, _Writer.sequence),
}  # fmt: skip


class _Reader:
    """Reads bytes that a hostile program may have written."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MOST_BYTES + 1024:
            raise NotPlainData("too many bytes")
        self._data = data
        self._items = self.at = 0

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if size < 0 or end > len(self._data):
            raise NotPlainData("not plain data: it ends too early")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def _length(self) -> int:
        length: int = _LENGTH.unpack(self._take(4))[0]
        return length

    def read(self, depth: int) -> Any:
        self._items += 1
        if depth > MOST_DEPTH or self._items > MOST_ITEMS:
            raise NotPlainData("more items, or deeper, than allowed")
        tag = self._take(1)
        if tag in _SIMPLE:
            return _SIMPLE[tag]
        read = _READERS.get(tag)
        if read is None:
            raise NotPlainData("not plain data: an unknown type")
        return read(self, depth)

    def integer(self, depth: int) -> int:
        return int.from_bytes(self._take(self._length()), "little", signed=True)

    def floating(self, depth: int) -> float:
        number: float = _FLOAT.unpack(self._take(8))[0]
        return number

    def complex_number(self, depth: int) -> complex:
        return complex(*_COMPLEX.unpack(self._take(16)))

    def text(self, depth: int) -> str:
        return self._take(self._length()).decode("utf-8", "surrogatepass")

    def data(self, depth: int) -> bytes:
        return self._take(self._length())

    def span(self, depth: int) -> range:
        return range(*(self.read(MOST_DEPTH) for _ in range(3)))

    def numbers(self, depth: int, kind: str = "d") -> Any:
        found = array.array(kind)
        found.frombytes(self._take(self._length()))
        return found.tolist()

    def integers(self, depth: int) -> Any:
        return self.numbers(depth, "q")

    def items(self, depth: int) -> list[Any]:
        return [self.read(depth + 1) for _ in range(self._counted())]

    def mapping(self, depth: int) -> dict[Any, Any]:
        return {self.read(depth + 1): self.read(depth + 1) for _ in range(self._counted())}

    def _counted(self) -> int:
        count = self._length()
        if count > len(self._data) - self.at:
            raise NotPlainData("not plain data: it ends too early")
        return count

    def array(self, depth: int) -> Any:
        numpy, kind, content = self._numeric()
        order, axes = content[:1].decode("ascii"), content[1]
        shape = struct.unpack_from(f"<{axes}Q", content, 2)
        flat = numpy.frombuffer(content[2 + 8 * axes :], dtype=kind)
        if order not in "CF" or axes > MOST_AXES:
            raise NotPlainData("not plain data: an array's form")
        return flat.reshape(shape, order=order).copy(order)

    def scalar(self, depth: int) -> Any:
        numpy, kind, content = self._numeric()
        found = numpy.frombuffer(content, dtype=kind)
        if len(found) != 1:
            raise NotPlainData("not plain data: a scalar's size")
        return found[0]

    def _numeric(self) -> tuple[Any, Any, bytes]:
        content = self._take(self._length())
        end = 1 + content[0]
        name = content[1:end].decode("ascii")
        if len(name) < 3 or name[1] not in _KINDS or not name[2:].isdigit():
            raise NotPlainData("not plain data: an array's type")
        import numpy

        return numpy, numpy.dtype(name), content[end:]


_SIMPLE = {b"N": None, b"T": True, b"F": False}
_READERS: dict[bytes, Any] = {
    b"i": _Reader.integer, b"f": _Reader.floating, b"c": _Reader.complex_number, b"s": _Reader.text, b"b": _Reader.data,
    b"r": _Reader.span, b"D": _Reader.numbers, b"Q": _Reader.integers, b"l": _Reader.items, b"d": _Reader.mapping,
    b"t": lambda self, depth: tuple(_Reader.items(self, depth)), b"S": lambda self, depth: set(_Reader.items(self, depth)),
    b"Z": lambda self, depth: frozenset(_Reader.items(self, depth)), b"a": _Reader.array, b"g": _Reader.scalar,
}  # fmt: skip


def described(value: object) -> str:
    """Describe a value that is not plain data."""
    kind = type(value)
    name = {"builtin_function_or_method": "function", "method": "function", "type": "class"}.get(kind.__name__, "")
    name = name or (kind.__name__ if kind.__name__ in ("function", "module", "generator") else "")
    return f"a {name}" if name else f"an object of type {kind.__name__:.60}"
