"""What the kernel holds for a workspace beside the pages of its processes: locks, names and inodes, page tables, and more.

Only a cgroup counts it, and only root can make one, where the machine lets it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.stat"),
    (Path("/sys/fs/cgroup/memory"), "memory.kmem.usage_in_bytes"),
)
"""Of version 2, and of version 1: where they are, and the file with the count."""
_numbers = count()


class KernelMemory:
    """A cgroup for the processes of one workspace."""

    def __init__(self, pid: int) -> None:
        """Move a process there, which has no children yet."""
        self.counted = -1
        """The file with the count; -1 where there is none."""
        self._folder: Path | None = None
        for root, file in _CGROUPS if os.geteuid() == 0 else ():
            with suppress(OSError):
                self._made(root / f"strop-{os.getpid()}-{next(_numbers)}", file, pid)
                return
            self.close()

    def _made(self, folder: Path, file: str, pid: int) -> None:
        for left in folder.parent.glob("strop-*-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                with suppress(OSError):
                    left.rmdir()
        folder.mkdir()
        self._folder = folder
        self.counted = os.open(folder / file, os.O_RDONLY | os.O_CLOEXEC)
        if file == "memory.stat" and b"\nkernel " not in os.pread(self.counted, 1 << 16, 0):
            raise OSError("a kernel before 5.18")
        (folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        """Give it back, when its processes have ended. Idempotent."""
        if self.counted >= 0:
            os.close(self.counted)
            self.counted = -1
        if self._folder is not None:
            with suppress(OSError):
                self._folder.rmdir()
            self._folder = None
