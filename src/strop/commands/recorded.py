"""Keep and show what a command does: a store in a new directory, a view on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.commands.output import notice_of
from strop.errors import ConfigurationError, StoreError
from strop.experiment import Journal
from strop.laboratory import Parts
from strop.report.live import make_view
from strop.store import FILE_NAME, Store


@contextmanager
def recorded(parts: Parts, directory: Path, kind: str) -> Iterator[Journal]:
    """The journal of a run in `directory`, shown live on a terminal and as lines elsewhere.

    Raises:
        ConfigurationError: the directory holds a run already, or cannot be written.
    """
    model = parts.language_model
    notice = notice_of(model.name, model.is_language_model)
    if directory.is_dir() and any(directory.iterdir()) and not (directory / FILE_NAME).exists():
        raise ConfigurationError(
            f"--out {directory} holds files already, which a run might overwrite; name a new folder"
        )
    try:
        store = Store.create(directory, meta_of(parts, kind))
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    with store, make_view("auto", notice=notice) as view:
        yield Journal(store, view)


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
    }
