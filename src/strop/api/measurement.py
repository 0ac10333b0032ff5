"""Measurements of improvers: together with the seed improver, or one against another (`strop.evaluate`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from strop.api.conventions import RecordingOptions, carried_out, make_spec, takes
from strop.api.job import Job
from strop.api.lookup import any_improver_text, find_run, trained_on
from strop.api.target import TaskLike, all_of, as_task, plain_name, several, source_of, target_of
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option
from strop.options.run import CopiesOptions, EnvironmentOptions, LimitOptions, is_usual
from strop.runs import evaluate as measurements
from strop.runs.agent import AGENT, agent_of, read_search, said_of
from strop.runs.meta import Meta, Named
from strop.runs.plan import Formula
from strop.runs.results.measured import AGAIN, Measured
from strop.runs.spec import RunSpec
from strop.runs.texts import said_of_texts, seed_improver
from strop.tasks.command.task import AnyTask

C = TypeVar("C", bound=CopiesOptions)


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(EnvironmentOptions, LimitOptions, CopiesOptions, RecordingOptions):
    """The keywords of `strop.evaluate`."""

    task: TaskLike | Sequence[TaskLike]
    """One task or several, as in `strop.train`."""
    agent: str | Path | Sequence[str | Path] = ()
    """Directories of records of `strop.measure`. Together they are the improver `agent`, and each is a copy of its
    task."""
    seed: int = 0
    """Seed of all random draws, used together with this machine's key."""


@takes(EvaluateOptions)
def evaluate(first: str | Path, second: str | Path, options: EvaluateOptions) -> Measured:
    """Compare two improvers on tasks: which is better, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, `RUN:t`, the improver of a run after iteration t, or `agent`.
        second: the other improver. An improver that is compared with itself shows what chance does.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        StropError: strop failed, or a limit is spent. What was done is recorded.
    """
    tasks = several(options.task)
    runs = [options.agent] if isinstance(options.agent, (str, Path)) else options.agent
    spec = make_spec(tasks, with_copies(options, len(runs), len(tasks)), improver=first, iterations=0)
    loaded = loaded_for(runs, tasks)
    improvers = rivals(str(first), str(second), agent_in(runs, loaded, spec))
    return carried_out(measure_job(spec, loaded, "against", improvers), options)


def measure_job(
    spec: RunSpec, tasks: tuple[AnyTask, ...], kind: Literal["eval", "against"], improvers: Sequence[Named]
) -> Job[Measured]:
    """A measurement of improvers on tasks: together with the seed improver (`eval`), or one against another (`against`)."""
    references = {
        task.name: (measurements.UTILITY if task.facts.metric.is_score else name, task.facts.metric.goal, value)
        for task in tasks
        for name, value in task.best_values.items()
    }
    notes = (*said_of(improvers, tasks, spec.utility_budget), *said_of_texts(spec))
    return Job(
        kind=kind,
        spec=spec,
        tasks=tasks,
        do=partial(measurements.carry_out, improvers=improvers),
        read=measurements.measured_in,
        improver=seed_improver(spec),
        meta=Meta(improvers=tuple(improvers), references=references, said=notes),
        name=f"{kind}-{plain_name(spec.task)}",
        notes=notes,
        estimate=partial(
            Formula.measured,
            improvers=sum(not improver.runs for improver in improvers),
            agents=sum(bool(improver.runs) for improver in improvers),
        ),
    )


def with_copies(options: C, searches: int, tasks: int) -> C:
    """The options with one copy for each search of the agent on a task, unless the user gave a number of copies."""
    return replace(options, copies=max(searches // tasks, 1)) if searches and is_usual(options.copies) else options


def loaded_for(runs: Sequence[str | Path], tasks: Sequence[TaskLike]) -> tuple[AnyTask, ...]:
    """The tasks of a measurement. With `runs`, the records of `strop measure`, they are loaded as that command loads them.

    Raises:
        ConfigurationError: a task does not exist, or two have the same name.
    """
    if runs:
        tasks = [target_of(source_of(task), {}, None, as_task(task)).task for task in tasks]
    return all_of(tasks)


def agent_in(runs: Sequence[str | Path], tasks: Sequence[AnyTask], spec: RunSpec) -> Named | None:
    """The improver `agent`, which stands for records of `strop measure`; None if there are no records.

    Raises:
        ConfigurationError: as `agent_of` does, or a record does not exist.
    """
    searches = [read_search(find_run(Path(run))) for run in runs]
    return agent_of(searches, tasks, copies=spec.copies, budget=spec.utility_budget) if searches else None


def _improver_called(name: str, agent: Named | None) -> Named:
    if agent is not None and name == AGENT:
        return agent
    return Named(name, any_improver_text(name), trained_on(name))


def rivals(first: str, second: str, agent: Named | None = None) -> tuple[Named, ...]:
    """Two improvers that are measured on the same instances.

    Raises:
        ConfigurationError: an improver does not exist, or records of an agent are given and neither improver is `agent`.
    """
    if agent is not None and AGENT not in (first, second):
        raise ConfigurationError(f"{option('agent')} is given, and neither improver is called {AGENT}: name one so")
    one, other = (_improver_called(name, agent) for name in (first, second))
    if one.digest == other.digest:
        other = replace(other, name=f"{second}{AGAIN}")
    return one, other


def measured(
    improver: str, others: tuple[str, ...], against: str | None, spec: RunSpec, agent: Named | None = None
) -> tuple[Literal["eval", "against"], tuple[Named, ...]]:
    """The kind of the measurement, and its improvers in order. `agent` comes last, unless the user names it elsewhere.

    Raises:
        ConfigurationError: an improver does not exist, or is named too often.
    """
    find = partial(_improver_called, agent=agent)
    if agent is not None and AGENT not in (improver, *others, against):
        others = (*others, AGENT)
    if against is None:
        return "eval", measurements.with_seed(measurements.named([improver, *others], find), seed_improver(spec))
    if others:
        return "eval", measurements.named([against, improver, *others], find)
    return "against", rivals(improver, against, agent)
