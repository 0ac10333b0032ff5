"""The file of a record: the writer's lock, a new file, limits for readers, and SQLite's errors as strop's."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from strop.base.errors import RecordChanged, StoreError
from strop.base.terminal_text import escape
from strop.store import schema
from strop.store.codec import to_bytes


def create_file(path: Path) -> None:
    """Create the file of a record, readable by its owner only: it holds the secret that the run's instances derive from."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise StoreError(f"{path.parent} already holds a run: choose another directory") from None
    except OSError as error:
        raise StoreError(f"cannot write a run in {path.parent}: {error.strerror or error}") from error


def check_no_links(directory: Path) -> None:
    """Raise StoreError if something in a record is a link out of it, because strop would write through it to another place."""
    inside = os.path.realpath(directory)
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_symlink() and not os.path.realpath(entry.path).startswith(f"{inside}/"):
                raise StoreError(f"{escape(entry.path)} is a link out of the record; remove it")


def check_regular(path: Path) -> None:
    """Check that a record's file, and the files that SQLite keeps beside it, are regular ones, before any is opened. Opening a
    pipe would wait, and a link may lead anywhere.

    Raises:
        StoreError: there is no record, or one of the files is something else.
    """
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        try:
            mode = os.lstat(path.with_name(name)).st_mode
        except OSError:
            if name == path.name:
                raise StoreError(f"no run in {path.parent}: there is no {name}; name the directory of a run") from None
            continue
        if not stat.S_ISREG(mode):
            raise StoreError(f"{path.with_name(name)} is not a regular file; links are not followed")


def lock_directory(directory: Path) -> int:
    """Take the writer's lock and return its descriptor. It is on the directory, because closing a descriptor of the file would
    drop SQLite's own locks. Raises StoreError if another process has it."""
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
    """Whether a process is writing the run in `directory`."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


CHECKPOINT_PAGES = 256
"""Pages of 4 KiB after which SQLite moves the write-ahead log into the file: the most that a damaged log can cost."""
_INSERT_META = "INSERT INTO meta (key, value) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))"
_MOST_STEPS = 1_000
"""Limit of one statement in millions of SQLite instructions, about 10 s; records of a million events need a few."""
_MOST_BYTES = 128 << 20
"""Limit of one text and of one row."""


def bounded(connection: sqlite3.Connection) -> Callable[[], None]:
    """Limit the time of statements and the size of values, whatever the file contains.

    Returns a function to call before each statement, which restarts the count.
    """
    left = _MOST_STEPS

    def restart() -> None:
        nonlocal left
        left = _MOST_STEPS

    def spent() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_progress_handler(spent, 1_000_000)
    return restart


def check_ours(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError if a file is not a record that this strop can read.

    Readers use its three tables only, which must be exactly strop's: a view in place of one could be endless.
    """
    [(application,)] = connection.execute("PRAGMA application_id").fetchall()
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    if application != schema.APPLICATION_ID:
        raise StoreError(f"{path} is not the record of a run, or strop ended before the run began")
    if version != schema.VERSION:
        raise StoreError(
            f"{path} has schema {version}, this strop reads {schema.VERSION}: "
            f"use {'a newer strop' if version > schema.VERSION else 'the strop that made it'}"
        )
    # Views may come from a newer strop; triggers may be missing but not different. SQLite's own objects have no text.
    objects = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE type != 'view' AND sql NOT NULL")
    present = {row for row in objects.fetchall() if not row[1].startswith("sqlite_")}
    needed = {row for row in schema.objects() if row[0] == "table"}
    if wrong := (needed - present) | (present - schema.objects()):
        kind, name, _ = min(wrong)
        raise RecordChanged(f"{path} is not the record of a run: strop makes no such {kind} {escape(name, 40)}")


@contextlib.contextmanager
def one_line(path: Path) -> Iterator[None]:
    """Within the block, turn SQLite's errors into StoreError, with one line."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = RecordChanged if code in _DAMAGED else StoreError
        number = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO}.get(code)
        cause = error if number is None else OSError(number, str(error))
        raise kind(f"{_REASONS.get(code, 'cannot use')} {path}: {error}") from cause
    except UnicodeDecodeError as error:
        raise RecordChanged(f"the file is damaged: {path}: a text in it is not UTF-8") from error


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space: cannot write",
    sqlite3.SQLITE_IOERR: "the disk failed or is full: cannot read or write",
    sqlite3.SQLITE_BUSY: "another program has locked the file; close it: cannot use",
    sqlite3.SQLITE_LOCKED: "another program has locked the file; close it: cannot use",
    sqlite3.SQLITE_READONLY: "no permission to write",
    sqlite3.SQLITE_CANTOPEN: "cannot open (is its directory readable and writable?)",
    sqlite3.SQLITE_NOTADB: "this is not the record of a run:",
    sqlite3.SQLITE_CORRUPT: "the file is damaged:",
    sqlite3.SQLITE_INTERRUPT: "the file is damaged, or made to hang its readers:",
    sqlite3.SQLITE_TOOBIG: "a text is too large for the record of a run:",
}
"""SQLite's primary result code → the beginning of the message."""
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_TOOBIG}


def steady_clock(least: float = 0.0) -> Callable[[], float]:
    """A clock of Unix seconds that begins at the machine's time, or at `least` if that is later. It goes on by a clock that
    nobody can set, so that durations stay right when the time of day goes back."""
    since = max(time.time(), least) - time.clock_gettime(time.CLOCK_BOOTTIME)
    return lambda: since + time.clock_gettime(time.CLOCK_BOOTTIME)


def begin(path: Path, meta: Mapping[str, str], patience: float) -> sqlite3.Connection:
    """A connection to the new file at `path`, after one transaction that creates the tables."""
    with one_line(path):
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            with connection:
                connection.executescript("BEGIN IMMEDIATE;" + schema.statements())
                connection.executemany(_INSERT_META, [(to_bytes(key), to_bytes(value)) for key, value in meta.items()])
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            for end in ("", "-wal", "-shm"):  # they are ours and empty; leave the directory usable
                Path(f"{path}{end}").unlink(missing_ok=True)
            raise
    return connection


@contextlib.contextmanager
def safe_from_power_loss(connection: sqlite3.Connection, wanted: bool) -> Iterator[None]:
    """Within the block, if `wanted`, a commit returns only when the data are on the medium: a response may have cost money."""
    if not wanted:
        yield
        return
    connection.execute("PRAGMA synchronous = FULL")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if not connection.in_transaction:  # else the caller rolls back first; the next response sets it again
            connection.execute("PRAGMA synchronous = NORMAL")


def fold(connection: sqlite3.Connection) -> None:
    """Move the log into the file, so that it can be read from a read-only medium."""
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.OperationalError):  # another process is reading: the log stays, complete
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
