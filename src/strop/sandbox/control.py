"""The channel between the host and one fork server or keeper: whole messages of JSON, with descriptors. Large content travels in
a memory file.

Both ends are trusted: a guest's process closes its copy before it runs a program. Messages of guests use `wire`.
"""

from __future__ import annotations

import array
import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

Message = Mapping[str, Any]

_MESSAGE_BYTES = 1 << 16
_SHORT_BYTES = 1 << 15
"""Longer content travels in a memory file."""
_DESCRIPTORS = 8
_CUT_OFF = int(socket.MSG_CTRUNC)


class ControlClosed(Exception):
    """The other end is gone."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends. Messages keep their boundaries, and each end notices when the other dies."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(end: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send one message; the descriptors are duplicated into the receiver. Raises ControlClosed."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    try:
        end.sendmsg([json.dumps(message).encode()], rights)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ControlClosed from error


def receive(end: socket.socket) -> tuple[Message, list[int]]:
    """Wait for one message, with its content under "content", and its descriptors.

    Raises ControlClosed; TimeoutError where the socket has a time-out."""
    descriptors = array.array("i")
    data = b""
    with suppress(ConnectionResetError):
        data, ancillary, flags, _ = end.recvmsg(
            _MESSAGE_BYTES, socket.CMSG_SPACE(_DESCRIPTORS * descriptors.itemsize), socket.MSG_CMSG_CLOEXEC
        )
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    if not data:
        raise ControlClosed
    if flags & _CUT_OFF:
        for descriptor in descriptors:
            os.close(descriptor)
        raise OSError("this process may open no more files (see ulimit -n)")
    message, received = json.loads(data.decode()), list(descriptors)
    if "sealed" in message:
        message["content"] = opened(received.pop(0))
    return message, received


def system_error(failure: Message) -> OSError | None:
    """The operating system's error that a message of failure names by its number; None if it names none."""
    number = failure.get("errno")
    return OSError(number, failure.get("failed")) if isinstance(number, int) else None


def sealed(content: object) -> int:
    """A descriptor of a memory file that contains `content`. The caller must close it."""
    descriptor = os.memfd_create("strop-message", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(json.dumps(content).encode("utf-8", "surrogatepass"))
    return descriptor


def opened(descriptor: int) -> Any:
    """The content that `sealed` wrote. Closes the descriptor."""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return json.loads(file.read().decode("utf-8", "surrogatepass"))


def send_with(end: socket.socket, message: Message, content: object, *descriptors: int) -> None:
    """Send a message with content of any size. Raises ControlClosed."""
    if len(json.dumps(content)) <= _SHORT_BYTES:
        send(end, {**message, "content": content}, descriptors)
        return
    file = sealed(content)
    try:
        send(end, {**message, "sealed": True}, [file, *descriptors])
    finally:
        os.close(file)
