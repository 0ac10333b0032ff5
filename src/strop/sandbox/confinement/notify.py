"""Answering forbidden system calls instead of refusing them unseen: seccomp's user notification.

The record is the kernel's (which call, by which process, with which arguments) and cannot be forged. Every answer given here is a
refusal; no call is ever let through, and while nobody answers, the caller waits.
"""

from __future__ import annotations

import errno
import fcntl
import struct
from dataclasses import dataclass

from strop.sandbox.confinement.syscalls import NUMBERS

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION = struct.Struct("QII" + "iIQ6Q")  # id, pid, flags; then number, architecture, instruction, arguments
_RESPONSE = struct.Struct("QqiI")


@dataclass(frozen=True)
class Denied:
    """A system call that was refused."""

    call: str
    """Its name, e.g. `socket`."""
    pid: int
    """Who made it, as the receiver of the notification sees it."""
    arguments: tuple[int, ...]
    """Its six registers: numbers and addresses, not what they point to."""


def receive(listener: int) -> tuple[int, Denied] | None:
    """The next notification and its id, for `refuse`; None when the caller has ended meanwhile."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except FileNotFoundError:
        return None
    number, pid, _, call, _, _, *arguments = _NOTIFICATION.unpack(buffer)
    names = {value: name for name, value in NUMBERS.items()}
    return number, Denied(names.get(call, str(call)), pid, tuple(arguments))


def refuse(listener: int, number: int) -> None:
    """Let the call fail with EPERM."""
    try:
        fcntl.ioctl(listener, _SEND, _RESPONSE.pack(number, 0, -errno.EPERM, 0))
    except FileNotFoundError:
        return  # the caller has ended meanwhile
