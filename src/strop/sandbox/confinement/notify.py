"""Receive forbidden system calls and refuse them: seccomp's user notification.

The kernel reports which call, by which process, with which arguments; this cannot be forged. Every answer is a refusal: no call
is ever allowed, and the caller waits until someone answers."""

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
    """The pid of the caller, in the receiver's pid namespace."""
    arguments: tuple[int, ...]
    """Its six registers: numbers and addresses, not what they point to."""


def receive(listener: int) -> tuple[int, Denied] | None:
    """The next notification and its id, for `refuse`; None if the caller has ended meanwhile."""
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
