"""What a tree and its kernel objects are like before a guest, and whether they are so again.

For `tree_server`; Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import stat
import tempfile
import threading
from typing import Any


def end_all() -> tuple[float, int]:
    """Kill and reap every other process of this jail; their CPU seconds and largest resident set."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)
    seconds, largest = 0.0, 0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds, largest
        seconds += usage.ru_utime + usage.ru_stime
        largest = max(largest, usage.ru_maxrss << 10)


_READ_IO_PRIORITY = {"x86_64": 252, "aarch64": 31}


def marks() -> tuple[Any, ...]:
    """What other processes of this user can change of this process, or leave in the kernel, and the next evaluation would see."""
    objects = []
    for kind in ("msg", "sem", "shm"):
        with contextlib.suppress(OSError), open(f"/proc/sysvipc/{kind}", encoding="ascii") as listed:
            objects.append(len(listed.readlines()))
    call = _READ_IO_PRIORITY.get(os.uname().machine)
    io_priority = ctypes.CDLL(None).syscall(call, 1, 0) if call else None
    return os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), os.sched_getscheduler(0), io_priority, objects


MOST_TAKEN = 64
"""Processes, threads and files of an evaluation after which its numbers would tell the next one something."""


def next_numbers() -> tuple[int, int]:
    """The numbers that the next process, or thread, and the next file of this jail get."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    with tempfile.TemporaryFile() as file:
        return thread.native_id or 0, os.fstat(file.fileno()).st_ino


def are_near(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether so few numbers were taken in between that they say little; they begin again at the end."""
    return all(0 <= later - earlier <= MOST_TAKEN for earlier, later in zip(before, after))


class TreeState:
    """The files of a jail's folders as they are now, and what must be done to have them so again."""

    def __init__(self, folders: list[str], but: str = "", *, is_hostile: bool = False) -> None:
        """`but`: a file that may change. `is_hostile`: no time or attribute of a file may tell the next evaluation anything."""
        self._folders, self._but, self._is_hostile = folders, but, is_hostile
        self._known = {path: facts for path, facts, _ in self._walk()}
        for path, facts in self._known.items() if is_hostile else ():
            if stat.S_ISREG(facts[0]):
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    file.read(1)  # the time of the first reading alone is kept
        self._marks, self._numbers = (marks(), next_numbers()) if is_hostile else ((), (0, 0))

    def restored(self) -> bool:
        """Remove what is new; whether everything else is unchanged."""
        if not self._is_hostile:
            return self._restored_files()
        is_near, is_same = are_near(self._numbers, next_numbers()), marks() == self._marks
        is_restored = self._restored_files()
        self._numbers = next_numbers()
        return is_near and is_same and is_restored

    def _restored_files(self) -> bool:
        found = set()
        for path, facts, is_folder in list(self._walk()):
            known = self._known.get(path)
            if known == facts or path == self._but:
                found.add(path)
            elif known is None:
                _remove(path, is_folder)
            elif is_folder and known[0] == facts[0]:
                found.add(path)
        for folder in self._folders if self._is_hostile else ():
            with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(dir=folder):
                pass  # its time is now, whatever was done there
        unlike = [folder for folder in self._changed_folders() if not self._put_back(folder)]
        return found | {self._but} >= self._known.keys() and not (unlike and self._is_hostile)

    def _changed_folders(self) -> list[str]:
        found = []
        for path, facts in self._known.items():
            if stat.S_ISDIR(facts[0]) and os.path.isdir(path):
                now = os.stat(path)
                if now.st_mtime_ns != facts[2] or (now.st_uid == os.getuid() and now.st_ctime_ns != facts[4]):
                    found.append(path)
        return found

    def _put_back(self, folder: str) -> bool:
        """Give a folder its time again; whether nothing else is left of it."""
        if os.stat(folder).st_uid != os.getuid():
            return False
        os.utime(folder, ns=(self._known[folder][2], self._known[folder][2]))
        return not (self._is_hostile and os.listxattr(folder))

    def _walk(self) -> Any:
        # Tools of this machine may be mounted in these folders: read-only, and large.
        waiting = [(folder, os.stat(folder).st_dev) for folder in self._folders if os.path.isdir(folder)]
        while waiting:
            folder, device = waiting.pop()
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in list(entries):
                    facts = entry.stat(follow_symlinks=False)
                    is_folder = stat.S_ISDIR(facts.st_mode)
                    size = 0 if is_folder else facts.st_size
                    times = facts.st_mtime_ns, facts.st_ino, facts.st_ctime_ns
                    yield entry.path, (facts.st_mode, size, *times), is_folder
                    is_own = is_folder and facts.st_dev == device
                    if is_own and (entry.path in self._known if hasattr(self, "_known") else True):
                        waiting.append((entry.path, device))


def _remove(path: str, is_folder: bool) -> None:
    with contextlib.suppress(OSError, RecursionError):
        if is_folder:
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
