"""`strop.improve`: from a target to a patch and what may be claimed of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from strop.api.conventions import RecordingOptions, carried_out, make_spec, seeds_and_scoring, takes
from strop.api.job import Job
from strop.api.lookup import any_improver_text
from strop.api.target import Target, TaskLike, as_task, plain_name, source_of, target_of
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.checks.held_out import comparisons, only_one
from strop.lm.options import members, named
from strop.lm.prices import uses_no_tokens
from strop.options.run import DEFAULT_IMPROVER, EnvironmentOptions, LimitOptions, OneImprovementOptions
from strop.options.scoring import ScoringOptions
from strop.runs.improve import UNPLANNED, HeldOut, check_enough, improve_once, searched
from strop.runs.meta import Meta
from strop.runs.plan import Formula
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.spec import RunSpec


@dataclass(frozen=True, kw_only=True)
class ImproveOptions(EnvironmentOptions, LimitOptions, OneImprovementOptions, ScoringOptions, RecordingOptions):
    """The keywords of `strop.improve`."""

    improver: str | Path = DEFAULT_IMPROVER
    """Improver that searches: a name, a file, or `RUN:t`, the improver of a run after iteration t."""
    solution: str | Path | None = None
    """File to start from instead of the task's seed solution."""
    seed: int | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""
    instances: int | Literal["secret", "published"] | None = None  # type: ignore[assignment]
    """Of a command, runs for each candidate in training: 5 by default, or 3 if the score is a time. Or `published`, for
    the paper's seeds."""


@takes(ImproveOptions)
def improve(target: TaskLike, options: ImproveOptions) -> Improved:
    """Improve a program within budgets, and compare it with the original on instances that the search never saw.

    Args:
        target: what to improve. A function of your project (`module:name`, with `record`); a marked function
            (`file.py:name`); a task's name, or a file with a `strop.Task`; such a function or task itself; a folder with a
            strop.toml; a folder or file with `command`; or a program with `evaluator`.

    Raises:
        ConfigurationError: something that an argument names does not exist, or the original cannot be scored.
        StropError: strop failed, or a limit is spent before anything can be compared. The best program so far is in the record,
            and `strop resume` continues the run.
    """
    seeds, scoring = seeds_and_scoring(options)
    spec = make_spec((target,), options, copies=1, iterations=0, instances=seeds)
    start = None if options.solution is None else Path(options.solution)
    task = as_task(target)
    goal = target_of(source_of(target), scoring, start, task)
    job = improve_job(spec, goal, any_improver_text(spec.improver))
    improved = carried_out(job, options)
    assert isinstance(improved, Improved)
    return improved


def improve_job(spec: RunSpec, goal: Target, improver: str, held: HeldOut = UNPLANNED) -> Job[Improved | Unfinished]:
    """One improvement of a target by the text `improver`. `held`: the held-out inputs that a record has planned.

    Raises:
        ConfigurationError: too little is held out to show a difference.
    """
    check_enough(spec, goal.task)
    is_published = spec.instances == "published"
    return Job(
        kind="improve",
        spec=spec,
        tasks=(goal.task,),
        do=partial(improve_once, search=partial(searched, improver=improver), original=goal.original, held=held),
        read=read_improved,
        improver=improver,
        meta=Meta(
            improver=improver,
            original=goal.original,
            objective=goal.task.facts,
            best_known=goal.task.best_values,
            comparisons=comparisons(goal.task, is_published=is_published),
        ),
        name=f"improve-{plain_name(Path(goal.source).name).replace(':', '-') or Path.cwd().name}",
        notes=(budget_line(spec),),
        warning=only_one(goal.task, is_published=is_published),
        estimate=Formula.once,
    )


def budget_line(spec: RunSpec) -> str:
    """The budget of the improvement and its limits, in one line."""
    calls = f"{quantity(spec.lm_budget, 'LM call')} of up to {quantity(spec.max_responses, 'response')}"
    budget = f"budget: {quantity(spec.utility_budget, 'evaluation')}, {calls}"
    limits = {
        "max_cost": None if spec.max_cost is None else f"${spec.max_cost:g}",
        "max_time": None if spec.max_time is None else f"{spec.max_time:g} s",
        "max_calls": spec.max_calls,
    }
    limited = ", ".join(f"{option(name)} {value}" for name, value in limits.items() if value is not None)
    if limited:
        return f"{budget}; {limited}"
    if all(map(uses_no_tokens, members(spec.model))):
        return f"{budget}; {escape(named(spec.model), 60)} costs nothing"
    return f"{budget}; no limit on cost or time (set one with {', '.join(map(option, limits))})"
