"""Frames between host and guest, as the host reads and writes them.

A frame is `u32 json_len, u32 bin_len` (little-endian), then `json_len` bytes of UTF-8 JSON, then `bin_len` raw bytes: the
plain data that the JSON names, in the order in which it appears. What a guest sends is untrusted until `decode`
has returned it: plain types and numeric arrays, always copies. There is no pickle, no compression and no `numpy.load`.

Three envelopes exist inside the JSON, each an object with one key: `{"__plain__": n}`, n bytes of `plain_data` (what JSON does
not have: an array, a long list of numbers, a tuple, bytes, complex numbers, a set, a dict whose keys are no texts),
`{"__pairs__": [key, value, key, …]}`, a guest's dict, and `{"__times__": [text, n]}`, a list of n equal texts (a thousand
responses to one prompt are asked for in one small frame).
Python's decoder of JSON hashes the keys of all objects, so that a guest's frame has few others than those of envelopes.

`messages` says what frames mean, `session` reads them, and `guest/frames` is the guest's own, untrusted end.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import numpy as np

from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.base import Value

HEADER = struct.Struct("<II")
ENVELOPES = frozenset({"__times__", "__plain__", "__pairs__"})
MAX_KEYS = 64
"""Most keys of a guest's frame that are no envelopes: the keys of a message."""
MAX_DEPTH = 64
MAX_NODES = 2_000_000
"""Most items of a frame: numbers, texts, keys, lists. Numbers that are sent as data do not count."""
INT_MIN, INT_END = -(2**63), 2**64
"""Integers of a frame lie in [INT_MIN, INT_END): what int64 or uint64 can hold."""


class FrameError(ValueError):
    """The other side sent something that is not a frame; the message says why."""


class FrameReader:
    """Cuts a stream of bytes into frames. It refuses a frame that is too large by its header, before storing the body."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self.cost = 0
        """The cost of reading the last frame: its nodes, plus one for each 64 bytes, some microseconds each. More if it was
        refused."""

    def feed(self, data: bytes) -> None:
        """Add the bytes that were read."""
        self._buffer += data

    @property
    def empty(self) -> bool:
        """Whether no bytes are waiting, not even of an incomplete frame."""
        return not self._buffer

    def complete(self, most: int) -> int:
        """How many complete frames have arrived, counted up to `most`."""
        count = start = 0
        while start + HEADER.size <= len(self._buffer) and count < most:
            text_length, blob_length = HEADER.unpack_from(self._buffer, start)
            start += HEADER.size + text_length + blob_length
            count += start <= len(self._buffer)
        return count

    def take(self) -> dict[str, Value] | None:
        """The next frame's message, or None while it is not complete.

        Raises:
            FrameError: the frame is larger than the limit, malformed, or not an object.
        """
        if len(self._buffer) < HEADER.size:
            return None
        text_length, blob_length = HEADER.unpack_from(self._buffer)
        body = text_length + blob_length
        self.cost = min(body, MAX_NODES)  # until it is known; a refused frame was read, too
        if body > self._limit:
            raise FrameError(f"a frame of {body} bytes, more than the {self._limit} allowed")
        if len(self._buffer) < HEADER.size + body:
            return None
        start, middle, end = HEADER.size, HEADER.size + text_length, HEADER.size + body
        with memoryview(self._buffer) as view:
            text, blob = bytes(view[start:middle]), bytes(view[middle:end])
        del self._buffer[:end]
        _check_keys(text)
        message, nodes = _decoded(text, blob)
        self.cost = nodes + body // 64
        if type(message) is not dict:
            raise FrameError("a message that is not an object")
        return message


def encode(value: Mapping[str, Value]) -> bytes:
    """One frame for the guest. The data is the host's own: non-finite floats are allowed; anything that is not a `Value` is an
    error.

    Raises:
        TypeError: something in `value` is not a plain type or a numeric array (a mistake of the host, not of a guest).
    """
    return join(*encode_parts(dict(value)))


def encode_parts(value: Value, *, exact: bool = False) -> tuple[bytes, bytes]:
    """The JSON text of a value and the data of its arrays. `exact`: objects of subclasses are not sent as what they extend.
    Raises TypeError as `encode`."""
    blobs: list[bytes] = []
    text = _ENCODER.encode(_outgoing(value, blobs, exact)).encode("ascii")
    return text, b"".join(blobs)


def join(text: bytes, blob: bytes) -> bytes:
    """The frame of a JSON text and a blob."""
    return HEADER.pack(len(text), len(blob)) + text + blob


class Prepared(dict[str, Value]):
    """Arguments of a call, by name, that are encoded once, however often they are sent. Later changes of the values have no
    effect."""

    def __init__(self, arguments: Mapping[str, Value]) -> None:
        """Raises TypeError as `encode`, also for what would arrive in another type than it has."""
        super().__init__(arguments)
        self.encoded = encode_parts(dict(arguments), exact=True)


def decode(text: bytes, blob: bytes) -> Value:
    """The value of a frame's two parts.

    Raises:
        FrameError: not UTF-8, not JSON, a key given twice, deeper than `MAX_DEPTH`, more than `MAX_NODES`, an integer outside
            [-2**63, 2**64), a float that is not finite, a lone surrogate, an unknown envelope, what is no plain data, or
            bytes left over.
    """
    return _decoded(text, blob)[0]


def _decoded(text: bytes, blob: bytes) -> tuple[Value, int]:
    """The value of a frame's two parts, and how many nodes it has."""
    _check_size(text)
    checker = _Checker(blob)
    try:
        value = checker.check(_DECODER.decode(text.decode("utf-8")), 0)
        checker.finish()
    except FrameError:
        raise
    except RecursionError:
        raise FrameError(f"nested deeper than {MAX_DEPTH}") from None
    except Exception as error:  # noqa: BLE001 (whatever a guest's bytes do to this, it is that guest's frame)
        raise FrameError(f"not UTF-8, or not JSON: {type(error).__name__}") from None
    return value, checker.nodes


