"""Keep and show what a command does: a store in a new directory, or one that is gone on with, and a view on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from strop.commands.output import notice_of, notices, reading
from strop.errors import ConfigurationError, LanguageModelError, RunBudgetSpent, SandboxError, StoreError
from strop.experiment import Journal
from strop.keeping import RESUMABLE, keep_task
from strop.laboratory import Parts
from strop.recall import recall
from strop.report.live import make_view
from strop.stopping import Interrupted, TimeSpent
from strop.store import FILE_NAME, Store
from strop.tracking import Track, mirrored


@contextmanager
def recorded(
    parts: Parts, directory: Path, kind: str, said: Mapping[str, str] | None = None, tracks: Sequence[Track] = ()
) -> Iterator[Journal]:
    """The journal of a run in `directory`, shown live on a terminal and as lines elsewhere.

    `said` are further things that the record says of itself, so that the run can be gone on with. It is mirrored to `tracks`.

    Raises:
        ConfigurationError: the directory holds a run already, or cannot be written.
    """
    if directory.is_dir() and any(directory.iterdir()) and not (directory / FILE_NAME).exists():
        raise ConfigurationError(
            f"--out {directory} holds files already, which a run might overwrite; name a new folder"
        )
    try:
        store = Store.create(directory, meta_of(parts, kind) | dict(said or {}))
        keep_task(directory, parts.source)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    model = parts.language_model
    notice = notice_of(model.name, model.is_language_model)
    with mirrored(directory, tracks), store, make_view("auto", notice=notice) as view, _goes_on(directory, kind):
        yield Journal(store, view)


@contextmanager
def continued(parts: Parts, directory: Path, tracks: Sequence[Track] = ()) -> Iterator[Journal]:
    """The journal of the run in `directory`, which ended before its end.

    Raises:
        StoreError: another process is writing it, or it cannot be read or written.
    """
    model = parts.language_model
    store = Store.resume(directory)  # first of all: nobody else writes it then
    with (
        mirrored(directory, tracks),
        store,
        make_view("auto", notice=notice_of(model.name, model.is_language_model)) as view,
        _goes_on(directory, store.meta.get("kind", "")),
    ):
        with reading(directory):
            recalled = recall(store)
        yield Journal(store, view, recalled=recalled)


@contextmanager
def _goes_on(directory: Path, kind: str) -> Iterator[None]:
    """Say how to go on, where what ended the work may be over the next time."""
    try:
        yield
    except (Interrupted, TimeSpent, RunBudgetSpent, LanguageModelError, SandboxError, StoreError) as error:
        if kind in RESUMABLE:
            more = f" {error.more}" if isinstance(error, (RunBudgetSpent, TimeSpent)) else ""
            notices().print(f"strop resume {directory}{more} goes on", markup=False, soft_wrap=True)
        raise


def meta_of(parts: Parts, kind: str) -> dict[str, str]:
    """What a record of this kind says of itself."""
    model = parts.language_model
    return {
        "kind": kind,
        "task": parts.task.name,
        "language_model": model.name,
        "is_language_model": str(model.is_language_model).lower(),
        "secret": parts.secret.hex(),
        "seed": str(parts.spec.seed),
        "spec": parts.spec.to_json(),
    }
