"""Runs one program for strop, and ends every process that it started: `process_reaper.py LIFELINE PROGRAM ARGUMENT…`.

It is a process of its own, so that a killed strop leaves nothing behind: `LIFELINE` is the number of a pipe whose other end only
strop has. It needs the standard library only. Its exit code is the program's, 128 + n after signal n, and 127 where the program
cannot be started.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CANNOT_START = 127


def main(lifeline: int, program: list[str]) -> int:
    """Run the program in a new empty folder until it ends or the lifeline breaks."""
    prctl = _prctl()
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # processes that leave their group and parent become our children
    reaper = os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != reaper:  # the reaper ended before the line above
            os._exit(CANNOT_START)

    folder = tempfile.mkdtemp(prefix="strop-command-")
    try:
        # In its own group, so that killing it spares the reaper. With one thread only, a function may run in the fork.
        child = subprocess.Popen(program, cwd=folder, start_new_session=True, preexec_fn=follow)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        os.write(2, f"cannot start {program[0]}: {error}\n".encode())
        return CANNOT_START
    threading.Thread(target=_end_with, args=(lifeline, child.pid), daemon=True).start()
    code = child.wait()
    _end_all(child.pid)
    shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _end_with(lifeline: int, group: int) -> None:
    """Kill the program when the lifeline breaks; `main`, which waits for its end, does the rest."""
    os.read(lifeline, 1)  # nothing is ever written: it returns when strop closes the other end
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:  # it is another user's, by sudo: it cannot be killed or waited for
        os._exit(128 + signal.SIGKILL)


def _end_all(group: int) -> None:
    """Kill the program's group, then all our children, until there are none."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    refused: set[int] = set()  # another user's, by sudo: they cannot be killed or waited for
    while pids := [pid for pid in _children() if pid not in refused]:
        for pid in pids:  # their own children are ours in the next round
            try:
                os.kill(pid, signal.SIGKILL)
            except PermissionError:
                refused.add(pid)
                continue
            except ProcessLookupError:
                pass
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    """Our children, by /proc; none on systems without it (macOS), where killing the group must do."""
    ours = str(os.getpid())
    children = []
    with suppress(FileNotFoundError):
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and _parent(process) == ours:
                    children.append(int(process.name))
    return children


def _parent(process: Path) -> str:
    return (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]


def _prctl() -> Callable[[int, int], object]:
    """Linux's prctl; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return lambda option, value: None
    call = ctypes.CDLL(None).prctl
    return lambda option, value: call(option, value, 0, 0, 0)


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
