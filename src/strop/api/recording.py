"""Record and show a run: in a new directory, or in one that is continued."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from strop.base.budget import LM_CALLS
from strop.base.errors import (
    ConfigurationError,
    LanguageModelError,
    OutOfThreads,
    RunBudgetSpent,
    SandboxError,
    StoreError,
    TaskError,
)
from strop.base.events import AuditNoted, Evaluated, ImproveStarted, LmCalled, LmResponded
from strop.base.terminal_text import escape
from strop.report.terminal.live import LineView, LiveView, Mode, View, make_view
from strop.report.terminal.narration import Narration
from strop.report.terminal.words import notice_of
from strop.report.track import sent
from strop.runs.assembly import Components
from strop.runs.claims.gains import score_words
from strop.runs.interrupts import Interrupted, TimeSpent, stop
from strop.runs.journal import Journal
from strop.runs.options import LimitOptions
from strop.runs.reading import opened, reading
from strop.runs.resume import ResumeState, recall
from strop.runs.run_data import FRAME, read_run, spec_of
from strop.runs.run_directory import RESUMABLE, check_in_place, check_tasks, ignore_records, keep_tasks, meta_of
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store


def check_free_folder(directory: Path) -> None:
    """Raises ConfigurationError if `directory` holds a run or files that a run might overwrite, or is elsewhere by a link."""
    if (directory / FILE_NAME).exists():
        raise ConfigurationError(f"{directory} already holds a run: choose another directory")
    if directory.is_dir() and any(directory.iterdir()):
        raise ConfigurationError(
            f"--out {directory} holds files already, which a run might overwrite; name a new folder"
        )
    check_in_place(directory)


@contextmanager
def recorded(
    parts: Components,
    directory: Path,
    kind: str,
    more_meta: Mapping[str, str] | None = None,
    tracks: Sequence[str] = (),
    show: Mode = "auto",
) -> Iterator[Journal]:
    """The journal of a new run in `directory`, shown live on a terminal and as lines elsewhere, and sent to `tracks`.

    `more_meta` are further entries of the record's metadata, which `strop resume` needs.

    Raises:
        ConfigurationError: the directory holds a run already, or cannot be written.
    """
    check_free_folder(directory)
    existed = directory.exists()
    with _continuable(directory, kind):
        try:
            store = Store.create(directory, meta_of(parts, kind) | dict(more_meta or {}))
            ignore_records(directory)
            keep_tasks(directory, parts)
        except StoreError as error:
            raise ConfigurationError(str(error)) from error
        with _kept_if_begun(directory, existed), sent(directory, tracks), store, _shown(parts, store, show) as shown:
            yield shown[0]


@contextmanager
def _kept_if_begun(directory: Path, existed: bool) -> Iterator[None]:
    """Remove a new record whose task or configuration is refused before an improvement starts, so that the command can be
    repeated; the directory, too, unless it `existed`."""
    try:
        yield
    except (ConfigurationError, TaskError):
        with Store.open(directory) as store:
            begun = any(store.events(ImproveStarted))
        for path in () if begun else directory.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        if not (begun or existed):
            directory.rmdir()
        raise


@contextmanager
def continued(parts: Components, directory: Path, tracks: Sequence[str] = (), show: Mode = "auto") -> Iterator[Journal]:
    """The journal of the unfinished run in `directory`.

    Raises:
        StoreError: another process is writing it, or it cannot be read or written.
    """
    store = Store.resume(directory)  # first: this locks the record
    kind = store.meta.get("kind", "")
    with sent(directory, tracks), store, _continuable(directory, kind):
        with reading(directory):
            recalled = recall(store)
            # What a view of one improvement counts; in a run it starts with the current iteration.
            counted = store.events(Evaluated, LmCalled, LmResponded) if kind == "improve" else ()
            past = [stored.event for stored in counted]
        if not recalled.events:  # it was killed before it began
            keep_tasks(directory, parts)
        spent = recalled.money | ({} if past else {LM_CALLS: recalled.lm_calls})
        narration = Narration(score_words(parts.task))
        narration.begin_again(past, spent, read_run(store, kinds=(AuditNoted,)).notes)
        with _shown(parts, store, show, recalled, narration) as (journal, _):
            yield journal


@contextmanager
def _shown(
    parts: Components,
    store: Store,
    show: Mode,
    recalled: ResumeState | None = None,
    narration: Narration | None = None,
) -> Iterator[tuple[Journal, View]]:
    """The journal of a record that is being written, and the view that shows it. `narration`: where the run stands."""
    model = parts.language_model
    notice = notice_of(model.name, model.is_language_model)
    with make_view(show, notice=notice, narration=narration or Narration(score_words(parts.task))) as view:
        above = view.notify if isinstance(view, LiveView) else None  # elsewhere lines stay
        yield Journal(store, view, recalled=recalled, notify=above), view


TEMPORARY = (
    Interrupted,
    TimeSpent,
    RunBudgetSpent,
    LanguageModelError,
    SandboxError,
    StoreError,
    OutOfThreads,
    OSError,
)
"""Errors after which a run can go on, when their cause has gone."""


@contextmanager
def _continuable(directory: Path, kind: str) -> Iterator[None]:
    """Add to an error whose cause may be temporary how to continue; the command line prints that last."""
    how = f"To continue: strop resume {directory}" if kind in RESUMABLE else ""
    stop.last_words = escape(how)
    try:
        yield
    except (*TEMPORARY, KeyboardInterrupt) as error:
        if how and (directory / FILE_NAME).is_file():
            more = f" {error.more}" if isinstance(error, (RunBudgetSpent, TimeSpent)) else ""
            error.add_note(f"{how}{more}")
        raise
    else:
        stop.last_words = ""


@dataclass(frozen=True)
class Record:
    """A record that is being written, or one that is complete and only read."""

    store: Store
    journal: Journal
    finished: bool
    """Whether everything was measured before."""
    notify: Callable[[str], None]
    """Print a step where progress is shown as lines; on a terminal the live view shows it."""


@contextmanager
def measuring(
    parts: Components,
    directory: Path,
    kind: str,
    subject: Mapping[str, str],
    tracks: Sequence[str] = (),
    show: Mode = "auto",
) -> Iterator[Record]:
    """The record in `directory`: a new one, or an unfinished one of the same command. `subject` says what is measured.

    A finished record of the same command is opened for reading.

    Raises:
        ConfigurationError: the directory holds something else, or cannot be written.
    """
    meta, existed = meta_of(parts, kind) | dict(subject), directory.exists()
    held = (directory / FILE_NAME).exists()
    try:
        store, finished = _store(directory, meta, parts)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    recalled = None if finished else recall(store)
    kept = nullcontext() if held else _kept_if_begun(directory, existed)
    with kept, sent(directory, tracks), store, _shown(parts, store, show, recalled) as (journal, view):
        notify: Callable[[str], None] = view.say if isinstance(view, LineView) else lambda line: None
        if finished:
            notify(f"{directory} is complete; nothing is measured again")
        yield Record(store, journal, finished, notify)


def _store(directory: Path, meta: Mapping[str, str], parts: Components) -> tuple[Store, bool]:
    """The store, and whether it was finished before."""
    if not (directory / FILE_NAME).exists():
        check_free_folder(directory)
        store = Store.create(directory, meta)
        ignore_records(directory)
        return store, False
    with opened(directory) as store:
        if store.unverified:
            raise ConfigurationError(store.unverified)
        run = read_run(store, kinds=FRAME)
        before = spec_of(run)
        check_tasks(directory, store.meta, parts.tasks)
        same = {**store.meta, "spec": ""} == {**meta, "spec": ""} and (
            before is None or _comparable(before) == _comparable(parts.spec)
        )
        finished = any(session.end and session.end.status == "finished" for session in run.sessions)
    if not same:
        raise ConfigurationError(f"{directory} already holds another run; name a new folder")
    return (Store.open(directory), True) if finished else (Store.resume(directory), False)


def _comparable(spec: RunSpec) -> RunSpec:
    """The configuration without limits, speed and address. The record's metadata names the tasks."""
    others: dict[str, Any] = vars(LimitOptions())
    return replace(spec, workers="", require=None, base_url=None, further_tasks=(), **others)
