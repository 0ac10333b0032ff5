"""The ground the record stands on: the writer's lock, the new file, and SQLite's errors as ours."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from strop.errors import StoreError


def create_file(path: Path) -> None:
    """Only its owner may read it: the record holds the secret that the run's instances are drawn from."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise StoreError(f"{path.parent} already holds a run: choose another directory") from None
    except OSError as error:
        raise StoreError(f"cannot write a run in {path.parent}: {error.strerror or error}") from error


def lock_directory(directory: Path) -> int:
    """The writer's lock: on the directory, because closing any descriptor of the file itself would drop SQLite's own locks."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise StoreError(
            f"another process is writing the run in {directory}: wait until it ends, or name another directory"
        ) from None
    return fd


def is_locked(directory: Path) -> bool:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextlib.contextmanager
def one_line(path: Path) -> Iterator[None]:
    """The one place where SQLite's errors become ours."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise StoreError(f"{_REASONS.get(code, 'cannot use')} {path}: {error}") from error


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space: cannot write",
    sqlite3.SQLITE_IOERR: "the disk failed or is full: cannot read or write",
    sqlite3.SQLITE_BUSY: "another program has locked the file; close it: cannot use",
    sqlite3.SQLITE_LOCKED: "another program has locked the file; close it: cannot use",
    sqlite3.SQLITE_READONLY: "no permission to write",
    sqlite3.SQLITE_CANTOPEN: "cannot open (is its directory readable and writable?)",
    sqlite3.SQLITE_NOTADB: "this is not the record of a run:",
    sqlite3.SQLITE_CORRUPT: "the file is damaged:",
}
"""By SQLite's primary result code."""
