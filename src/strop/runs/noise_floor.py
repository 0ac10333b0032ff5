"""A/A runs: one improver against itself. All differences are chance, so they show what a difference must exceed to matter.

An improver is measured R times, each time on |D| fresh improvements of the same training instances; the sealed split is never
used. The repeats are independent, so the first and second, third and fourth, ... are pairs whose differences have one
distribution, as the difference of two measurements to come has: that one exceeds the largest of k such differences with
probability 1 / (k + 1) at most, whatever their shape. A quantile that is read off fewer values promises more than it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from strop.analysis.stats import mean
from strop.base.as_document import computed
from strop.runs.assembly import RunContext
from strop.runs.measurements import MeasurementJob, Named, copies_of, measure_all, recorded_copies
from strop.store import Store
from strop.tasks.command.task import AnyTask

EXCEEDED = 0.05
"""The share of A/A differences that exceed the noise floor, if there are repeats enough."""
ENOUGH = 38
"""Repeats with which the floor is exceeded so rarely."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Noise:
    """What chance alone does to û."""

    mean: float
    """Mean of all values."""
    sd: float
    """Standard deviation of û between repeats."""
    stderr: float
    """Standard error of one û, estimated from its copies: the root mean square over the repeats. Near `sd`, because copies are
    independent."""
    floor: float
    """Two further û differ by more than this with probability `exceeded` at most."""
    exceeded: float
    """Probability of a difference above `floor`, at most: 0.05, or more for fewer than 38 repeats."""


@dataclass(frozen=True)
class Trials:
    """Repeated measurements of an improver on one task."""

    task: str
    """Name of the task."""
    values: tuple[tuple[float, ...], ...]
    """Training values in [0, 1]: one list for each repeat, one value for each copy."""

    @computed
    def repeats(self) -> int:
        """Repeats that were measured."""
        return len(self.values)

    @computed
    def utilities(self) -> tuple[float, ...]:
        """û of each repeat."""
        return tuple(mean(row) for row in self.values)

    @computed
    def noise(self) -> Noise | None:
        """What chance does; null for fewer than two repeats."""
        return _noise(self) if self.repeats > 1 else None


def carry_out(
    context: RunContext,
    tasks: tuple[AnyTask, ...],
    improver: Named,
    repeats: int,
    progress: Callable[[str], None],
) -> None:
    """Measure `improver` so often on every task; completed repeats are kept. `progress` receives a line for each repeat.

    Raises:
        StropError: the host failed or was stopped. Completed work is kept.
    """
    jobs = []
    for task in tasks:
        of_task = context.of(task, context.run.child(task.name))
        of_task.check_seed()
        meta_utility = of_task.meta_utility()
        for number in range(repeats):
            at = context.run.child(_scope(task.name, number))
            measure = partial(meta_utility.trial, improver.text, at)
            jobs.append(MeasurementJob(at.path, f"{task.name}: repeat {number + 1} of {repeats}", measure))
    measure_all(context, jobs, "repeat", "result", progress)


def trials(store: Store, task: str, repeats: int) -> Trials:
    """The recorded repeats of a task."""
    copies = recorded_copies(store)
    measured = (copies_of(store, _scope(task, number), copies, sealed=False) for number in range(repeats))
    return Trials(task, tuple(tuple(copy.train.value for copy in repeat) for repeat in measured if repeat))


def _noise(trials: Trials) -> Noise:
    """The effect of chance, from at least 2 repeats."""
    each = trials.utilities
    differences = sorted(abs(a - b) for a, b in zip(each[::2], each[1::2], strict=False))
    pairs = len(differences)
    rank = min(math.ceil((1 - EXCEEDED) * (pairs + 1) - _ROUNDING), pairs)
    values = np.array(trials.values, dtype=np.float64)
    copies = values.shape[1]
    within = values.var(axis=1, ddof=1).mean() / copies if copies > 1 else values.var(ddof=1)
    return Noise(
        mean=float(values.mean()),
        sd=float(values.mean(axis=1).std(ddof=1)),
        stderr=float(np.sqrt(within)),
        floor=differences[rank - 1],
        exceeded=max(EXCEEDED, 1 - rank / (pairs + 1)),
    )


def _scope(task: str, number: int) -> str:
    return f"{task}/a{number}"
