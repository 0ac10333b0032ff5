"""Write a file or a folder whole or not at all, and never by accident over somebody else's."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from strop.base.errors import ConfigurationError


@contextlib.contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Within, a draft is written; at the end it stands in the place of `path`, and nothing does where anything was raised.

    Raises:
        ConfigurationError: there is such a file already and `force` was not given, or it cannot be written.
    """
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder; name a file")
    _free(path, force)
    draft = _draft(path)
    try:
        with _said(path):
            yield draft
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path, *, force: bool, ours: Collection[str]) -> Iterator[Path]:
    """The same of a folder. `ours`: endings of the files that an export writes; a folder with any other is never replaced.

    Raises:
        ConfigurationError: there is such a folder already and `force` was not given, it holds something else, or it cannot be
            written.
    """
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is a file; name a folder")
    _free(path, force)
    draft = _draft(path)
    try:
        with _said(path):
            others = sorted(each.name for each in path.iterdir() if each.suffix not in ours) if path.is_dir() else []
            if others:
                raise ConfigurationError(f"{path} holds something else, {others[0]!r}; name another folder")
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


def _free(path: Path, force: bool) -> None:
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigurationError(f"{path} exists already; name another with -o, or give --force")


def _draft(path: Path) -> Path:
    """A name that nobody can have guessed, beside the file: to rename it is one step."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None
