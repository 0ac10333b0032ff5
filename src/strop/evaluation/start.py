"""What `--workers` names: a number of processes of this machine, or a cluster through an entry point."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from strop.base.console import notify
from strop.base.errors import ConfigurationError, SandboxUnavailable
from strop.base.plugins import EVALUATORS, find_installed, installed, object_of
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.evaluation.base import Cluster

if TYPE_CHECKING:
    from strop.evaluation.base import Evaluator
    from strop.evaluation.workers import Equipment

MOST_PROCESSES = 1024
"""More would exhaust the descriptors of one coordinator."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def normalized(workers: str) -> str:
    """`workers` with the number of cores in place of nothing or 0.

    Raises:
        ConfigurationError: it is neither a number from 0 to 1024 nor KIND:REST for an installed kind.
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
            f"{option('workers')} {workers} needs the package strop-dask: pip install 'strop[dask]'"
        )
    kinds = ", ".join(f"{point.name}:…" for point in installed(EVALUATORS))
    raise ConfigurationError(
        f"{option('workers')} is {workers}; it must be a number of processes from 0 (one per core) to {MOST_PROCESSES}, "
        f"or {kinds}"
    )


def start_workers(workers: str, equipment: Equipment, at_start: int = 0) -> Evaluator:
    """The evaluator that `workers`, as `normalized` returns it, names. Machines of a cluster that it refuses are named on
    standard error. `at_start`: see `WorkerPool`; a cluster does not use it.

    Raises:
        ConfigurationError: the cluster cannot be reached, or an extra is not installed.
        SandboxUnavailable: all machines are refused.
    """
    evaluator = connect(workers, equipment, at_start)
    machines = evaluator.machines() if isinstance(evaluator, Cluster) else ()
    refused = [escape(f"worker {one.address} on {one.host}: {one.refusal}") for one in machines if one.refusal]
    if refused and len(refused) == len(machines):
        evaluator.close()
        raise SandboxUnavailable(f"{option('workers')} {workers}: no worker can be used; {'; '.join(refused)}")
    for line in refused:
        notify(f"not used: {line}")
    return evaluator


def connect(workers: str, equipment: Equipment, at_start: int = 0) -> Evaluator:
    """Make the evaluator that `workers` names. A cluster may refuse all its machines; `start_workers` checks that.

    Raises:
        ConfigurationError: no evaluator of this kind is installed, or its cluster cannot be reached.
    """
    if workers.isdecimal():
        from strop.evaluation.pool import WorkerPool  # here for the start-up time

        return WorkerPool(equipment, int(workers), at_start=at_start)
    kind, _, rest = workers.partition(":")
    point = find_installed(EVALUATORS, kind)
    if point is None:
        raise ConfigurationError(f"no evaluator {kind!r} is installed")
    make = cast("Callable[[str, Equipment], Evaluator]", object_of(point))
    return make(rest, equipment)
