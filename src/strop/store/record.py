"""The record of a run: one append-only SQLite file, `run.sqlite` in the run's directory.

When `append` returns, the event survives a `kill -9` of the writer (write-ahead log, `synchronous=NORMAL`). A failure of the
machine can cost at most the last few events, and none before the last response of a language model. Triggers refuse changes, as
a guard against mistakes; the owner of the file can change anything. Readers therefore trust nothing: tables must be exactly
strop's, texts must have their digest, and statements are limited. Each event has a seal over itself and the seal before it,
which only the machine that recorded it can make. docs/records.md describes the file for other tools.
"""

from __future__ import annotations

import contextlib
import heapq
import hmac
import os
import sqlite3
import threading
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar, overload

from strop.base.errors import StoreError
from strop.base.events import KINDS, Event, LmResponded
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.store import schema
from strop.store.codec import decode, encode, to_bytes, to_text
from strop.store.files import bounded, check_no_links, check_ours, create_file, lock_directory, one_line, steady_clock

FILE_NAME = "run.sqlite"
SEAL = "seal"
"""The key of the metadata's own seal, with which the seals of the events start."""

_PAGE = 500
"""Events read at a time: no read transaction stays open while the caller works."""
_CHECKPOINT_PAGES = 256
"""Pages of 4 KiB after which SQLite moves the write-ahead log into the file: the most that a damaged log can cost."""

_INSERT_EVENT = """
INSERT INTO event (at, scope, kind, data, seal) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?) RETURNING seq
"""
_INSERT_TEXT = "INSERT INTO text (digest, body) VALUES (?, CAST(? AS TEXT))"
_INSERT_META = "INSERT INTO meta (key, value) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))"

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True)
class Stored(Generic[E_co]):
    """An event in the record."""

    seq: int
    """Its number: 1, 2, 3, …"""
    at: float
    """When it was appended, Unix seconds."""
    event: E_co


