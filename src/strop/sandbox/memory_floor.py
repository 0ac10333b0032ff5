"""No guest and no workspace starts while the machine has little memory left.

Each guest has its own limit, but without a control group nothing limits all of them together. If one more started below the
floor, the kernel might have to kill an innocent candidate, or the host.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from strop.base.errors import SandboxError
from strop.base.surface import option

_MOST, _SHARE = 256 << 20, 32
_PATIENCE, _PAUSE = 60.0, 0.2


def free_memory() -> tuple[int, int] | None:
    """Available memory including swap, and the machine's memory, in bytes; None if the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        sizes = {name: int(size.split()[0]) << 10 for name, _, size in (line.partition(":") for line in lines)}
        return sizes["MemAvailable"] + sizes["SwapFree"], sizes["MemTotal"]
    except (OSError, ValueError, IndexError, KeyError):
        return None


def wait_for_memory(
    free: Callable[[], tuple[int, int] | None] = free_memory,
    *,
    patience: float = _PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return as soon as 256 MiB, or 1/32 of the machine's memory if that is less, is free.

    Raises:
        SandboxError: so much is not free after `patience` seconds.
    """
    waited = 0.0
    while True:
        memory = free()
        if memory is None or memory[0] >= min(_MOST, memory[1] // _SHARE):
            return
        if waited >= patience:
            least = min(_MOST, memory[1] // _SHARE) >> 20
            raise SandboxError(
                f"not enough memory: {memory[0] >> 20} MiB free, {least} MiB needed: "
                f"end other programs, or let strop run fewer at once ({option('workers')})"
            )
        sleep(_PAUSE)
        waited += _PAUSE
