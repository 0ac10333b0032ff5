"""`strop.measure` and `strop.verdict`: a search by somebody else, such as a coding agent. No language model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from strop.api.comparison import compare_spec, of_version, overriding_toml
from strop.api.conventions import RecordOptions, carried_out, outside_tasks, seeds_and_scoring, takes
from strop.api.job import Begun, Job, perform, view_of
from strop.api.target import (
    Target,
    TaskLike,
    as_task,
    at_original,
    goal_in,
    made_again,
    plain_name,
    source_of,
    sources_of,
    target_of,
)
from strop.base.errors import ConfigurationError, Malformed
from strop.base.events import MeasurementBegan
from strop.base.later import dataclass
from strop.base.solution import NAMED_BY
from strop.base.surface import option
from strop.base.version import __version__
from strop.checks.held_out import comparisons
from strop.options.commands import RUNS
from strop.options.run import ComparisonOptions, EnvironmentOptions, MeasuringOptions
from strop.options.scoring import ScoringOptions
from strop.runs.improve import UNPLANNED, HeldOut, check_enough, improve_once
from strop.runs.listing import list_runs
from strop.runs.measuring import (
    Attempt,
    best_measured,
    changed_since,
    check_left,
    measure_once,
    read_attempt,
    texts_now,
)
from strop.runs.meta import Meta
from strop.runs.patching.sides import of_commit
from strop.runs.patching.source_files import SourceFiles
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.run_data import RunData, read_run
from strop.runs.run_directory import RunRecord, load_run
from strop.runs.score import program_of
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store
from strop.tasks.command.task import AnyTask
from strop.tasks.identity import task_digest
from strop.tasks.versions import project_of

COUNTED = "the budget is counted, not enforced: anyone with this shell can measure outside of this record"
SEALED = "sealed, provided that the agent could not reach this process or its files"


@dataclass(frozen=True, kw_only=True)
class MeasureOptions(EnvironmentOptions, ComparisonOptions, MeasuringOptions, ScoringOptions, RecordOptions):
    """The keywords of `strop.measure`."""

    solution: str | Path | None = None
    """File with the program, if the target is a task and no file of yours."""
    seed: int | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""
    instances: int | Literal["secret", "published"] | None = None  # type: ignore[assignment]
    """Of a command, runs for each candidate in training: 5 by default, or 3 if the score is a time. Or `published`, for
    the paper's seeds."""


@takes(MeasureOptions)
def measure(target: TaskLike, options: MeasureOptions) -> Attempt:
    """Measure what may change in a target as it is now, on the instances of training.

    The first measurement begins a record. Each further one names it with `out`.

    Args:
        target: what is measured, as for `strop.improve`.

    Raises:
        ConfigurationError: something that an argument names does not exist, or the original cannot be scored.
        StropError: strop failed, or all measurements were made.
    """
    out = None if options.out is None else Path(options.out)
    solution = None if options.solution is None else Path(options.solution)
    seeds, scoring = seeds_and_scoring(options)
    search = begun_or_new(target, (replace(options, instances=seeds),), scoring, out, seed=options.seed)  # type: ignore[arg-type]
    return carried_out(measure_job(search, solution), options)


@outside_tasks
def verdict(run: str | Path, *, of: str = "", progress: bool = False) -> Improved:
    """Compare the best program that was measured with the original, on instances that no measurement had.

    Args:
        run: the directory of a record of `strop.measure`.
        of: the beginning of the digest of another measured program, which is compared in place of the best one.
        progress: show progress on standard error.

    Raises:
        ConfigurationError: nothing was measured, or what scores has changed.
        StropError: strop failed, or the work was stopped. `strop resume` continues it.
    """
    job = verdict_of(load_run(Path(run)), trust=False, of=of)
    improved = perform(job, view=view_of(job, "auto" if progress else "none"))
    assert isinstance(improved, Improved)
    return improved


@dataclass(frozen=True)
class Measuring:
    """A search by somebody else: its configuration, and how far it has come."""

    spec: RunSpec
    goal: Target
    meta: Meta
    begun: Begun | None = None
    """The record of the search; None before the first measurement."""
    made: int = 0
    """Measurements so far."""
    notes: tuple[str, ...] = ()
    """A line for each fact that the user should know about the original and the scorer."""


