"""`strop.load`: what a run that was recorded before came to."""

from __future__ import annotations

from pathlib import Path

from strop.api import improving, training
from strop.api.finding import find_run
from strop.api.improving import Improved, improved_in
from strop.api.training import Trained, trained_in
from strop.base.errors import ConfigurationError
from strop.report.terminal.reading import reading
from strop.runs.run_directory import command_of
from strop.store import Store


def load(run: str | Path | None = None) -> Improved | Trained:
    """What an earlier `strop improve` or `strop run` came to, read from its record.

    Args:
        run: the record's directory, or the end of its name; the newest in runs/ when not given.

    Raises:
        ConfigurationError: there is no such run, or it is of another command.
        StoreError: it cannot be read, or has not ended.
    """
    directory = find_run(None if run is None else Path(run))
    with reading(directory), Store.open(directory) as store:
        kind = store.meta.get("kind", "")
    if kind == improving.KIND:
        return improved_in(directory)
    if kind == training.KIND:
        return trained_in(directory)
    raise ConfigurationError(
        f"{directory} is a record of {command_of(kind)}; strop.load reads strop improve and strop run"
    )
