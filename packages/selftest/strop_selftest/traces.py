"""Traces of an attack that the host can see for itself: signals, remaining processes, typed characters."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from strop.sandbox.fork_server_host import server_template
from strop.sandbox.workspace.workspace import keeper_template

_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37
_BELOW_A_SERVER = 2
"""Most processes below a fork server's first one: the one that forks, and the guest."""
_LONGEST_SECONDS = 60.0
"""How long a process that was killed may take to end on a busy machine, and a fork server to start there. Until that has a child,
it looks like a process that left its session."""


@contextmanager
def signals_counted() -> Iterator[list[int]]:
    """Collect harmless signals (SIGUSR1) that reach this process. Main thread only."""
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        yield seen
    finally:
        # One more may come when the guest that armed it is dead.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN if before is signal.SIG_DFL else before)


@contextmanager
def terminal() -> Iterator[tuple[str, list[str]]]:
    """Name of a terminal that everybody may open, and, at the end, what somebody typed there without a keyboard."""
    keyboard, screen = os.openpty()
    typed: list[str] = []
    try:
        name = os.ttyname(screen)
        with suppress(OSError):  # a file system that is read-only
            Path(name).chmod(0o666)
        yield name, typed
        while select.select([screen], [], [], 0)[0]:
            typed.append(os.read(screen, 4096).decode("utf-8", "replace"))
    finally:
        os.close(keyboard)
        os.close(screen)


@contextmanager
def orphans_adopted() -> Iterator[None]:
    """Become the parent of processes that outlive theirs, so that they are seen."""
    prctl = ctypes.CDLL(None).prctl
    before = ctypes.c_int(0)
    prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


def children() -> set[int]:
    """Living processes whose parent is this one, with fork servers and keepers in place of what they are forked from."""
    own = set(_children(os.getpid()))
    templates = own & {server_template.pid, keeper_template.pid}
    forked = {pid for template in templates for pid in _children(template)}
    return set(filter(is_alive, own - templates | forked))


def end_strangers(known: set[int]) -> list[int]:
    """Find and kill processes that guests left behind. Killed processes get time to end, and fork servers time to start.

    `known` are our earlier children. Fork servers started since then do not count: they lead a session and have a child. The
    processes that a fork server itself needs do not count either.
    """
    return _end(lambda: _strangers(known))


def end_everybody_else(known: set[int]) -> list[int]:
    """The same if no fork server may be left: every child of ours except `known`, and its descendants."""
    return _end(lambda: [each for pid in children() - known for each in (pid, *below(pid)) if is_alive(each)])


def _end(look: Callable[[], list[int]]) -> list[int]:
    until = time.monotonic() + _LONGEST_SECONDS
    while (strangers := look()) and time.monotonic() < until:
        time.sleep(0.01)
    for pid in strangers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return strangers


def _strangers(known: set[int]) -> list[int]:
    found = []
    for pid in children():
        if pid in known and not _is_fork_server(pid):
            continue  # of another user of this process, such as a browser: what it starts does not count
        descendants = below(pid)
        is_server = pid in known or (_leads_a_session(pid) and descendants)
        if not is_server and is_alive(pid):
            found.append(pid)
        found += descendants[_BELOW_A_SERVER:]
    return found


def below(pid: int) -> list[int]:
    """Living descendants of a process, by their ids."""
    found = []
    for child in _children(pid):
        found += [child, *below(child)]
    return sorted(each for each in found if is_alive(each))


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text("ascii").split()]
    return []


def _status(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; none if it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return []


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    status = _status(pid)
    return bool(status) and status[0] not in "ZX"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process; 0 if it has ended."""
    status = _status(pid)
    return (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK") if status else 0.0


def _is_fork_server(pid: int) -> bool:
    with suppress(OSError):
        return b"strop.sandbox.fork_server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _leads_a_session(pid: int) -> bool:
    status = _status(pid)
    return bool(status) and int(status[3]) == pid
