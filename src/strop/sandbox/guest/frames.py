"""The guest's end of the wire: build frames to send, parse frames that arrive.

Nothing here protects the host, which checks every frame again. It lets an honest program that returns an unsupported value end
in an exception of its own (`TypeError: cannot send ...`) rather than in a violation of the protocol.
"""

from __future__ import annotations

import importlib.util
import io
import json
import math
import os
import struct
import sys
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<II")
MAX_DEPTH = 60
MAX_ITEMS = 2_000_000
MAX_BYTES = 32 << 20
"""What the host accepts as an answer."""
NUMBERS = 32
"""Length of a list of numbers from which it is sent as data, not as text."""

_read, _write, _exit = os.read, os.write, os._exit


def shared_module(name: str, room: str = "sandbox") -> Any:
    """A module of one of strop's folders, which the host uses, too; it imports nothing of strop."""
    path = Path(__file__).resolve().parents[2] / room / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plain_data = shared_module("strop_plain_data")


class Times:
    """A list of n equal texts, sent as one text and a number."""

    def __init__(self, text: str, times: int) -> None:
        self.text, self.times = text, times


class TooLarge(Exception):
    """A value that exceeds a documented limit."""


class _Blobs(list[bytes]):
    """The data of a message's arrays and lists of numbers, and how many items the message has besides."""

    items = 0

    def hold(self, items: int) -> None:
        self.items += items
        if self.items > MAX_ITEMS:
            raise TooLarge(
                f"the answer has more than {MAX_ITEMS:,} items; numbers in lists of equal types do not count"
            )


def encode(message: object) -> bytes:
    """The bytes of one frame. Raises TypeError for an unsupported value, TooLarge for one that is too large."""
    blobs = _Blobs()
    text = json.dumps(_plain(message, blobs, 0), separators=(",", ":")).encode("ascii")
    blob = b"".join(blobs)
    if len(text) + len(blob) > MAX_BYTES:
        raise TooLarge(f"the answer takes {len(text) + len(blob):,} bytes, more than the {MAX_BYTES:,} allowed")
    return HEADER.pack(len(text), len(blob)) + text + blob


def write(descriptor: int, frame: bytes | memoryview) -> None:
    """Write the whole frame."""
    rest = memoryview(frame)
    while rest:
        rest = rest[_write(descriptor, rest) :]


def read(descriptor: int) -> Any:
    """The next frame's message. Ends the process if the host has hung up."""
    text_length, blob_length = HEADER.unpack(_read_exactly(descriptor, HEADER.size))
    text, blob = _read_exactly(descriptor, text_length), _read_exactly(descriptor, blob_length)
    return _built(json.loads(text), io.BytesIO(blob)) if blob else json.loads(text)


_arrived = bytearray()
"""Bytes that were read from the host's pipe and not used yet: several frames may arrive at once."""


def _read_exactly(descriptor: int, size: int) -> bytes:
    while len(_arrived) < size:
        chunk = _read(descriptor, 1 << 16)
        if not chunk:
            _exit(0)
        _arrived.extend(chunk)
    data = bytes(_arrived[:size])
    del _arrived[:size]
    return data


_PLAIN = {int, float, bool, str, type(None)}


def _built(value: Any, blob: io.BytesIO) -> Any:
    """The host's message, with fresh writable arrays."""
    if isinstance(value, list):
        return value if _PLAIN.issuperset(map(type, value)) else [_built(item, blob) for item in value]
    if isinstance(value, dict):
        if "__plain__" in value:
            return plain_data.decode(blob.read(value["__plain__"]))
        return {key: _built(item, blob) for key, item in value.items()}
    return value


def _plain(value: Any, blobs: _Blobs, depth: int) -> object:
    """`value` in plain types; subclasses of int, float and str are sent as what they extend."""
    if depth > MAX_DEPTH:
        raise TooLarge(f"the answer is nested deeper than {MAX_DEPTH}")
    blobs.hold(1)
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        value = int.__int__(value)
        if not -(2**63) <= value < 2**64:
            raise TypeError("cannot send an integer outside 64 bits")
        return value
    if isinstance(value, float):
        value = float.__float__(value)
        if not math.isfinite(value):
            raise TypeError(f"cannot send a float that is not finite: {value!r}")
        return value
    if isinstance(value, (list, tuple, range)):
        return _list(value, blobs, depth)
    if isinstance(value, dict) and not any(not isinstance(key, str) or key.startswith("__") for key in value):
        return _object(value, blobs, depth)
    if isinstance(value, Times):
        return {"__times__": [_text(value.text), value.times]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return _scalar(value, numpy, blobs, depth)
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _array(numpy.asarray(value), numpy, blobs, depth)
    return _other(value, blobs)


_WORDS = {"exception", "message", "traceback", "type", "line", "loaded", "answer", "opened", "draws"}
"""Keys of what strop itself sends in messages; dicts with others are sent as pairs."""


def _other(value: Any, blobs: _Blobs, size: int = 0) -> object:
    """What JSON does not have, or has as a long text; `size`: bytes, if that is known."""
    if size > MAX_BYTES:
        raise TooLarge(f"the answer takes {size:,} bytes, more than the {MAX_BYTES:,} allowed")
    try:
        blobs.append(plain_data.encode(value, subclasses=True))
    except plain_data.NotPlain as error:
        raise TypeError(f"cannot send {error}; what can be sent: {plain_data.SENT}") from None
    return {"__plain__": len(blobs[-1])}


def _list(value: Any, blobs: _Blobs, depth: int) -> object:
    """A list in plain types. Many numbers are sent as data, which the host reads in a moment; as text it would take seconds."""
    kinds = set(map(type, value)) if len(value) >= NUMBERS else set()
    if (kinds == {float} and all(map(math.isfinite, value))) or (
        kinds == {int} and min(value) >= -(2**63) and max(value) < 2**63  # larger ones are sent as text
    ):
        return _other(list(value), blobs, 8 * len(value))
    return [_plain(item, blobs, depth + 1) for item in value]


def _text(value: str) -> str:
    text = str.__str__(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise TypeError("cannot send a text with a lone surrogate") from None
    return text


def _object(value: dict[Any, Any], blobs: _Blobs, depth: int) -> object:
    blobs.hold(len(value))
    if not depth or value.keys() <= _WORDS:
        return {_text(key): _plain(item, blobs, depth + 1) for key, item in value.items()}
    return {"__pairs__": [part for key, item in value.items() for part in (_text(key), _plain(item, blobs, depth + 1))]}


def _scalar(value: Any, numpy: Any, blobs: _Blobs, depth: int) -> object:
    item = value.item()
    if isinstance(item, numpy.generic):
        raise TypeError(f"cannot send {type(value).__name__}")
    return _plain(item, blobs, depth)


def _array(values: Any, numpy: Any, blobs: _Blobs, depth: int) -> object:
    if values.dtype.kind in "OUS":
        return _plain(values.tolist(), blobs, depth)
    if values.dtype.kind == "f" and not numpy.isfinite(values).all():
        raise TypeError("cannot send an array with a float that is not finite")
    return _other(numpy.array(values, values.dtype.newbyteorder("<"), order="C"), blobs, values.nbytes)
