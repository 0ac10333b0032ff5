"""Measure improvers: beside the seed improver, or one against another (`strop.compare`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from strop.api.conventions import RecordingOptions, carried_out, make_spec, takes
from strop.api.job import Job
from strop.api.lookup import any_improver_text, trained_on
from strop.api.target import TaskLike, all_of, plain_name, several
from strop.base.later import dataclass
from strop.options.run import CopiesOptions, EnvironmentOptions, LimitOptions
from strop.runs import evaluate
from strop.runs.meta import Meta, Named
from strop.runs.plan import Formula
from strop.runs.results.measured import AGAIN, Measured
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.command.task import AnyTask


@dataclass(frozen=True, kw_only=True)
class CompareOptions(EnvironmentOptions, LimitOptions, CopiesOptions, RecordingOptions):
    """The keywords of `strop.compare`."""

    task: TaskLike | Sequence[TaskLike]
    """One task or several, as in `strop.train`."""
    seed: int = 0
    """Seed of all random draws, together with this machine's key."""


@takes(CompareOptions)
def compare(first: str | Path, second: str | Path, options: CompareOptions) -> Measured:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, or `RUN:t`, the improver of a run after iteration t.
        second: the other improver; the same one shows how far two measurements of it differ by chance.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        StropError: the host failed or a limit was reached; what was done is kept.
    """
    tasks, improvers = several(options.task), rivals(str(first), str(second))
    spec = make_spec(tasks, options, improver=first, iterations=0)
    return carried_out(measure_job(spec, all_of(tasks), "compare", improvers), options)


def measure_job(
    spec: RunSpec, tasks: tuple[AnyTask, ...], kind: Literal["eval", "compare"], improvers: Sequence[Named]
) -> Job[Measured]:
    """A measurement of improvers on tasks: beside the seed improver (`eval`), or of one against another (`compare`)."""
    references = {
        task.name: (name, task.facts.metric.goal if task.facts else "max", value)
        for task in tasks
        for name, value in task.best_values.items()
    }
    return Job(
        kind=kind,
        spec=spec,
        tasks=tasks,
        do=partial(evaluate.carry_out, improvers=improvers),
        read=evaluate.measured_in,
        improver=improver_text(evaluate.SEED),
        meta=Meta(improvers=tuple(improvers), references=references),
        name=f"{kind}-{plain_name(spec.task)}",
        estimate=partial(Formula.measured, improvers=len(improvers)),
    )


def rivals(first: str, second: str) -> tuple[Named, ...]:
    """Two improvers that are measured on the same instances.

    Raises:
        ConfigurationError: one does not exist.
    """
    one, other = (Named(name, any_improver_text(name), trained_on(name)) for name in (first, second))
    if one.digest == other.digest:
        other = replace(other, name=f"{second}{AGAIN}")
    return one, other


def measured(
    improver: str, others: tuple[str, ...], against: str | None
) -> tuple[Literal["eval", "compare"], tuple[Named, ...]]:
    """The kind of the measurement, and its improvers.

    Raises:
        ConfigurationError: an improver does not exist, or is named too often.
    """
    if against is None:
        return "eval", evaluate.with_seed(evaluate.named([improver, *others], any_improver_text, trained_on))
    if others:
        return "eval", evaluate.named([against, improver, *others], any_improver_text, trained_on)
    return "compare", rivals(improver, against)
