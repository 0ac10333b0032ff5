"""Measure improvers in a record that can be gone on with: what is whole in it is kept, whatever ended the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError, StoreError, StropError
from strop.report.terminal.live import Before, Lines, Mode, make_view
from strop.report.terminal.words import escape, notice_of
from strop.report.tracking import Track, mirrored
from strop.runs.assembly import Components, RunContext
from strop.runs.journal import Journal
from strop.runs.measurements import spec_of
from strop.runs.options import LimitOptions
from strop.runs.resume import recall
from strop.runs.run_data import FRAME, read_run
from strop.runs.run_directory import ignore_records, meta_of
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store


@dataclass(frozen=True)
class Record:
    """A record that is being written, or that is only read because everything is there."""

    store: Store
    journal: Journal
    finished: bool
    """Whether everything was measured before."""
    told: Callable[[str], None]
    """Say a step to whoever reads lines; on a terminal the picture says it."""


@contextmanager
def measuring(
    parts: Components,
    directory: Path,
    kind: str,
    what: Mapping[str, str],
    tracks: Sequence[Track] = (),
    show: Mode = "auto",
) -> Iterator[Record]:
    """The record in `directory`: a new one, or one of the same command that was stopped. `what` says what is measured.

    What the same command measured there to its end is opened for reading.

    Raises:
        ConfigurationError: the directory holds something else, or cannot be written.
    """
    meta = meta_of(parts, kind) | dict(what)
    notice = notice_of(parts.language_model.name, parts.language_model.is_language_model)
    new = not (directory / FILE_NAME).exists()
    try:
        store, finished = _store(directory, meta, parts.spec)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    before = Before(planned=_planned(meta, parts.spec) if new else None)
    with mirrored(directory, tracks), store, make_view(show, notice=notice, before=before) as view:

        def told(line: str) -> None:
            if isinstance(view, Lines):
                view.say(escape(line))

        if finished:
            told(f"everything is in {directory} already; nothing is measured again")
        yield Record(store, Journal(store, view, recalled=None if finished else recall(store)), finished, told)


def _planned(meta: Mapping[str, str], spec: RunSpec) -> int:
    """Downstream improvements of a new record of this kind; equal improvers are measured once."""
    improvers = {digest for _, digest in json.loads(meta["improvers"])}
    return len(improvers) * spec.downstream * int(meta.get("repeats", 1))


def measure_missing(parts: Components, record: Record, work: Callable[[RunContext], None]) -> StropError | None:
    """Do `work` unless the record is finished; what ended it before its end, if something did.

    That is given back, not raised, so that what is whole can be shown first.
    """
    if record.finished:
        return None
    try:
        with record.journal.of(parts):
            work(RunContext(parts, record.journal, recalled=record.journal.recalled))
    except StropError as error:
        return error
    return None


def _store(directory: Path, meta: Mapping[str, str], spec: RunSpec) -> tuple[Store, bool]:
    """The store, and whether it was finished before."""
    if not (directory / FILE_NAME).exists():
        if directory.is_dir() and any(directory.iterdir()):
            raise ConfigurationError(
                f"--out {directory} holds files already, which this might overwrite; name a new folder"
            )
        store = Store.create(directory, meta)
        ignore_records(directory)
        return store, False
    with Store.open(directory) as store:
        run = read_run(store, kinds=FRAME)
        before = spec_of(run)
        same = {**store.meta, "spec": ""} == {**meta, "spec": ""} and (
            before is None or _comparable(before) == _comparable(spec)
        )
        finished = any(session.end and session.end.status == "finished" for session in run.sessions)
    if not same:
        raise ConfigurationError(f"{directory} already holds a run of something else; name a new folder")
    return (Store.open(directory), True) if finished else (Store.resume(directory), False)


def _comparable(spec: RunSpec) -> RunSpec:
    """A recipe without what decides only how far, how fast, and by which address, it is carried out."""
    # Which tasks are measured, the record says by their names.
    others: dict[str, Any] = vars(LimitOptions())
    return replace(spec, jobs=0, require=None, base_url=None, further_tasks=(), **others)
