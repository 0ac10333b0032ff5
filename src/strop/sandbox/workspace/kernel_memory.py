"""Memory that the kernel holds for a workspace beyond the pages that its processes map: locks, names and inodes, page tables,
files, shared pages that nobody maps at present, and more.

Only a cgroup counts it, and only root can make one, where the machine lets it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

_CGROUPS = (
    (Path("/sys/fs/cgroup"), ("memory.stat",), "cgroup.procs"),
    (Path("/sys/fs/cgroup/memory"), ("memory.kmem.usage_in_bytes", "memory.stat"), "tasks"),
)
"""For version 2 and version 1: the folder of cgroups, the files with the counts, and the file by which a thread enters. A thread
enters itself, because entering another process keeps all processes of the machine from starting for some milliseconds."""
_numbers = count()


class KernelMemory:
    """A cgroup for the processes of one workspace."""

    def __init__(self) -> None:
        self.files: list[int] = []
        """The file to which the first process writes "0" to enter, then the files with the counts; empty if there is no
        cgroup."""
        self._folder: Path | None = None
        for root, counted, entrance in _CGROUPS if os.geteuid() == 0 else ():
            with suppress(OSError):
                self._made(root / f"strop-{os.getpid()}-{next(_numbers)}", counted, entrance)
                return
            self.close()

    def _made(self, folder: Path, counted: Sequence[str], entrance: str) -> None:
        for left in folder.parent.glob("strop-*-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                with suppress(OSError):
                    left.rmdir()
        folder.mkdir()
        self._folder = folder
        self.files = [os.open(folder / entrance, os.O_WRONLY | os.O_CLOEXEC)]
        self.files += [os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC) for name in counted]

    def close(self) -> None:
        """Remove the cgroup, once its processes have ended. Idempotent."""
        while self.files:
            os.close(self.files.pop())
        if self._folder is not None:
            with suppress(OSError):
                self._folder.rmdir()
            self._folder = None
