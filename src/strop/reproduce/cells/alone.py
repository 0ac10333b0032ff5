"""One `strop reproduce` at a time in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import ConfigurationError, StoreError
from strop.reproduce.cells.documents import FOLDER
from strop.store import FILE_NAME
from strop.store.files import lock_directory


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Within, no other `strop reproduce` works in this directory, which is made.

    Raises:
        ConfigurationError: one does, the directory is that of a single run, or it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / FILE_NAME).exists():
            raise ConfigurationError(f"--out {directory} is the folder of a run; name a new one")
        (directory / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigurationError(f"cannot write results in {directory}: {reason}; name another --out") from error
    try:
        descriptor = lock_directory(directory)
    except StoreError:
        raise ConfigurationError(
            f"another strop reproduce is at work in {directory}; wait for its end, or name another --out"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
