"""What `--workers` names: a number of processes of this machine, or a cluster through an entry point."""

from __future__ import annotations

import os

from strop.base.errors import ConfigurationError
from strop.base.interpreter import to_add
from strop.base.plugins import EVALUATORS, find_installed, installed
from strop.base.surface import option

MOST_PROCESSES = 1024
"""Most worker processes. More would exhaust the descriptors of one coordinator."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def normalized(workers: str) -> str:
    """`workers` as a number of processes or KIND:REST. Nothing and 0 become the number of cores.

    Raises:
        ConfigurationError: `workers` is neither a number from 0 to 1024 nor KIND:REST for an installed kind.
    """
    if workers in ("", "0"):
        return str(cores())
    if workers.isascii() and workers.isdecimal() and int(workers) <= MOST_PROCESSES:
        return str(int(workers))
    kind, colon, _ = workers.partition(":")
    if colon and find_installed(EVALUATORS, kind) is not None:
        return workers
    if colon and kind in ("dask", "slurm"):
        raise ConfigurationError(
            f"{option('workers')} {workers} needs a package of strop's repository; in a clone: {to_add('./packages/dask')}"
        )
    kinds = ", ".join(f"{point.name}:…" for point in installed(EVALUATORS))
    raise ConfigurationError(
        f"{option('workers')} is {workers}; it must be a number of processes from 0 (one per core) to {MOST_PROCESSES}, "
        f"or {kinds}"
    )
