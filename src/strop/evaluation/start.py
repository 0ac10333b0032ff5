"""Start what `--workers` names: processes of this machine, or a cluster through an entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from strop.base.console import notify
from strop.base.errors import ConfigurationError, SandboxUnavailable
from strop.base.plugins import EVALUATORS, find_installed, object_of
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.evaluation.base import Cluster

if TYPE_CHECKING:
    from strop.evaluation.base import Evaluator
    from strop.evaluation.workers import Equipment


def start_workers(workers: str, equipment: Equipment, at_start: int = 0) -> Evaluator:
    """The evaluator that `workers` names, in the form that `normalized` returns. Refused machines of a cluster are named on
    standard error. For `at_start` see `WorkerPool`; a cluster does not use it.

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
