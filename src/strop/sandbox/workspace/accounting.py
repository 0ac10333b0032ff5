"""What all processes of a command use together, by the kernel's counts, read from outside."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.workspace import snapshots

_SOFTWARE, _TASK_CLOCK = 1, 1
_DISABLED, _INHERIT, _EXCLUDE_KERNEL, _ENABLE_ON_EXEC = 1 << 0, 1 << 1, 1 << 5, 1 << 12
_ATTRIBUTE_BYTES = 120
_CLOSE_ON_EXEC = 8
_SELF, _ANY = 0, 2**64 - 1
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_CORES = os.cpu_count() or 1
_SOCKET_BYTES, _PIPE_BYTES = 416 << 10, 64 << 10
"""More than the usual buffer of a unix socket (net.core.wmem_default), and the usual one of a pipe."""
_DATAGRAMS = 11
"""Messages that wait at a socket, each of another sender's (net.unix.max_dgram_qlen)."""

COUNTED = {
    True: "counted by the kernel for every process",
    False: "counted for processes that their parents wait for; others can hide theirs",
}
"""Description of CPU time, by whether a `ProcessClock` is complete."""


class ProcessClock:
    """CPU time of all processes that the caller starts from now on, counted from the moment each runs a program; or of a process
    that waits, and of all that it starts, from now on.

    wait4(2) misses unreaped children, in which a program could hide its work. An inherited perf counter has them
    all; if the kernel gives none, the times of reaped and of running processes are added.
    """

    def __init__(self, kernel: Kernel, pid: int = _SELF) -> None:
        flags = _INHERIT | (_DISABLED | _ENABLE_ON_EXEC if pid == _SELF else 0)
        self._counter = -1
        self._last_seconds: float | None = None
        # this clock counts all time anyway; an unprivileged caller must ask for it like this
        for more in (0, _EXCLUDE_KERNEL):
            attribute = struct.pack("IIQQQQQ", _SOFTWARE, _ATTRIBUTE_BYTES, _TASK_CLOCK, 0, 0, 0, flags | more)
            if self._counter < 0:
                with suppress(OSError):
                    arguments = (attribute.ljust(_ATTRIBUTE_BYTES, b"\0"), pid, _ANY, _ANY, _CLOSE_ON_EXEC)
                    self._counter = kernel.call("perf_event_open", *arguments)

    @property
    def complete(self) -> bool:
        """Whether CPU time of unreaped children is included."""
        return self._counter >= 0

    def seconds(self) -> float | None:
        """CPU seconds so far; None without a counter."""
        if self._counter < 0:
            return None
        return float(struct.unpack("q", os.read(self._counter, 8))[0]) / 1e9

    def stands_still(self) -> bool:
        """Whether no process has run since the last call of this method, as far as the kernel counts; false without a counter."""
        before, self._last_seconds = self._last_seconds, self.seconds()
        return before is not None and before == self._last_seconds

    def close(self) -> None:
        """Close the counter. Idempotent."""
        if self._counter >= 0:
            os.close(self._counter)
            self._counter = -1


class Alive(NamedTuple):
    """What processes use, in bytes and seconds."""

    resident: int
    largest: int
    """The largest resident set of one process. `mapped`: shared memory in `resident`, perhaps with files."""
    mapped: int
    buffers: int
    """What the kernel may hold in their sockets and pipes."""
    cpu_seconds: float
    """CPU time of the processes, and of the children that they have waited for."""


