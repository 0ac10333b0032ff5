"""Resource limits: what one guest may take from the machine, where the kernel counts it per process.

Time limits are in `strop.sandbox.session`: the host reads the guest's clock and kills it. The memory of all guests together has
no limit; only a cgroup could set one.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping

_DESCRIPTORS = 64
_THREADS = 256
_STACK_BYTES = 8 << 20


def mapped_bytes() -> int:
    """The address space that this process uses now; read before /proc disappears."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 (two syscalls instead of many)
        return int(statm.read().split()[0]) * resource.getpagesize()


def guest_limits(memory_bytes: int, mapped: int, *, own_processes: bool) -> dict[int, int]:
    """Resource to limit, for `apply`.

    Args:
        memory_bytes: address space that the guest may map beyond what the interpreter and numpy have mapped already.
        mapped: the address space that they have mapped (`mapped_bytes`).
        own_processes: whether nobody else shares the guest's uid (or user namespace). RLIMIT_NPROC counts per uid on the
            whole machine, so otherwise a limit would count the host's own threads.
    """
    limits = {
        resource.RLIMIT_AS: mapped + memory_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _DESCRIPTORS,
        resource.RLIMIT_STACK: _STACK_BYTES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: _DESCRIPTORS,
    }
    return limits | {resource.RLIMIT_NPROC: _THREADS} if own_processes else limits


def attainable(limits: Mapping[int, int]) -> dict[int, int]:
    """`limits`, each at most the caller's own hard limit."""
    own = {which: resource.getrlimit(which)[1] for which in limits}
    return {
        which: limit if own[which] == resource.RLIM_INFINITY else min(limit, own[which])
        for which, limit in limits.items()
    }


def apply(limits: Mapping[int, int]) -> None:
    """Lower the limits of the caller, soft and hard: without capabilities there is no way back."""
    for which, limit in limits.items():
        resource.setrlimit(which, (limit, limit))
