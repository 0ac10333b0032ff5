"""Write a file or a folder whole or not at all, and never over something that is not an export."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from strop.base.errors import ConfigurationError


@contextlib.contextmanager
def atomic_write(path: Path, *, force: bool, endings: Collection[str] | None = None) -> Iterator[Path]:
    """Yield a draft to write; it replaces `path` at the end, or disappears when anything is raised.

    The draft is a new folder when `endings` are given, else the name of a file. A folder that holds a file with any other ending
    is never replaced.

    Raises:
        ConfigurationError: `path` exists and `force` was not given, it is something else, or it cannot be written.
    """
    is_folder = endings is not None
    if path.exists() and path.is_dir() != is_folder:
        raise ConfigurationError(
            f"{path} is a file; name a folder" if is_folder else f"{path} is a folder; name a file"
        )
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigurationError(f"{path} exists already; choose another with -o, or add --force")
    draft, old = _name_beside(path), _name_beside(path)
    try:
        if endings is not None:
            others = sorted(file.name for file in path.iterdir() if file.suffix not in endings) if path.exists() else []
            if others:
                raise ConfigurationError(f"{path} is not an export: it holds {others[0]!r}; name another folder")
            draft.mkdir()
        yield draft
        if is_folder and path.exists():
            path.rename(old)
            draft.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        if is_folder:
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _name_beside(path: Path) -> Path:
    """A name in the same folder that nobody can guess; to rename it is one step."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
