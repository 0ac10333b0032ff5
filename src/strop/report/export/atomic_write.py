"""Write a file or a folder whole or not at all, and never over something that is not an export."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from strop.base.errors import ConfigurationError


@contextlib.contextmanager
def atomic_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield a draft to write; it replaces `path` at the end, or disappears when anything is raised.

    Raises:
        ConfigurationError: the file exists and `force` was not given, or it cannot be written.
    """
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder; name a file")
    _check_free(path, force)
    draft = _draft(path)
    try:
        with _one_line(path):
            yield draft
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path, *, force: bool, ours: Collection[str]) -> Iterator[Path]:
    """The same for a folder. `ours`: endings of the files that an export writes; a folder with any other file is never replaced.

    Raises:
        ConfigurationError: the folder exists and `force` was not given, it holds something else, or it cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is a file; name a folder")
    _check_free(path, force)
    draft = _draft(path)
    try:
        with _one_line(path):
            others = sorted(file.name for file in path.iterdir() if file.suffix not in ours) if path.is_dir() else []
            if others:
                raise ConfigurationError(f"{path} is not an export: it holds {others[0]!r}; name another folder")
            draft.mkdir()
            yield draft
            _exchange(draft, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _exchange(draft: Path, path: Path) -> None:
    if not path.exists():
        draft.rename(path)
        return
    old = _draft(path)
    path.rename(old)
    draft.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _check_free(path: Path, force: bool) -> None:
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigurationError(f"{path} exists already; choose another with -o, or add --force")


def _draft(path: Path) -> Path:
    """A name beside the file that nobody can guess: the renaming is one step."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None
