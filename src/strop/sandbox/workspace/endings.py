"""Turn the keeper's report of how a command ended into a `Ran`."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from strop.sandbox.child import exit_status
from strop.sandbox.workspace.base import CommandLimits, Ending, Ran
from strop.sandbox.workspace.output import CappedStream

_NO_MEMORY = ("MemoryError", "std::bad_alloc", "Cannot allocate memory", "out of memory", "OutOfMemoryError")
"""What programs print last after a failed allocation. A program that only prints it has failed, too."""
_TAIL = 2000


def ran(
    ended: Mapping[str, Any],
    limits: CommandLimits,
    output: CappedStream,
    errors: CappedStream,
    denied: Mapping[str, int],
) -> Ran:
    """The `Ran` of a command that has ended."""
    status = int(ended["status"])
    error_text = errors.text()
    ending, detail = ending_of(status, str(ended["stopped"]), limits)
    code = os.WEXITSTATUS(status) if ending == "exited" else None
    if ending in ("exited", "signal") and status != 0:
        if ended["full"]:
            ending, detail = "disk full", f"{detail}, with all of its {ended['full']} used"
        else:
            ending, detail = of_failed(ending, detail, error_text, int(ended["rss"]), limits)
    return Ran(
        ending=ending,
        code=code,
        detail=detail,
        output=output.text(),
        errors=error_text,
        truncated=output.truncated or errors.truncated,
        cpu_seconds=float(ended["cpu"]),
        wall_seconds=float(ended["wall"]),
        memory_bytes=int(ended["rss"]) + (int(ended["files"]) if limits.counts_memory else 0),
        denied=dict(denied),
        digest=output.digest,
        output_truncated=output.truncated,
        raw=output.raw,
        lived_on=bool(ended["lived_on"]),
    )


def ending_of(status: int, stopped: str, limits: CommandLimits) -> tuple[Ending, str]:
    """How a command ended with this wait status, or was stopped, and one line about it."""
    ended = exit_status({"status": status, "cpu": 0, "rss": 0})
    if stopped == "memory":
        return "out of memory", f"more than {limits.memory_bytes >> 20} MiB of memory used, all processes together"
    if stopped == "wall":
        return "timeout", f"wall time limit of {limits.wall_seconds:g} s reached"
    if stopped == "cpu" or ended.signal == signal.SIGXCPU:
        return "timeout", f"CPU time limit of {limits.cpu_seconds:g} s reached"
    return "exited" if ended.signal is None else "signal", ended.describe()


def oom_kills() -> int:
    """How many processes the kernel of this machine has killed for lack of memory; 0 where it does not say."""
    with suppress(OSError, ValueError):
        fields = Path("/proc/vmstat").read_text().split()
        return int(fields[fields.index("oom_kill") + 1])
    return 0


def of_failed(ending: Ending, detail: str, errors: str, resident: int, limits: CommandLimits) -> tuple[Ending, str]:
    """How a command failed: `out of memory` if its last output says so, or it used over 3/4 of its limit; else `ending`.

    `errors`: its standard error. `resident`: bytes of memory that it used.
    """
    if resident > limits.memory_bytes * 3 // 4 or any(sign in errors[-_TAIL:] for sign in _NO_MEMORY):
        return "out of memory", f"{detail}, after it could not have more than {limits.memory_bytes >> 20} MiB"
    return ending, detail
