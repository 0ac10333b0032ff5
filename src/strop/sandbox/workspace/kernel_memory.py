"""What the kernel holds for a workspace beside the pages of its processes: locks, names and inodes, page tables, and more.

Only a cgroup counts it, and only root can make one, where the machine lets it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.stat", "cgroup.procs"),
    (Path("/sys/fs/cgroup/memory"), "memory.kmem.usage_in_bytes", "tasks"),
)
"""Of version 2, and of version 1: where they are, the file with the count, and the one with which a thread enters. One that
entered another's process would keep all processes of the machine from starting for some milliseconds."""
_numbers = count()


class KernelMemory:
    """A cgroup for the processes of one workspace."""

    def __init__(self) -> None:
        self.files: list[int] = []
        """The file with the count, and the one to which the first process writes "0"; empty if there is no cgroup."""
        self._folder: Path | None = None
        for root, *files in _CGROUPS if os.geteuid() == 0 else ():
            with suppress(OSError):
                self._made(root / f"strop-{os.getpid()}-{next(_numbers)}", *files)
                return
            self.close()

    def _made(self, folder: Path, counted: str, entrance: str) -> None:
        for left in folder.parent.glob("strop-*-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                with suppress(OSError):
                    left.rmdir()
        folder.mkdir()
        self._folder = folder
        self.files = [os.open(folder / counted, os.O_RDONLY | os.O_CLOEXEC)]
        self.files.append(os.open(folder / entrance, os.O_WRONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Give it back, when its processes have ended. Idempotent."""
        while self.files:
            os.close(self.files.pop())
        if self._folder is not None:
            with suppress(OSError):
                self._folder.rmdir()
            self._folder = None