def alive(proc: int, pids: Iterable[int], enough: int, *, own_sockets: bool) -> Alive:
    """What the processes `pids` use, as far as they still live. `proc`: a descriptor of a /proc.

    Shared pages count once if the simple sum exceeds `enough` bytes; that takes longer to count. `own_sockets`: all unix sockets
    of the caller's network belong to these processes, so that sockets which no process has open any more count, too.
    """
    memory, ticks, living, largest, mapped = 0, 0, [], 0, 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            _, resident, shared, *_ = map(int, _read(proc, f"{pid}/statm").split())
            memory, largest = memory + resident * _PAGE, max(largest, resident * _PAGE)
            mapped += shared * _PAGE
            fields = _read(proc, f"{pid}/stat").rpartition(b")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            living.append(pid)
    if memory > enough:
        shares = [_share(proc, pid) for pid in living]
        memory = sum(own for own, _, _ in shares) + max((files for _, _, files in shares), default=0)
        mapped = sum(shared for _, shared, _ in shares)
    sockets, pipes = _open(proc, living)
    buffers = max(sockets, _sockets(proc) if own_sockets else 0) + pipes
    return Alive(memory, largest, mapped, buffers, ticks / _TICKS)


class Busiest(NamedTuple):
    """The thread of a command that has used most CPU time."""

    cpu_seconds: float = 0.0
    starved_seconds: float = 0.0
    """How long it was ready to run but had no core; 0 if the kernel does not say."""
    cores: int = _CORES
    """The fewest cores on which this thread, or the busiest one before it, could run."""


def busiest(proc: int, pids: Iterable[int], before: Busiest) -> Busiest:
    """The busiest thread of these processes; `before` if none has used more CPU time."""
    leader = before
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            for thread in _names(proc, f"{pid}/task"):
                ran, waited, _ = map(int, _read(proc, f"{pid}/task/{thread}/schedstat").split())
                if ran / 1e9 >= leader.cpu_seconds:
                    leader = Busiest(ran / 1e9, waited / 1e9, min(before.cores, len(os.sched_getaffinity(int(thread)))))
    return leader


def _sockets(proc: int) -> int:
    """The most bytes that the unix sockets of the caller's network can hold, among them those that wait to be accepted."""
    with suppress(OSError, IndexError):
        descriptor = os.open("self/net/unix", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
        with os.fdopen(descriptor, "rb") as listed:
            kinds = [line.split(maxsplit=5)[4] for line in listed.readlines()[1:]]
        return (len(kinds) + (_DATAGRAMS - 1) * kinds.count(b"0002")) * _SOCKET_BYTES
    return 0


def kernel_memory(counted: Sequence[int]) -> tuple[int, int]:
    """Bytes that the kernel holds for itself, and bytes of files in memory and shared pages, by the files of a `KernelMemory`; 0
    without these. Version 2 has no sum of the first before Linux 5.18; then its largest part counts."""
    rows = [row for file in counted for row in os.pread(file, 1 << 16, 0).splitlines()]
    if not rows:
        return 0, 0
    own = next((row for row in rows if row.startswith((b"kernel ", b"slab "))), rows[0])
    return int(own.split()[-1]), int(next((row for row in rows if row.startswith(b"shmem ")), b"0").split()[-1])


def _open(proc: int, pids: Iterable[int]) -> tuple[int, int]:
    """The most bytes that the sockets, and the pipes, of these processes can hold. What several have open counts once."""
    sockets, pipes = set(), set()
    for pid in pids:
        with suppress(OSError):
            for name in _names(proc, f"{pid}/fd"):
                with suppress(OSError):
                    what = os.readlink(f"{pid}/fd/{name}", dir_fd=proc)
                    sockets.add(what) if what.startswith("socket:") else None
                    pipes.add(what) if what.startswith("pipe:") else None
    return len(sockets) * _SOCKET_BYTES, len(pipes) * _PIPE_BYTES


def _share(proc: int, pid: int) -> tuple[int, int, int]:
    """Bytes of a process: resident without files, the shared memory in them, and files.

    A page that other processes have, too, counts by share. Pages of files count in full, because other programs of the machine
    have the same libraries. If the kernel does not tell shares, all pages count in full."""
    with suppress(OSError, ValueError, IndexError):
        text = _read(proc, f"{pid}/smaps_rollup") + _read(proc, f"{pid}/status")
        names = (b"Pss", b"Pss_File", b"Pss_Shmem", b"RssFile")
        all_, some, shared, files = (int(text.partition(b"\n%b:" % name)[2].split()[0]) << 10 for name in names)
        return all_ - some, shared, files
    with suppress(OSError, ValueError, IndexError):
        _, resident, shared, *_ = map(int, _read(proc, f"{pid}/statm").split())
        return resident * _PAGE, shared * _PAGE, 0
    return 0, 0, 0


def listed(proc: int) -> list[int]:
    """The pids that a /proc shows."""
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def descendants(proc: int, pid: int) -> list[int]:
    """All descendants of a process that are visible at this moment."""
    pids: list[int] = []
    parents: dict[int, list[int]] = {}
    for process in listed(proc):
        with suppress(OSError, ValueError, IndexError):
            parent = int(_read(proc, f"{process}/stat").rpartition(b")")[2].split()[1])
            parents.setdefault(parent, []).append(process)
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        pids += children
        waiting += children
    return pids


def _names(proc: int, path: str) -> list[str]:
    """The names in a folder of /proc."""
    with snapshots.opened(path, proc) as folder:
        return os.listdir(folder)  # noqa: PTH208


def _read(proc: int, path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
