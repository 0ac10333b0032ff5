"""Jobs: what a command works on, what it does, and how its result is read. `perform` carries out a job.

Every command and every public function makes a job. Beginning, recording, resuming, stopping and reading are written here, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from strop.analysis.stats import levels
from strop.base.budget import LM_CALLS
from strop.base.console import notify
from strop.base.errors import (
    ConfigurationError,
    LanguageModelError,
    OutOfThreads,
    RunBudgetSpent,
    SandboxError,
    SearchOver,
    StoreError,
    StropError,
)
from strop.base.events import AuditNoted, Evaluated, Judged, LmCalled, LmResponded
from strop.base.later import dataclass
from strop.base.private import make_folder
from strop.base.results import Evaluation
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.checks.held_out import draws_more, held_back
from strop.core.completed_work import NOTHING, CompletedWork
from strop.lm.answer_cache import NoModel
from strop.lm.base import LanguageModel
from strop.options.choices import DisplayName
from strop.options.commands import RUNS
from strop.options.workers import normalized
from strop.report.terminal.live import LiveView, View, make_view
from strop.report.terminal.narration import Narration
from strop.report.track import sent
from strop.runs.assembly import Components, assembled, unassembled
from strop.runs.claims.gains import worded
from strop.runs.context import RunContext, session
from strop.runs.interrupts import Interrupted, TimeSpent, stop
from strop.runs.journal import Journal
from strop.runs.kept import keep_tasks
from strop.runs.meta import NOTHING_SAID, Meta
from strop.runs.plan import Formula, Plan, Work, assumptions_of, planned, works
from strop.runs.record import Record
from strop.runs.resume import recall
from strop.runs.run_data import read_run
from strop.runs.run_directory import (
    ONE_RESULT,
    check_in_place,
    ignore_records,
    meta_of,
    new_directory,
    on_kept_trees,
    ways_on,
)
from strop.runs.spec import RunSpec
from strop.runs.whole_program import MOST_SECONDS
from strop.store import FILE_NAME, Proof, Store
from strop.store.files import lock_directory
from strop.tasks.command.task import AnyTask, scoring_line

R = TypeVar("R")

TEMPORARY = (
    Interrupted,
    SearchOver,
    LanguageModelError,
    SandboxError,
    StoreError,
    OutOfThreads,
    OSError,
)
"""Errors after which a run can go on, when their cause has gone."""


@dataclass(frozen=True)
class Begun:
    """The record of a job that an earlier session began."""

    secret: bytes
    sources: tuple[str, ...]
    """The names, files and folders that its tasks were loaded from."""
    folder: Path | None = None
    """The folder of the record to continue; None: the job repeats that record in another folder."""
    proof: Proof | None = None
    """The proof of that record, so that it is not proven again."""


@dataclass(frozen=True, kw_only=True)
class Job(Generic[R]):
    """The work of one command, with everything that it works on."""

    kind: str
    """The kind of its record: `improve`, `run`, `eval`, …"""
    spec: RunSpec
    tasks: tuple[AnyTask, ...]
    """Empty if nothing is scored."""
    do: Callable[[RunContext], R | None]
    """Does the work. A job without a record has the return value as its result."""
    read: Callable[[Record], R] | None = None
    """Reads the result from the record, finished or not; None: the job leaves no record."""
    keep: Callable[[R], None] = lambda result: None
    """Writes files for people beside the record, when all work is done."""
    improver: str = ""
    """Text of the improver that the job begins with."""
    meta: Meta = NOTHING_SAID
    """What the record says besides what follows from the kind, the spec and the tasks."""
    name: str = ""
    """The beginning of the name of its folder in runs/."""
    notes: tuple[str, ...] = ()
    """What a user should know before anything is paid, a line each."""
    warning: str = ""
    """What a user should know even if nothing is started, as with `--dry-run`; empty: nothing."""
    estimate: Callable[[Formula], Work] | None = None
    """Estimates the work for a plan; None: the work cannot be estimated."""
    asks_model: bool = True
    """Whether the job asks a language model."""
    begun: Begun | None = None
    """The record of earlier work; None: the job is new."""
    finish: bool = False
    """Whether the search ends now: no response is asked for that is not recorded."""
    whole_runs_only: bool = False
    """Whether a run of Algorithm 1 that reaches a limit stays unfinished. Protocols set this: they report only whole runs."""
    sources: tuple[str, ...] = ()
    """What the tasks of a new job were loaded from, unless the spec names it."""
    of_jobs: bool = False
    """Whether other jobs do the work, within the limits of this one. The job assembles no jail and no workers."""

    def __post_init__(self) -> None:
        normalized(self.spec.workers)
        if self.spec.on_cluster and (self.read is None or not self.tasks):
            raise ConfigurationError(
                f"{option('workers')} {self.spec.workers} is a cluster, but strop {self.kind} runs on this machine; "
                "give a number, 0 for one per core"
            )


@dataclass(frozen=True)
class ClaimedFolder:
    """The folder of a job, locked against every other process."""

    folder: Path
    lock: int
    """The descriptor that holds the lock."""


class ViewOfJobs(View):
    """Shows nothing of a job that other jobs do: each of them has a view of its own."""

    def __init__(self, mode: DisplayName, trackers: Sequence[str]) -> None:
        self.mode, self._trackers = mode, trackers

    def say(self, line: str) -> None:
        """Show a line about all of these jobs."""
        if self.mode != "none":
            notify(escape(line, 400))

    def of(self, job: Job[Any]) -> View:
        """The view of one of these jobs."""
        return view_of(job, self.mode, self._trackers)


def view_of(job: Job[Any], mode: DisplayName = "auto", trackers: Sequence[str] = ()) -> View:
    """The view of a job. It first says who computes the scores and what the budget is, then shows events."""
    if job.of_jobs:
        return ViewOfJobs(mode, trackers)
    narration = Narration(worded(job.tasks[0].facts), partial(_warning, job.tasks[0])) if job.tasks else Narration()
    heading = () if job.read is None else (*scoring_lines(job.tasks), *job.notes, *filter(None, [job.warning]))
    return make_view(mode, heading=heading, narration=narration, trackers=trackers)


def _warning(task: AnyTask, original: Evaluation) -> str:
    problem = held_back(task, original)
    return "" if problem is None else problem.sentence


def scoring_lines(tasks: Iterable[AnyTask]) -> Iterator[str]:
    """Lines that say who computes the scores; tasks that are scored alike share a line."""
    ways: dict[str, list[str]] = {}
    for task in tasks:
        ways.setdefault(scoring_line(task), []).append(task.name)
    for scorer, names in ways.items():
        whose = "" if len(ways) == 1 else f" of {', '.join(names)}"
        yield f"Score{whose}: {scorer}"


def perform(
    job: Job[R],
    out: Path | None = None,
    *,
    model: LanguageModel | None = None,
    view: View | None = None,
    past: CompletedWork = NOTHING,
) -> R:
    """Carry out a job, and return its result.

    `out`: the folder of a new record, empty or new. `model`: asked in place of the model that the spec names. `past`: the
    recorded work of the run that a replay repeats.

    Raises:
        ConfigurationError: something that the job names does not exist, or its folder is not free.
        StropError: the host failed, or the work was stopped. Finished work is kept: the error has the `result` so far, and a note
            that says how to continue.
    """
    view = view or View()
    if job.read is None or not job.asks_model:
        model = model or NoModel("", is_language_model=False)
    # A job without a record claims nothing, so that its scorer need not be tested.
    spec = replace(job.spec, trust_scorer=True) if job.read is None else job.spec
    assemble, last_words = unassembled if job.of_jobs else assembled, stop.last_words
    with claimed(job, out) as claim:
        try:
            with assemble(spec, job.tasks, model, view, job.begun.secret if job.begun else None) as parts:
                parts = replace(parts, past=past, finish=job.finish, whole_runs_only=job.whole_runs_only)
                with _journal(job, claim, parts, view) as journal:
                    parts = on_kept_trees(parts, journal.folder) if claim else parts
                    with session(parts, journal, view) as context:
                        result = job.do(context)
        except (*TEMPORARY, KeyboardInterrupt) as error:
            _tell_how_to_continue(job, claim, error)
            raise
        finally:
            stop.last_words = last_words
    if claim is None or job.read is None:
        return result  # type: ignore[return-value]
    with Record.open(claim.folder) as record:
        outcome = job.read(record)
        job.keep(outcome)
    return outcome


def plan_of(job: Job[Any]) -> Plan:
    """The expected and the largest effort of a job.

    Raises:
        ConfigurationError: the model does not exist, or money is limited and no price is known.
    """
    assert job.estimate is not None, f"nobody knows what {job.kind} takes"
    assumptions = assumptions_of(job.spec, job.improver, job.tasks, os.environ)
    plan = planned([(job.spec, assumptions)], [works(job.spec, assumptions, job.estimate)])
    if job.meta.comparisons is not None:
        (task,) = job.tasks
        count, is_published = task.count("test"), job.spec.instances == "published"
        has_more = draws_more(task, is_published=is_published) or (
            job.spec.least is not None and task.input != "listed"
        )
        seconds = MOST_SECONDS if task.facts.commands else 0.0
        plan = replace(plan, pairs=(min(levels(count)), None if has_more else count), program_seconds=seconds)
    return replace(plan, warning="; ".join(filter(None, [plan.warning, job.warning])) or None)


@contextmanager
def claimed(job: Job[Any], out: Path | None) -> Iterator[ClaimedFolder | None]:
    """The folder of a job, locked. It holds the job's unfinished record, or is empty. None for a job without a record.

    Raises:
        ConfigurationError: another run has the folder, or it cannot be written.
        StoreError: another process is writing the unfinished record.
    """
    if job.read is None:
        yield None
        return
    unfinished = job.begun.folder if job.begun else None
    folder = unfinished or out or new_directory(RUNS, job.name)
    made = [path for path in (folder, RUNS) if not path.exists()]
    if unfinished is None:
        check_free_folder(folder)
    try:
        make_folder(folder)
        lock = lock_directory(folder)
    except StoreError as error:
        if unfinished is not None and not job.of_jobs:
            raise
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"cannot write a run in {folder}: {error.strerror or error}") from error
    try:
        yield ClaimedFolder(folder, lock)
    finally:
        os.close(lock)
        with suppress(OSError):  # it holds a record
            for path in made:
                path.rmdir()


def check_free_folder(folder: Path) -> None:
    """Raises ConfigurationError if `folder` holds a run, holds files that a run might overwrite, or is a link to elsewhere."""
    if (folder / FILE_NAME).exists():
        raise ConfigurationError(
            f"{folder} already holds a run: choose another directory, or continue an unfinished run with strop resume {folder}"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigurationError(
            f"{option('out')} {folder} holds files already, which a run might overwrite; name a new folder"
        )
    check_in_place(folder)


@contextmanager
def _journal(job: Job[Any], claim: ClaimedFolder | None, parts: Components, view: View) -> Iterator[Journal]:
    """The journal of a job, on its new or unfinished record; a journal that keeps nothing for a job without a record."""
    above = view.notify if isinstance(view, LiveView) else None  # elsewhere lines stay
    if claim is None:
        yield Journal(None, lambda event: None, notify=above)
        return
    folder, begun, recalled = claim.folder, job.begun, None
    sources = begun.sources if begun else job.sources or job.spec.tasks
    stop.last_words = stop.last_words or "\n".join(map(escape, ways_on(folder, job.kind, job.spec.task)))
    if begun and begun.folder:
        store = Store.resume(folder, lock=claim.lock, proof=begun.proof)
    else:
        try:
            store = Store.create(folder, meta_of(parts, job.kind, job.meta).texts(folder), lock=claim.lock)
            ignore_records(folder)
            keep_tasks(folder, sources, parts.tasks)
        except StoreError as error:
            raise ConfigurationError(str(error)) from error
    with sent(folder, view.trackers), store:
        if begun and begun.folder:
            recalled = recall(store)
            if not recalled.events:  # it was killed before it began
                keep_tasks(folder, sources, parts.tasks)
            # A view of one improvement counts from its start. A view of a run counts from the current iteration.
            from_start = job.kind in ONE_RESULT or not job.tasks
            counted = store.events(Evaluated, Judged, LmCalled, LmResponded) if from_start else ()
            past = [stored.event for stored in counted]
            spent = recalled.money | ({} if past else {LM_CALLS: recalled.lm_calls})
            view.go_on(past, spent, read_run(store, kinds=(AuditNoted,)).notes)
        yield Journal(store, view, recalled=recalled, notify=above)


def _tell_how_to_continue(job: Job[Any], claim: ClaimedFolder | None, error: BaseException) -> None:
    """Add the result so far, and how to continue, to an error whose cause may be temporary."""
    if claim is None or job.read is None or not (claim.folder / FILE_NAME).is_file():
        return
    more = f" {error.more}" if isinstance(error, (RunBudgetSpent, TimeSpent)) else ""
    for line in ways_on(claim.folder, job.kind, job.spec.task, more):
        error.add_note(line)
    if isinstance(error, StropError):
        with suppress(StropError, OSError), Record.open(claim.folder) as record:
            error.result = job.read(record)