def begun_or_new(
    target: TaskLike,
    groups: Sequence[Any],
    scoring: dict[str, object],
    out: Path | None,
    *,
    seed: int | None = None,
    sealed: bool = False,
) -> Measuring:
    """The search that the record in `out` holds, or a new one.

    Raises:
        ConfigurationError: the record is of something else, or another search of this target waits for its verdict.
    """
    source, own = source_of(target), next(group for group in groups if isinstance(group, MeasuringOptions))
    if out is not None and (out / FILE_NAME).is_file():
        for name, value, default in (("budget", own.budget, MeasuringOptions.budget), ("base", own.base, "")):
            if value != default and not sealed:  # an agent starts a server by the same words each time
                raise ConfigurationError(
                    f"{option(name)} is that of the first measurement in {out}: leave it out, or name a new {option('out')}"
                )
        return _begun(load_run(out), source, sealed=sealed)
    if waiting := without_verdict(source):
        raise ConfigurationError(
            f"{waiting} measures {source} and has no verdict: continue it with {option('out')} {waiting}, or end it with "
            f"strop verdict {waiting}"
        )
    comparison = next(group for group in groups if isinstance(group, ComparisonOptions))
    spec = compare_spec(target, comparison, *groups, seed=seed, utility_budget=own.budget)
    goal, origin = original_of(target_of(source, scoring, None, as_task(target)), own.base)
    check_enough(spec, goal.task)
    notes = (*origin, *overriding_toml(source, scoring), SEALED if sealed else COUNTED)
    changeable = () if goal.original is None else (f"what may change: {may_change(goal.original)}",)
    return Measuring(spec, goal, _meta_of(goal, notes, sealed=sealed), notes=(*notes, *changeable))


def original_of(goal: Target, base: str) -> tuple[Target, tuple[str, ...]]:
    """The target with the files of the commit `base` (HEAD if empty) as its original, and lines about the original.

    The lines name the commit, and what scores a program and differs from that commit.

    Raises:
        ConfigurationError: the commit does not exist.
    """
    task, project = goal.task, project_of(goal.task)
    if project is None:
        if base:
            raise ConfigurationError(f"{goal.source} is no file of yours, so that no commit has it")
        return goal, (f"the original is the program of {goal.source} itself",)
    own = project.files
    try:
        sides = of_commit(
            project.root, base or "HEAD", fixed=lambda path: path not in own, files=own, must_differ=False
        )
    except ConfigurationError:
        if base:
            raise
        return goal, ("no commit has it, so that the original is what this first measurement finds",)
    notes = (f"the original is that of commit {sides.base[:NAMED_BY]}", *sides.said)
    if not sides.before:
        return goal, notes
    now = {path: text for path, text in (goal.original.files if goal.original else {}).items() if path in own}
    original = of_version(project, {**now, **sides.before})
    return Target(goal.source, at_original(task, original), original), notes


def may_change(original: SourceFiles) -> str:
    """The files, or functions of a file, that may change, as text."""
    files = ", ".join(original.files)
    return f"{' and '.join(original.functions)} of {files}" if original.functions else files


def _meta_of(goal: Target, notes: tuple[str, ...], *, sealed: bool) -> Meta:
    task = goal.task
    return Meta(
        original=goal.original,
        said=notes,
        sealed=sealed,
        objective=task.facts,
        best_known=task.best_values,
        comparisons=comparisons(task),
    )


def _begun(record: RunRecord, source: str, *, sealed: bool) -> Measuring:
    if record.kind != "measure" or record.spec.task != source:
        raise ConfigurationError(
            f"{record.directory} is a record of strop {record.kind} {record.spec.task}; name another {option('out')}"
        )
    if record.meta.sealed != sealed:
        verb = "serve" if record.meta.sealed else "measure"
        raise ConfigurationError(f"{record.directory} was begun by strop {verb}, which alone continues it")
    if record.began and (version := record.began.environment.get("strop")) != __version__:
        raise ConfigurationError(
            f"{record.directory} began with strop {version}, and this is {__version__}; begin again"
        )
    sources, tasks = _kept_tasks(record, trust=False)
    goal = goal_in(record, tasks)
    begun = Begun(record.secret, sources, record.directory, record.proof)
    notes = changed_since(record.directory, goal.original)
    with Store.open(record.directory, proof=record.proof, believed=False) as store:
        run = read_run(store)
    made = run.measurements - bool(run.measuring)  # a measurement that was killed is continued, not counted
    return Measuring(record.spec, goal, record.meta, begun, made, notes)


