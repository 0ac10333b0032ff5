"""strop replay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from strop.api.job import perform, view_of
from strop.api.jobs import repeated
from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError, LanguageModelError, ReplayDiffers
from strop.base.pluralize import quantity
from strop.base.temporary import TemporaryFolder
from strop.base.terminal_text import escape
from strop.cli.commands.options import Json, Out, Run, TrustTask
from strop.cli.commands.output import notify, present
from strop.lm.known_answers import KnownAnswers, NoModel
from strop.runs.options import LimitOptions
from strop.runs.record import Record
from strop.runs.replay_diff import Replayed, compare_records
from strop.runs.resume import answers, recorded_acts
from strop.runs.run_directory import REPLAYED, RunRecord, command_of, load_run


def replay_command(
    run_directory: Run = None,
    /,
    *,
    out: Out = None,
    trust_task: TrustTask = False,
    as_json: Json = False,
) -> int:
    """Repeat finished work from its record, without a language model; compare every event and the result.

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
    if record.kind not in REPLAYED:
        raise ConfigurationError(f"{directory} is the record of {command_of(record.kind)}, which cannot be replayed")
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


def replayed(record: RunRecord, folder: Path, *, trust: bool) -> Replayed:
    """Repeat the run in a new folder, and compare the two records.

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
        past, known = recorded_acts(before.store), answers(before.store)
        model = KnownAnswers(NoModel(record.model, record.is_language_model), known)
        after = perform(job, folder, model=model, view=view_of(job), past=past).record
        with after.again():
            return compare_records(before, after, past.unordered)


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with TemporaryFolder("strop-replay-") as made:
        yield made / "run"
