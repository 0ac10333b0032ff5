"""Folders and files for their owner alone, whatever the umask: records, pages and exports hold every prompt and every program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_users: list[int] = []
"""The umask that the user chose, where this process has another one."""


@contextmanager
def be_private() -> Iterator[None]:
    """Within the block, new files are for their owner alone, in this process and in those that it starts."""
    mask = os.umask(0o777 & ~FOLDER)
    _users.append(mask)
    try:
        yield
    finally:
        os.umask(mask)
        _users.pop()


def users_umask() -> int:
    """The umask that the user chose, for the user's own programs; -1 if this process still has it."""
    return _users[0] if _users else -1


@contextmanager
def as_users() -> Iterator[None]:
    """Within the block, new files get the umask that the user chose, as the files of `strop init` do. The umask is that of all
    threads, so a private process must have only one."""
    if not _users:
        yield
        return
    mask = os.umask(_users[0])
    try:
        yield
    finally:
        os.umask(mask)


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents, for the user only (0700). Folders that exist stay as they are. Raises OSError."""
    for folder in [*reversed(path.parents), path]:
        if not folder.exists():
            with suppress(FileExistsError):
                folder.mkdir()
                folder.chmod(FOLDER)
    path.mkdir(exist_ok=True)  # or fail, if it is a file


def write(path: Path, content: bytes) -> None:
    """Write a new file in place of whatever has its name, which in a folder from elsewhere may be a link to any file. Raises
    OSError."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE), "wb") as file:
        file.write(content)


def close_to_others(path: Path) -> None:
    """Take the rights of other users from a file, or from a folder and everything in it, except links. Raises OSError."""
    for entry in [path, *(path.rglob("*") if path.is_dir() else ())]:
        if not entry.is_symlink():
            entry.chmod(entry.stat().st_mode & FOLDER)