class Store:
    """The record of one run. `create` and `resume` return the only writer, `open` a reader. A context manager.

    Thread-safe. Every method raises StoreError, with one line that says what to do, if the file cannot be read or written.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        clock: Callable[[], float] | None,
        lock_fd: int | None,
        key: bytes | None = None,
    ) -> None:
        """Private: use `create`, `resume` or `open`. `clock` and `lock_fd` are None in a reader."""
        connection.text_factory = to_text
        self._path = path
        self._connection: sqlite3.Connection | None = connection
        self._restart = bounded(connection)
        self._clock = clock
        self._lock_fd = lock_fd
        self._key = key
        self._seal = ""
        """Of the last event."""
        self._is_new = False
        self._lock = threading.RLock()

    @property
    def directory(self) -> Path:
        """The directory of the run."""
        return self._path.parent

    @classmethod
    def create(
        cls,
        directory: Path,
        meta: Mapping[str, str],
        clock: Callable[[], float] | None = None,
        *,
        patience: float = 5.0,
        key: bytes | None = None,
    ) -> Store:
        """Create the record of a run in `directory`, which is created if necessary.

        `meta` describes the whole run. `clock` returns Unix seconds. `patience`: seconds to wait for another program that has
        locked the file. `key` seals the events; without it they have no seals.

        Raises:
            StoreError: the directory already holds a run, another process is writing there, or nothing can be written.
        """
        path = directory / FILE_NAME
        if sqlite3.sqlite_version_info < (3, 37):
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old for the record of a run; 3.37 or newer is needed"
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock_fd = lock_directory(directory)
        except OSError as error:
            raise StoreError(f"cannot write a run in {directory}: {error.strerror or error}") from error
        try:
            create_file(path)
            store = cls(path, _begin(path, meta, patience), clock or steady_clock(), lock_fd, key)
            store._is_new, store._seal = True, meta.get(SEAL, "")
            return store
        except BaseException:
            os.close(lock_fd)
            raise

    @classmethod
    def resume(
        cls,
        directory: Path,
        clock: Callable[[], float] | None = None,
        *,
        patience: float = 5.0,
        key: bytes | None = None,
    ) -> Store:
        """Append to the record in `directory`, whose writer has ended. Arguments as in `create`.

        Raises:
            StoreError: there is no run, the file is something else or damaged, or another process is writing it.
        """
        cls.open(directory).close()  # that it is ours and of a schema that is known
        path = directory / FILE_NAME
        lock_fd = lock_directory(directory)
        try:
            with one_line(path):
                connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.execute("PRAGMA synchronous = NORMAL")
                    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
                except BaseException:
                    connection.close()
                    raise
        except BaseException:
            os.close(lock_fd)
            raise
        store = cls(path, connection, clock, lock_fd, key)
        with one_line(path):
            last = store._rows("SELECT seal, at FROM event ORDER BY seq DESC LIMIT 1")
            store._seal = str(last[0][0]) if last else store.meta.get(SEAL, "")
            store._clock = clock or steady_clock(float(last[0][1]) if last else 0.0)
        return store

    @classmethod
    def open(cls, directory: Path) -> Store:
        """Read the record in `directory`, of a run that has ended, was killed, or is still being written.

        Raises:
            StoreError: there is no run, or the file is something else, damaged, or of a newer schema.
        """
        path = directory / FILE_NAME
        if not path.is_file():
            raise StoreError(f"no run in {directory}: there is no {FILE_NAME}; name the directory of a run")
        check_no_links(directory)
        with one_line(path):
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            try:
                bounded(connection)
                check_ours(path, connection)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, None, None)

    def append(self, event: Event) -> int:
        """Append `event` and return its number; from then on it survives a `kill -9`.

        Raises:
            ValueError: a number of the event is not finite, or its kind is not in KINDS.
            StoreError: the disk is full, the file is locked by another program, or this store was opened for reading.
        """
        kind = type(event).__name__
        if KINDS.get(kind) is not type(event):
            raise ValueError(f"{kind} is not a kind of event")
        with self._lock, one_line(self._path):
            connection = self._live()
            if self._clock is None:
                raise StoreError(f"{self._path} was opened for reading; only its writer appends")
            data, texts = encode(event)
            at = float(self._clock())
            seal = _sealed(self._key, self._seal, at, event.scope, kind, data) if self._key else ""
            with connection, _safe_from_power_loss(connection, isinstance(event, LmResponded)):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_INSERT_TEXT, [(digest, to_bytes(body)) for digest, body in texts.items()])
                row = (at, to_bytes(event.scope), to_bytes(kind), to_bytes(data), seal)
                [(seq,)] = connection.execute(_INSERT_EVENT, row).fetchall()
            self._seal = seal
            if self._is_new:  # after this, damage to the log cannot cost the whole record
                self._is_new = False
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return int(seq)

    @overload
    def events(self, *, scope: str | None = None, after: int = 0) -> Iterator[Stored[Event]]: ...
    @overload
    def events(self, *kinds: type[E], scope: str | None = None, after: int = 0) -> Iterator[Stored[E]]: ...

    def events(self, *kinds: type[E], scope: str | None = None, after: int = 0) -> Iterator[Stored[E]]:
        """The events after number `after`, in order: of the given `kinds` (default: all), in `scope` and the scopes inside it.

        They have whole texts. Events appended during the iteration are not included. Kinds and fields that this version of strop
        does not know are skipped; `notes` names the kinds.
        """
        text = lru_cache(64)(self.text)  # prompts and programs come again and again
        return typing.cast("Iterator[Stored[E]]", self._merged(kinds, scope, after, text))

    def outline(self, *kinds: type[Event], after: int = 0) -> Iterator[Stored[Event]]:
        """Like `events`, with digests in place of texts: faster if few texts are needed."""
        return self._merged(kinds, None, after, str)

    def text(self, digest: str) -> str:
        """The text with this SHA-256 (64 hexadecimal digits). Raises StoreError if it is missing or was changed."""
        with self._lock, one_line(self._path):
            rows = self._rows("SELECT body FROM text WHERE digest = CAST(? AS TEXT)", to_bytes(digest))
        if not rows:
            raise StoreError(f"{self._path} holds no text with the digest {escape(digest, 80)}")
        text = str(rows[0][0])
        if digest_of(text) != digest:
            raise StoreError(f"{self._path} is damaged: the text {digest[:12]} was changed after it was recorded")
        return text

    def is_sealed_by(self, key: bytes) -> bool:
        """Whether this key sealed every event: none was changed, added or moved, and only the last ones can be missing."""
        seal, after = self.meta.get(SEAL, ""), 0
        query = f"SELECT seq, at, scope, kind, data, seal FROM event WHERE seq > ? ORDER BY seq LIMIT {_PAGE}"
        while True:
            with self._lock, one_line(self._path):
                rows = self._rows(query, after)
            for seq, *row, recorded in rows:
                seal = _sealed(key, seal, *row)
                if seq != after + 1 or not hmac.compare_digest(seal, to_bytes(recorded).decode("ascii", "replace")):
                    return False
                after = seq
            if len(rows) < _PAGE:
                return after > 0

    @property
    def meta(self) -> dict[str, str]:
        """The metadata passed to `create`."""
        with self._lock, one_line(self._path):
            return dict(self._rows("SELECT key, value FROM meta ORDER BY rowid"))

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each kind of event that `events` skips because a newer strop wrote it."""
        with self._lock, one_line(self._path):
            counts = self._rows("SELECT kind, count(*) FROM event GROUP BY kind")
        return tuple(
            f"{quantity(count, 'event')} of the unknown kind {kind} skipped"
            for kind, count in counts
            if kind not in KINDS
        )

    def close(self) -> None:
        """Close the file and remove its log, unless another process is reading it. Idempotent."""
        with self._lock:
            connection, self._connection = self._connection, None
            lock_fd, self._lock_fd = self._lock_fd, None
            if connection is None:
                return
            try:
                if lock_fd is not None:
                    with one_line(self._path):
                        _fold(connection)
            finally:
                connection.close()
                if lock_fd is not None:
                    os.close(lock_fd)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _live(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"the record {self._path} has been closed")
        return self._connection

    def _rows(self, query: str, *values: object) -> list[Any]:
        """All rows of a statement. The caller holds the lock and `one_line`."""
        connection = self._live()
        self._restart()
        return connection.execute(query, values).fetchall()

    def _merged(
        self, kinds: tuple[type[Event], ...], scope: str | None, after: int, text: Callable[[str], str]
    ) -> Iterator[Stored[Event]]:
        with self._lock, one_line(self._path):
            [(last,)] = self._rows("SELECT coalesce(max(seq), 0) FROM event")
        names: list[str | None] = [kind.__name__ for kind in dict.fromkeys(kinds)]
        streams = [self._read(name, scope, (after, last), text) for name in names or [None]]
        return heapq.merge(*streams, key=lambda stored: stored.seq)

    def _read(
        self, kind: str | None, scope: str | None, between: tuple[int, int], text: Callable[[str], str]
    ) -> Iterator[Stored[Event]]:
        wanted, values = ["seq > ?", "seq <= ?"], []
        if kind is not None:
            wanted, values = [*wanted, "kind = ?"], [kind]
        if scope:  # "0" is the character after "/": the range is everything below the scope
            wanted, values = (
                [*wanted, "(scope = ? OR (scope > ? AND scope < ?))"],
                [*values, scope, f"{scope}/", f"{scope}0"],
            )
        query = f"SELECT seq, at, scope, kind, data FROM event WHERE {' AND '.join(wanted)} ORDER BY seq LIMIT {_PAGE}"
        after, last = between
        while True:
            with self._lock, one_line(self._path):
                rows = self._rows(query, after, last, *values)
            for seq, at, where, name, data in rows:
                if name in KINDS:
                    yield Stored(seq, at, self._decode(seq, KINDS[name], where, data, text))
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def _decode(self, seq: int, kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
        try:
            return decode(kind, scope, data, text)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{self._path} is damaged: event {seq} is not a valid {kind.__name__} ({error!r})"
            ) from error


def _begin(path: Path, meta: Mapping[str, str], patience: float) -> sqlite3.Connection:
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
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            path.unlink(missing_ok=True)  # it is ours and empty; leave the directory usable
            raise
    return connection


def _sealed(key: bytes, before: str, *row: object) -> str:
    return hmac.new(key, to_bytes(f"{before} {row!r}"), "sha256").hexdigest()


@contextlib.contextmanager
def _safe_from_power_loss(connection: sqlite3.Connection, wanted: bool) -> Iterator[None]:
    """Inside, a commit returns only when the data are on the medium: a response may have cost money."""
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


def _fold(connection: sqlite3.Connection) -> None:
    """Move the log into the file, so that it can be read from a read-only medium."""
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.OperationalError):  # another process is reading: the log stays, complete
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
