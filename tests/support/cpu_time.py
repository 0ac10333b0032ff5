"""The CPU time of a session of tests. It includes that of guests that are killed, for which no process waits."""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from pathlib import Path

_V1, _V2 = Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup/cpu.stat")
"""Files of cgroups, version 1 and version 2. Version 1 counts CPU time apart from all else, so that a cgroup can be made for it;
in version 2 workspaces have cgroups of their own below the first."""


class CpuTime:
    """The CPU time that this process and all that it starts use from now on."""

    def __init__(self) -> None:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        self._outer = _V1 / next((path[1:] for _, names, path in groups if "cpuacct" in names.split(",")), "")
        self._group = self._outer / f"strop-tests-{os.getpid()}"
        for left in self._outer.glob("strop-tests-*"):
            with suppress(OSError):  # it is in use
                left.rmdir()
        with suppress(OSError):
            self._group.mkdir()
            (self._group / "cgroup.procs").write_text(str(os.getpid()))
        atexit.register(self._leave)
        self._before, _ = self._now()

    def _now(self) -> tuple[float, str]:
        with suppress(OSError):
            return int((self._group / "cpuacct.usage").read_text()) / 1e9, "by a cgroup"
        with suppress(OSError):
            return int(_V2.read_text().split()[1]) / 1e6, "by a cgroup, with all else that ran in it"
        return sum(os.times()[:4]), "of processes that were waited for; no cgroup counts the others"

    def description(self) -> str:
        """The CPU time so far, and what counted it, as text."""
        seconds, how = self._now()
        return f"CPU time: {seconds - self._before:.0f} s, {how}"

    def _leave(self) -> None:
        """Remove the cgroup. If a process that was just killed is still in it, the next session removes it."""
        with suppress(OSError):
            (self._outer / "cgroup.procs").write_text(str(os.getpid()))
            self._group.rmdir()