def _check_keys(text: bytes) -> None:
    """Refuse a guest's text of many keys before it is parsed."""
    if text.count(b":") > MAX_KEYS and _STRING_OR_KEY.sub(rb"\1", text).count(b":") > MAX_KEYS:
        raise FrameError(f"more than {MAX_KEYS} keys")


def _check_size(text: bytes) -> None:
    """Refuse a text of too many items before it is parsed: each may take a hundred times its own memory."""
    marks = (b",", b"[", b"{")
    if sum(map(text.count, marks)) > MAX_NODES:
        without = _STRING.sub(b"", text)
        if sum(map(without.count, marks)) > MAX_NODES:
            raise FrameError(f"more than {MAX_NODES} nodes")


class _Checker:
    """Walks parsed JSON once: checks every node and builds the arrays."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._used = 0
        self.nodes = 0

    def check(self, node: object, depth: int) -> Value:
        self._count(1)
        if depth > MAX_DEPTH:
            raise FrameError(f"nested deeper than {MAX_DEPTH}")
        kind = type(node)
        if kind is str:
            return _text(node)
        if kind is float and not math.isfinite(node):  # type: ignore[arg-type]  # 1e999 becomes inf without any hook
            raise FrameError("a float that is not finite")
        if kind is list:
            return self._list(node, depth)  # type: ignore[arg-type]
        if kind is dict:
            return self._check_object(node, depth)  # type: ignore[arg-type]
        return node  # type: ignore[return-value]  # None, bool, int (bounded by the parser) or a finite float

    def _list(self, node: list[Value], depth: int) -> Value:
        if depth == MAX_DEPTH or not _NUMBERS.issuperset(map(type, node)):
            return [self.check(item, depth + 1) for item in node]
        self._count(len(node))
        if not all(map(math.isfinite, node)):  # type: ignore[arg-type]
            raise FrameError("a float that is not finite")
        return node

    def finish(self) -> None:
        if self._used != len(self._blob):
            raise FrameError(f"{len(self._blob) - self._used} bytes left over")

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise FrameError(f"more than {MAX_NODES} nodes")

    def _check_object(self, node: dict[str, object], depth: int) -> Value:
        ((name, content),) = node.items() if len(node) == 1 else (("", None),)
        if name in ENVELOPES:
            return cast("Value", getattr(self, name.strip("_"))(content, depth))
        if any(key.startswith("__") for key in node):
            raise FrameError("an unknown or malformed envelope")
        self._count(len(node))
        return {_text(key): self.check(item, depth + 1) for key, item in node.items()}

    def plain(self, size: object, depth: int) -> Value:
        if type(size) is not int or not 0 <= size <= len(self._blob) - self._used:
            raise FrameError("malformed plain data")
        data = self._blob[self._used : self._used + size]
        self._used += size
        try:
            value, items = plain_data.counted(data, hashed=False)
        except plain_data.NotPlainData as error:
            raise FrameError(str(error)) from None
        self._count(items + size // 64)
        if type(value) is np.ndarray and value.dtype.kind == "f" and not np.isfinite(value).all():
            raise FrameError("a float that is not finite")
        return value  # type: ignore[no-any-return]

    def pairs(self, flat: object, depth: int) -> Value:
        if type(flat) is not list or len(flat) % 2:
            raise FrameError("malformed pairs")
        self._count(len(flat) // 2)
        pairs = zip(map(_text, flat[::2]), self._list(flat[1::2], depth), strict=True)  # type: ignore[arg-type]
        return plain_data.Unhashed(dict, list(pairs))

    def times(self, header: object, depth: int) -> Value:
        text, times = header if type(header) is list and len(header) == 2 else (None, None)
        if type(text) is not str or type(times) is not int or times < 0:
            raise FrameError("a malformed repetition")
        self._count(2 * times)
        return [_text(text)] * times


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise FrameError("a key that is not a text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise FrameError("a lone surrogate") from None
    return text


def _integer(digits: str) -> int:
    if len(digits) > 20:  # before int(), whose cost grows with the square of the digits
        raise FrameError("an integer outside 64 bits")
    number = int(digits)
    if not INT_MIN <= number < INT_END:
        raise FrameError("an integer outside 64 bits")
    return number


def _constant(name: str) -> float:
    raise FrameError(f"a float that is not finite: {name}")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise FrameError("a key given twice")
    return built


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_STRING_OR_KEY = re.compile(
    b'"(?:%b)"\\s*+:|%b(\\s*+:)?' % ("|".join(sorted(ENVELOPES)).encode(), _STRING.pattern), re.DOTALL
)
_NUMBERS = {int, float, bool}
_PLAIN = _NUMBERS | {str, type(None)}
"""Types of items whose list is checked at once."""
_TABLES = (dict, MappingProxyType)


def _outgoing(value: object, blobs: list[bytes], exact: bool) -> object:
    """Convert `value` to what JSON can hold; append the data of arrays to `blobs`. Scalars of numpy become Python's."""
    if isinstance(value, np.bool_ | np.integer | np.floating | np.str_) and not isinstance(value, np.longdouble):
        return value.item()
    if type(value) in _PLAIN or (not exact and isinstance(value, str | int | float)):
        return value
    if type(value) is list:
        if _PLAIN.issuperset(map(type, value)):
            return value
        return [_outgoing(item, blobs, exact) for item in value]
    if type(value) in _TABLES and all(type(key) is str and key[:2] != "__" for key in value):  # type: ignore[attr-defined]
        return {key: _outgoing(item, blobs, exact) for key, item in value.items()}  # type: ignore[attr-defined]
    if isinstance(value, np.ndarray):
        value = np.array(value, value.dtype.newbyteorder("<"), order="C")
    try:
        blobs.append(plain_data.encode(value, subclasses=not exact))
    except plain_data.NotPlain as error:
        raise TypeError(f"cannot send {error}; what can be sent: {plain_data.SENT}") from None
    return {"__plain__": len(blobs[-1])}


# Built once: `json.loads` and `json.dumps` would build them again for every frame.
_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
