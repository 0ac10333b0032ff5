"""What the protocols share that ask a model themselves: a record that is gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import Event, Recorder
from strop.lm.base import LanguageModel
from strop.report.terminal.words import escape
from strop.store import FILE_NAME, Store

WORKERS = 16
"""LM calls in flight with a model that waits for its server; an offline one computes here, on the cores there are."""


@contextmanager
def record_of(directory: Path, recipe: Mapping[str, str], model: LanguageModel) -> Iterator[Store]:
    """The record to go on with, or a new one. `recipe` must be the same whenever the work goes on.

    Raises:
        ConfigurationError: the directory holds something else.
    """
    try:
        if not (directory / FILE_NAME).exists():
            if directory.is_dir() and any(directory.iterdir()):
                raise ConfigurationError(f"--out {directory} holds files already; name a new folder")
            facts = {"language_model": model.name, "is_language_model": str(model.is_language_model).lower()}
            store = Store.create(directory, {**recipe, **facts})
        else:
            store = Store.resume(directory)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    with store:
        differing = [name for name, value in recipe.items() if store.meta.get(name) != value]
        if differing:
            held = ", ".join(f"{name} {escape(store.meta.get(name, 'none'))}" for name in differing)
            raise ConfigurationError(f"{directory} was begun with {held}: use the same again, or name a new --out")
        yield store


def recorder(store: Store) -> Recorder:
    """Keeps every event in the store."""

    def record(event: Event) -> None:
        store.append(event)

    return record
