"""Frames between host and guest: a length, then one message as plain data (`strop_plain_data`), then the arguments of a call.

A frame is `u32 message_len, u32 rest_len` (little-endian) and so many bytes of each. A message is a list of its kind and of what
belongs to it. What a guest sends is untrusted until `FrameReader.take` has returned it: plain types and numeric arrays, always
copies, dicts and sets as `Unhashed`. There is no pickle, no compression and no `numpy.load`.

`messages` says what frames mean, `session` reads them, and `guest/frames` is the guest's own, untrusted end.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.base import Value

HEADER = struct.Struct("<II")
LARGE = 1 << 17
"""Bytes from which a message is always read."""


class FrameError(ValueError):
    """The other side sent something that is not a frame; the message says why."""


class FrameReader:
    """Cuts a stream of bytes into frames. It refuses a frame that is too large by its header, before storing the body."""

    def __init__(self, limit: int, *, strict: bool = True, reads_once: bool = False) -> None:
        """`limit`: most bytes of a frame. `strict`: refuse floats that are not finite, and texts with lone surrogates.
        `reads_once`: return the same message again for equal bytes, which may not be changed then."""
        self._limit, self._strict = limit, strict
        self._read = _read if reads_once else _read.__wrapped__
        self._buffer = bytearray()
        self.digest = b""
        """SHA-256 of the last frame's message."""
        self.cost = 0
        """The cost of reading the last frame: its items, plus one for each 64 bytes, some microseconds each. More if it was
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
            start += HEADER.size + sum(HEADER.unpack_from(self._buffer, start))
            count += start <= len(self._buffer)
        return count

    def take(self) -> list[Value] | None:
        """The next frame's message, or None while it is not complete.

        Raises:
            FrameError: the frame is larger than the limit, malformed, or no list that begins with a text.
        """
        if len(self._buffer) < HEADER.size:
            return None
        size, rest = HEADER.unpack_from(self._buffer)
        self.cost = min(size + rest, plain_data.MOST_ITEMS)  # until it is known; a refused frame was read, too
        if size + rest > self._limit:
            raise FrameError(f"a frame of {size + rest} bytes, more than the {self._limit} allowed")
        if len(self._buffer) < HEADER.size + size + rest:
            return None
        data = bytes(memoryview(self._buffer)[HEADER.size : HEADER.size + size + rest])
        del self._buffer[: HEADER.size + size + rest]
        try:
            read = self._read if len(data) < LARGE else _read.__wrapped__
            message, items = read(data, self._strict)
        except plain_data.NotPlainData as error:
            raise FrameError(str(error)) from None
        self.cost, self.digest = items + len(data) // 64, hashlib.sha256(data).digest()
        if type(message) is not list or not message or type(message[0]) is not str:
            raise FrameError("a message that is no list")
        return message


@lru_cache(maxsize=64)
def _read(data: bytes, strict: bool) -> tuple[Any, int]:
    return plain_data.counted(data, hashed=False, strict=strict)


def encoded(value: object, *, subclasses: bool = True, python: bool = True) -> bytes:
    """A value of the host's as plain data; see `strop_plain_data.encode`.

    Raises:
        TypeError: something in it is not a plain type or a numeric array.
    """
    try:
        return plain_data.encode(value, subclasses=subclasses, python=python)
    except plain_data.NotPlain as error:
        raise TypeError(f"cannot send {error}; what can be sent: {plain_data.SENT}") from None


def encode(message: list[Value], rest: bytes = b"") -> bytes:
    """One frame for the guest. `rest`: plain data of the arguments of a call. Raises TypeError as `encoded`."""
    data = encoded(message)
    return HEADER.pack(len(data), len(rest)) + data + rest


class Prepared(dict[str, Value]):
    """Arguments of a call, by name, that are encoded once, however often they are sent. Later changes of the values have no
    effect."""

    def __init__(self, arguments: Mapping[str, Value]) -> None:
        """Raises TypeError as `encoded`, also for what would arrive in another type than it has."""
        super().__init__(arguments)
        self.encoded = encoded(dict(arguments), subclasses=False)
