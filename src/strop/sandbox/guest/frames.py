"""The guest's end of the wire: build frames to send, parse frames that arrive.

Nothing here protects the host, which checks every frame again. It lets an honest program that returns an unsupported value end
in an exception of its own (`TypeError: cannot send ...`) rather than in a violation of the protocol.
"""

from __future__ import annotations

import importlib.util
import os
import struct
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<II")
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


def encode(message: list[Any], rest: Any = None, *, exact: bool = False) -> bytes:
    """The bytes of one frame. `rest` is what a host sends behind its message, for rehearsals.

    `exact`: scalars of numpy stay what they are, and floats that are not finite, and texts with lone surrogates, are sent.

    Raises:
        TypeError: a value cannot be sent. plain_data.TooLarge: it is too large.
    """
    try:
        data: bytes = plain_data.encode(message, subclasses=True, python=not exact, strict=not exact)
    except plain_data.TooLarge:
        raise
    except plain_data.NotPlain as error:
        raise TypeError(f"cannot send {error}; what can be sent: {plain_data.SENT}") from None
    behind = b"" if rest is None else plain_data.encode(rest)
    return HEADER.pack(len(data), len(behind)) + data + behind


def write(descriptor: int, frame: bytes | memoryview) -> None:
    """Write the whole frame."""
    rest = memoryview(frame)
    while rest:
        rest = rest[_write(descriptor, rest) :]


def read(descriptor: int) -> tuple[list[Any], Any]:
    """The next frame's message and what is behind it. Ends the process if the host has hung up."""
    size, rest = HEADER.unpack(_read_exactly(descriptor, HEADER.size))
    message = plain_data.decode(_read_exactly(descriptor, size))
    return message, plain_data.decode(_read_exactly(descriptor, rest)) if rest else None


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
