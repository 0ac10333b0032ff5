"""Keep and show what is done: a store in a new directory, or one that is gone on with, and a view on standard error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from strop.base.budget import LM_CALLS
from strop.base.errors import ConfigurationError, LanguageModelError, RunBudgetSpent, SandboxError, StoreError
from strop.base.events import AuditNoted, Evaluated, Event, LmCalled, LmResponded
from strop.report.terminal.gains import score_words
from strop.report.terminal.live import NOTHING, Before, Mode, Picture, View, make_view
from strop.report.terminal.reading import reading
from strop.report.terminal.words import notice_of
from strop.report.tracking import Track, mirrored
from strop.runs.assembly import Components
from strop.runs.interrupts import Interrupted, TimeSpent
from strop.runs.journal import Journal
from strop.runs.resume import recall
from strop.runs.run_data import read_run
from strop.runs.run_directory import RESUMABLE, ignore_records, keep_tasks, meta_of
from strop.runs.secret import key_file, machine_key, sealed
from strop.store import FILE_NAME, Store


def check_free_folder(directory: Path) -> None:
    """Raises ConfigurationError where a run in `directory` might overwrite files, or there is a run already."""
    if (directory / FILE_NAME).exists():
        raise ConfigurationError(f"{directory} already holds a run: choose another directory")
    if directory.is_dir() and any(directory.iterdir()):
        raise ConfigurationError(
            f"--out {directory} holds files already, which a run might overwrite; name a new folder"
        )


@contextmanager
def recorded(
    parts: Components,
    directory: Path,
    kind: str,
    said: Mapping[str, str] | None = None,
    tracks: Sequence[Track] = (),
    show: Mode = "auto",
) -> Iterator[Journal]:
    """The journal of a run in `directory`, shown live on a terminal and as lines elsewhere.

    `said` are further things that the record says of itself, so that the run can be gone on with. It is mirrored to `tracks`.

    Raises:
        ConfigurationError: the directory holds a run already, or cannot be written.
    """
    check_free_folder(directory)
    try:
        meta = meta_of(parts, kind) | dict(said or {})
        key = machine_key(key_file(os.environ))
        store = Store.create(directory, sealed(meta, key), key=key)
        ignore_records(directory)
        keep_tasks(directory, parts)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    with mirrored(directory, tracks), store, _continuable(directory, kind), _view(parts, show) as view:
        yield Journal(store, view, notify=_above(view))


@contextmanager
def continued(
    parts: Components, directory: Path, tracks: Sequence[Track] = (), show: Mode = "auto"
) -> Iterator[Journal]:
    """The journal of the run in `directory`, which ended before its end.

    Raises:
        StoreError: another process is writing it, or it cannot be read or written.
    """
    key = machine_key(key_file(os.environ))
    store = Store.resume(directory, key=key)  # first of all: nobody else writes it then
    kind = store.meta.get("kind", "")
    with mirrored(directory, tracks), store, _continuable(directory, kind):
        with reading(directory):
            recalled = recall(store)
            past = _counted(store) if kind == "improve" else ()
        spent = recalled.money | ({} if past else {LM_CALLS: recalled.calls.total()})
        with _view(parts, show, Before(past, spent, notes=read_run(store, kinds=(AuditNoted,)).notes)) as view:
            yield Journal(store, view, recalled=recalled, notify=_above(view))


def _counted(store: Store) -> tuple[Event, ...]:
    """What a view of one improvement counts; of a run it begins with the present iteration."""
    return tuple(stored.event for stored in store.events(Evaluated, LmCalled, LmResponded))


def _above(view: View) -> Callable[[str], None] | None:
    """How a notice is written without being drawn over by the live picture; None where any line stays."""
    return view.notify if isinstance(view, Picture) else None


def _view(parts: Components, show: Mode, before: Before = NOTHING) -> View:
    model = parts.language_model
    told = score_words(parts.task)
    return make_view(show, notice=notice_of(model.name, model.is_language_model), score=told, before=before)


@contextmanager
def _continuable(directory: Path, kind: str) -> Iterator[None]:
    """Note on the error how to continue, where its cause may be gone next time; the command line prints that last."""
    try:
        yield
    except (Interrupted, TimeSpent, RunBudgetSpent, LanguageModelError, SandboxError, StoreError) as error:
        if kind in RESUMABLE:
            more = f" {error.more}" if isinstance(error, (RunBudgetSpent, TimeSpent)) else ""
            error.add_note(f"To continue: strop resume {directory}{more}")
        raise
