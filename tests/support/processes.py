"""Processes as the kernel lists them: parents and children, which are alive, and handles that never name another process."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

GENEROUS_SECONDS = 60.0
"""How long a failing test waits on a machine that has nothing else to do. No passing test waits so long."""
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_NO_TIME = 1.0
"""Seconds: a process that had no core for a shorter time is not waited for again."""
_NOBODY = 54321
"""A user who has no other process."""


class Patience:
    """How long a test waits: half of a generous time by the clock, and half by the time in which nothing that this process has
    started was without a core. So a test that passes on a quiet machine passes on a crowded one."""

    def __init__(self) -> None:
        self._end = time.monotonic() + GENEROUS_SECONDS / 2
        self._starved: dict[int, int] | None = None

    def is_over(self) -> bool:
        """Whether what was waited for should have happened by now."""
        if time.monotonic() < self._end:
            return False
        now, before = _starved(), self._starved
        more = GENEROUS_SECONDS / 2
        if before is not None:
            more = max(waited - before.get(pid, 0) for pid, waited in now.items()) / 1e9
        self._starved, self._end = now, time.monotonic() + more
        return more < _NO_TIME


def wait_until(condition: Callable[[], object], between: float = 0.001) -> None:
    """Look again and again; fails after a generous time. `between`: seconds from look to look."""
    patience = Patience()
    while not condition():
        assert not patience.is_over(), "what was waited for did not happen"
        time.sleep(between)


def output_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Standard output and standard error of a process, once it has ended. It must end within a generous time."""
    patience = Patience()
    while True:
        try:
            return process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            assert not patience.is_over(), "it did not end"


def ended(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """A command that has ended, with its output. It is killed if it does not end within a generous time. `options`: of Popen."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        try:
            output = output_of(process)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, *output)


def have_few_processes(most: int) -> None:
    """For a child before it executes a program: its user may have `most` processes and threads. Root becomes another user, whom
    the limit holds, but who reads and writes what root can."""
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    if os.getuid() != 0:
        return
    libc, rights = ctypes.CDLL(None), (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)
    mask = sum(1 << right for right in rights)
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    for right in rights:
        libc.prctl(_PR_CAP_AMBIENT, 2, right, 0, 0)


def parent_of(pid: int) -> int:
    """The process id of a living process's parent."""
    return int(_fields(pid)[1])


def cpu_ticks(pid: int) -> int:
    """User time in clock ticks; 0 for a process that is gone."""
    try:
        return int(_fields(pid)[11])
    except OSError:
        return 0


def stopped(pid: int) -> bool:
    """Whether a signal has stopped a process."""
    return _fields(pid)[0] == "T"


def descendants(pid: int, *, dead: bool = False) -> list[int]:
    """All processes below `pid` that are alive; with `dead` zombies too."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (it is asked for thousands of times)
        if name.isdigit():
            try:
                state, parent, *_ = _fields(int(name))
            except OSError:
                continue
            if dead or state not in "ZX":
                children.setdefault(int(parent), []).append(int(name))
    below, queue = [], [pid]
    while queue:
        below = children.get(queue.pop(), [])
        below += below
        queue += below
    return below


def leaves(pid: int) -> list[int]:
    """The processes below `pid` that have no children."""
    below = descendants(pid)
    parents = set()
    for descendant in below:
        with suppress(OSError):  # it has ended since it was listed
            parents.add(parent_of(descendant))
    return [descendant for descendant in below if descendant not in parents]


def handles_of(pids: Iterable[int]) -> list[int]:
    """A pidfd of each process that still lives."""
    handles = []
    for pid in pids:
        with suppress(ProcessLookupError):  # it has ended since it was listed
            handles.append(os.pidfd_open(pid))
    return handles


def family_of(pid: int, others: Container[int] = ()) -> list[int]:
    """Handles of all processes below `pid`, but `others`, which were there before."""
    return handles_of(child for child in descendants(pid) if child not in others)


def kill(pidfds: Iterable[int]) -> None:
    """Send SIGKILL to each process that still lives. The handles stay open."""
    for pidfd in pidfds:
        with suppress(ProcessLookupError):  # it may end with the one before it
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def kill_and_wait(*pids: int | None) -> None:
    """Kill these processes, of which at least one must be there, and wait until all have ended."""
    handles = handles_of(pid for pid in pids if pid is not None)
    kill(handles)
    assert handles and all_end(handles)


def all_end(pidfds: list[int]) -> bool:
    """Whether all of these processes end within a generous time; the handles are closed."""
    patience = Patience()
    waiting = select.poll()
    for pidfd in pidfds:
        waiting.register(pidfd, select.POLLIN)
    left = set(pidfds)
    while left and not patience.is_over():
        for pidfd, _ in waiting.poll(100):
            waiting.unregister(pidfd)
            left.discard(pidfd)
    for pidfd in pidfds:
        os.close(pidfd)
    return not left


def holds(pid: int, text: bytes) -> bool:
    """Whether a process has these bytes in its memory."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, _, end = line.split()[0].partition("-")
            if " rw" in line:
                memory.seek(int(start, 16))
                with suppress(OSError):
                    if text in memory.read(int(end, 16) - int(start, 16)):
                        return True
    return False


def open_descriptors() -> int:
    """The number of descriptors that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir())) - 1  # the one that lists them


def _starved() -> dict[int, int]:
    """Process id → nanoseconds that this process and each below it were ready to run but had no core; 0 if no kernel counts."""
    waited = {os.getpid(): 0}
    for pid in (os.getpid(), *descendants(os.getpid())):
        with suppress(OSError):
            waited[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    return waited


def _fields(pid: int) -> list[str]:
    """Of /proc/PID/stat, from the state on. Raises OSError when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 (see `descendants`)
            return file.read().decode("utf-8", "replace").rpartition(")")[2].split()
    except ProcessLookupError as error:
        raise FileNotFoundError(pid) from error
