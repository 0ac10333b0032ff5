"""What the processes of a command use, all together: by the kernel's counts, read from outside of them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from contextlib import suppress

from strop.sandbox.confinement.kernel import Kernel

_SOFTWARE, _TASK_CLOCK = 1, 1
_DISABLED, _INHERIT, _EXCLUDE_KERNEL, _ENABLE_ON_EXEC = 1 << 0, 1 << 1, 1 << 5, 1 << 12
_ATTRIBUTE_BYTES = 120
_CLOSE_ON_EXEC = 8
_SELF, _ANY = 0, 2**64 - 1
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_SOCKET_BYTES, _PIPE_BYTES = 416 << 10, 64 << 10
"""The largest buffer of a unix socket (twice Linux's net.core.wmem_max) and the usual one of a pipe."""

COUNTED = {
    True: "counted by the kernel for every process",
    False: "counted for processes that somebody waits for; others can hide theirs",
}
"""By whether a `Clock` is complete."""


class Clock:
    """CPU time of all that the caller will start from now on, from the moment in which each runs a program.

    Children that nobody waits for are missing from wait4(2): a program could hide its work in them. A perf counter that is
    inherited has them all; where the kernel gives none, what is reaped and what still runs is summed up.
    """

    def __init__(self, kernel: Kernel) -> None:
        flags = _DISABLED | _INHERIT | _ENABLE_ON_EXEC
        self._counter = -1
        for more in (0, _EXCLUDE_KERNEL):  # this clock counts all time in any case; who has no rights has to ask so
            attribute = struct.pack("IIQQQQQ", _SOFTWARE, _ATTRIBUTE_BYTES, _TASK_CLOCK, 0, 0, 0, flags | more)
            if self._counter < 0:
                with suppress(OSError):
                    arguments = (attribute.ljust(_ATTRIBUTE_BYTES, b"\0"), _SELF, _ANY, _ANY, _CLOSE_ON_EXEC)
                    self._counter = kernel.call("perf_event_open", *arguments)

    @property
    def complete(self) -> bool:
        """Whether children that nobody waits for are counted."""
        return self._counter >= 0

    def seconds(self) -> float | None:
        """Until now; None where there is no counter."""
        if self._counter < 0:
            return None
        return float(struct.unpack("q", os.read(self._counter, 8))[0]) / 1e9

    def close(self) -> None:
        """Idempotent."""
        if self._counter >= 0:
            os.close(self._counter)
            self._counter = -1


def alive(proc: int, pids: Iterable[int], enough: int) -> tuple[int, float]:
    """Memory in bytes and CPU seconds of those of `pids` that /proc still shows.

    Memory is what is resident, and what the kernel may hold in their sockets and pipes. `proc` is a descriptor of a /proc. Pages
    that processes share are counted once, if it matters: where more than `enough` bytes are found when they are counted for each.
    """
    memory, ticks, found = 0, 0, []
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            memory += int(_read(proc, f"{pid}/statm").split()[1]) * _PAGE
            fields = _read(proc, f"{pid}/stat").rpartition(b")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            found.append(pid)
    if memory > enough:
        memory = sum(_share(proc, pid) for pid in found)
    return memory + _buffers(proc, found), ticks / _TICKS


def _buffers(proc: int, pids: Iterable[int]) -> int:
    """The most bytes that can wait in the sockets and pipes of these processes. One that several have open counts once."""
    sockets, pipes = set(), set()
    for pid in pids:
        with suppress(OSError):
            folder = os.open(f"{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=proc)
            try:
                for name in os.listdir(folder):  # noqa: PTH208
                    with suppress(OSError):
                        what = os.readlink(name, dir_fd=folder)
                        sockets.add(what) if what.startswith("socket:") else None
                        pipes.add(what) if what.startswith("pipe:") else None
            finally:
                os.close(folder)
    return len(sockets) * _SOCKET_BYTES + len(pipes) * _PIPE_BYTES


def _share(proc: int, pid: int) -> int:
    """Resident bytes of a process, of pages that others have too its share only; all of them where that cannot be seen."""
    with suppress(OSError, ValueError, IndexError):
        return int(_read(proc, f"{pid}/smaps_rollup").partition(b"\nPss:")[2].split()[0]) << 10
    with suppress(OSError, ValueError, IndexError):
        return int(_read(proc, f"{pid}/statm").split()[1]) * _PAGE
    return 0


def listed(proc: int) -> list[int]:
    """Every process that a /proc shows."""
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def descendants(proc: int, pid: int) -> list[int]:
    """All below a process, as far as they can be seen at one moment."""
    found: list[int] = []
    parents: dict[int, list[int]] = {}
    for each in listed(proc):
        with suppress(OSError, ValueError, IndexError):
            parent = int(_read(proc, f"{each}/stat").rpartition(b")")[2].split()[1])
            parents.setdefault(parent, []).append(each)
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _read(proc: int, path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