def _kept_tasks(record: RunRecord, *, trust: bool) -> tuple[tuple[str, ...], tuple[AnyTask, ...]]:
    kept = record.again(trust=trust, is_frozen=True)
    return sources_of(kept), made_again(kept)


def without_verdict(source: str) -> Path | None:
    """The folder in runs/ of a search of this target that has no verdict yet; None if there is none."""
    return next((folder for folder, run in _searches(source) if run.measurements and not run.search_ends), None)


def served(source: str) -> Path | None:
    """The folder in runs/ of the last search of this target that `strop serve` served; None if there is none."""
    return next((folder for folder, run in reversed(_searches(source)) if run.meta.sealed), None)


def _searches(source: str) -> list[tuple[Path, RunData]]:
    """The searches of this target by somebody else in runs/, the oldest first."""
    searches = []
    for listing in sorted(list_runs(RUNS), key=lambda listing: listing.started or 0.0):
        if listing.command == "measure":
            with Store.open(listing.run) as store:
                run = read_run(store)
            if run.spec is not None and run.spec.task == source:
                searches.append((listing.run, run))
    return searches


def measure_job(search: Measuring, solution: Path | None = None, text: str | None = None) -> Job[Attempt]:
    """The next measurement of a search.

    `text`: the program to measure. If it is None, the program is the file `solution`, for a task that is no file of the user's,
    or else the user's files as they are now.

    Raises:
        ConfigurationError: a file that may change cannot be read.
        SearchOver: the budget of measurements is spent.
    """
    goal, original = search.goal, search.goal.original
    if search.begun is not None and search.begun.folder is not None:
        check_left(search.made, search.spec.utility_budget, search.begun.folder)
    if text is None and (solution is not None or original is None):
        if solution is None:
            raise ConfigurationError(f"{goal.source} is no file of yours; name the program: {option('solution')} FILE")
        text = program_of(solution, goal.task)
    elif text is None:
        assert original is not None
        text = original.plain(texts_now(original))
    if original is not None:
        with suppress(Malformed):  # the measurement reports it
            text = original.normal(text)
    notes = search.notes
    return Job(
        kind="measure",
        spec=search.spec,
        tasks=(goal.task,),
        do=partial(measure_once, text=text, original=original),
        read=lambda record: replace(read_attempt(record), said=notes),
        meta=search.meta,
        name=f"measure-{plain_name(Path(goal.source).name).replace(':', '-') or Path.cwd().name}",
        begun=search.begun,
        asks_model=False,
    )


def verdict_of(record: RunRecord, *, trust: bool, of: str = "") -> Job[Improved | Unfinished]:
    """The comparison of the best measurement in a record with the original. `of`: the digest of another program to compare.

    Raises:
        ConfigurationError: the record is of something else, or its task is not to be trusted.
    """
    if record.kind != "measure":
        raise ConfigurationError(
            f"{record.directory} is a record of strop {record.kind}; strop measure makes one for a verdict"
        )
    sources, tasks = _kept_tasks(record, trust=trust)
    begun = Begun(record.secret, sources, record.directory, record.proof)
    return replace(verdict_job(record, tasks, of=of), begun=begun)


def verdict_job(
    record: RunRecord,
    tasks: tuple[AnyTask, ...],
    held: HeldOut = UNPLANNED,
    *,
    of: str = "",
    again: Sequence[tuple[MeasurementBegan, bool]] = (),
) -> Job[Improved | Unfinished]:
    """The comparison of the best measurement of these tasks with the original.

    A replay gives `held` and `again`: see `improve_once` and `best_measured`.
    """
    original = record.meta.original
    tasks = (at_original(tasks[0], original),)
    changed = changed_since(record.directory, original)
    frozen = f"frozen at the first measurement: {task_digest(tasks[0])[:NAMED_BY]}, strop {__version__}"
    notes = held.said or changed or (f"{frozen}; none of its files changed since",)
    return Job(
        kind="measure",
        spec=record.spec,
        tasks=tasks,
        do=partial(
            improve_once,
            search=partial(best_measured, of=of, again=again),
            original=original,
            held=replace(held, said=notes),
            draws_late=True,
        ),
        read=read_improved,
        meta=record.meta,
        asks_model=False,
    )
