"""strop replay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from strop.api.lookup import find_run
from strop.api.recording import recorded
from strop.api.target import Target
from strop.base.errors import ConfigurationError, LanguageModelError, ReplayDiffers
from strop.base.pluralize import quantity
from strop.base.temporary import TemporaryFolder
from strop.base.terminal_text import escape
from strop.cli.commands.options import Json, Out, Run, TrustTask
from strop.cli.commands.output import notify, present, results_alone
from strop.lm.known_answers import NoModel
from strop.report.terminal import difference as replay_printing  # registers how a replay is printed  # noqa: F401
from strop.runs.assembly import Components, assembled
from strop.runs.context import session
from strop.runs.improve import held_out_in, improve_once
from strop.runs.options import LimitOptions
from strop.runs.reading import reading
from strop.runs.replay_diff import Replayed, compare_records
from strop.runs.results.improved import original_of
from strop.runs.resume import answers, recorded_acts
from strop.runs.run_directory import RESUMABLE, RunRecord, command_of, load_run, on_kept_trees
from strop.runs.train import run
from strop.store import Store
from strop.tasks.command.task import CommandTask
from strop.tasks.function.task import FunctionTask

REPLAY = "replay"
"""Kind of the record of a replay. It cannot be resumed, which would ask the run's model."""


def replay_command(
    run_directory: Run = None,
    /,
    *,
    out: Out = None,
    trust_task: TrustTask = False,
    as_json: Json = False,
) -> int:
    """Repeat a finished run or improvement from its record, without a language model; compare every event and the result.

    Programs run and are scored again in the jail; responses come from the record. The exit code is 8 if something differs.

    Parameters
    ----------
    out
        Directory for the record of the replay. It is removed by default.
    """
    directory = find_run(run_directory)
    record = load_run(directory, believed=False)
    if record.unverified:
        reason, _, _ = record.unverified.rpartition("; ")
        notify(escape(f"{reason}; this replay measures it again", 2000))
    if record.kind not in RESUMABLE:
        raise ConfigurationError(
            f"{directory} is the record of {command_of(record.kind)}; "
            "only records of strop run and strop improve can be replayed"
        )
    if record.status != "finished":
        raise ConfigurationError(f"{directory} is not finished. To continue it first: strop resume {directory}")
    with _folder(out) as folder:
        try:
            compared = replayed(record, folder, trust=trust_task)
        except LanguageModelError as error:  # no model is asked: it is a request that the record does not have
            raise ReplayDiffers(f"not as recorded in {directory}: {error}") from error
    present(compared, as_json=as_json)
    if compared.differences:
        raise ReplayDiffers(f"not as recorded in {directory}: {quantity(len(compared.differences), 'place')}")
    return 0


def replayed(record: RunRecord, directory: Path, *, trust: bool) -> Replayed:
    """Repeat the run in the new directory, and compare the two records.

    Raises:
        LanguageModelError: a request was not recorded.
    """
    free = replace(record.confined(trust=trust), workers="", **vars(LimitOptions()))
    with Store.open(record.directory, believed=False) as before:
        origin = record.origin(trust=trust)
        with (
            results_alone(),
            assembled(free, os.environ, origin, partial(NoModel, record.model, record.is_language_model)) as parts,
        ):
            _check_repeatable(parts)
            with reading(record.directory):
                parts = replace(parts, past=recorded_acts(before))
                known = answers(before)
            parts.language_model.learn(known)
            is_improvement = record.kind == "improve"
            original = original_of(record.meta, record.directory) if is_improvement else None
            target = Target(record.spec.task, parts.task, original).meta(directory) if is_improvement else {}
            with (
                recorded(parts, directory, REPLAY, {"improver": record.improver, **target}) as journal,
                session(on_kept_trees(parts, record.directory), journal) as context,
            ):
                if is_improvement:
                    improve_once(context, record.improver, original, held_out_in(before))
                else:
                    run(context, record.improver)
        with Store.open(directory) as after:
            return compare_records(before, after, parts.past.unordered)


def _check_repeatable(parts: Components) -> None:
    """Raises ConfigurationError if a score is a time, which no second measurement repeats."""
    for task in parts.tasks:
        if isinstance(task, CommandTask | FunctionTask) and task.by_time:
            raise ConfigurationError(
                f"the scores of {task.name} are measured times, which no replay repeats; see strop show"
            )


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with TemporaryFolder("strop-replay-") as made:
        yield made / "run"
