"""The job of a record, which `strop resume` continues and `strop replay` repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

from strop.api.comparison import Change, compare_job
from strop.api.improvement import improve_job
from strop.api.job import Begun, Job, perform, view_of
from strop.api.measurement import measure_job
from strop.api.measuring import verdict_job
from strop.api.target import goal_in, made_again, sources_of
from strop.api.training import train_job
from strop.base.errors import ConfigurationError
from strop.base.events import MeasurementBegan
from strop.lm.answer_cache import AnswerCache, NoModel
from strop.options.run import LimitOptions
from strop.runs.improve import UNPLANNED, HeldOut, held_out_in
from strop.runs.record import Record
from strop.runs.replay_diff import Replayed, compare_records
from strop.runs.resume import answers, recorded_acts
from strop.runs.run_data import read_run
from strop.runs.run_directory import ONE_RESULT, RunRecord, command_of
from strop.store import Store
from strop.tasks.command.task import AnyTask

Maker = Callable[[RunRecord, tuple[AnyTask, ...]], Job[Any]]


def _improvement(record: RunRecord, tasks: tuple[AnyTask, ...], held: HeldOut = UNPLANNED) -> Job[Any]:
    return improve_job(record.spec, goal_in(record, tasks), record.improver, held)


def _comparison(record: RunRecord, tasks: tuple[AnyTask, ...], held: HeldOut = UNPLANNED) -> Job[Any]:
    return compare_job(record.spec, goal_in(record, tasks), Change(record.meta.candidate, record.meta.said), held)


def _verdict(record: RunRecord, tasks: tuple[AnyTask, ...], held: HeldOut = UNPLANNED) -> Job[Any]:
    with Store.open(record.directory, proof=record.proof, believed=False) as store:
        run = read_run(store)
        done = {event.scope for event in run.candidates}
        again = [(stored.event, stored.event.scope in done) for stored in store.events(MeasurementBegan)]
    return verdict_job(record, tasks, held, of=run.search_ends[-1].of if run.search_ends else "", again=again)


def _training(record: RunRecord, tasks: tuple[AnyTask, ...]) -> Job[Any]:
    return train_job(record.spec, tasks, record.improver)


def _measurement(record: RunRecord, tasks: tuple[AnyTask, ...]) -> Job[Any]:
    kind = cast(Literal["eval", "against"], record.kind)
    return measure_job(record.spec, tasks, kind, record.meta.improvers)


MAKERS: dict[str, Maker] = {
    "improve": _improvement,
    "compare": _comparison,
    "measure": _verdict,
    "run": _training,
    "eval": _measurement,
    "against": _measurement,
}
"""Kind of a record → what makes its job. `strop.reproduce` adds its own kinds."""


def job_of(record: RunRecord, *, trust: bool) -> Job[Any]:
    """The job that continues a record, on the tasks that it keeps. `trust`: as for `RunRecord.again`.

    Raises:
        ConfigurationError: such a record cannot be continued, or its tasks are not to be trusted.
        RecordChanged: a file of its tasks in the record was changed.
    """
    make = MAKERS.get(record.kind)
    if make is None:
        raise ConfigurationError(
            f"{record.directory} is the record of {command_of(record.kind)}, which cannot be resumed"
        )
    kept = record.again(trust=trust)
    job = make(record, made_again(kept))
    return replace(job, begun=Begun(record.secret, sources_of(kept), record.directory, record.proof))


def repeated(record: RunRecord, *, trust: bool) -> Job[Any]:
    """The job that repeats a finished run or improvement in another folder.

    Raises:
        ConfigurationError, RecordChanged: as `job_of` does.
    """
    job = job_of(record, trust=trust)
    begun = job.begun
    assert begun is not None
    if record.kind in ONE_RESULT:
        make = {"improve": _improvement, "compare": _comparison, "measure": _verdict}[record.kind]
        with Store.open(record.directory, proof=record.proof, believed=False) as store:
            job = make(record, job.tasks, held_out_in(store))
    return replace(job, kind="replay", begun=replace(begun, folder=None))


def replayed(record: RunRecord, folder: Path, *, trust: bool) -> Replayed:
    """The comparison of a record with its repetition, which runs in a new folder.

    Raises:
        LanguageModelError: a request was not recorded.
    """
    free = replace(record.confined(trust=trust), workers="", **vars(LimitOptions()))
    job = repeated(replace(record, spec=free), trust=trust)
    for task in job.tasks:
        if task.by_time:
            raise ConfigurationError(
                f"the scores of {task.name} are measured times, which no replay repeats; see strop show"
            )
    with Record.open(record.directory, record.proof, believed=False) as before:
        past, responses = recorded_acts(before.store), answers(before.store)
        model = AnswerCache(NoModel(record.model, record.is_language_model), responses)
        after = perform(job, folder, model=model, view=view_of(job), past=past).record
        with after.again():
            return compare_records(before, after, past.unordered)
