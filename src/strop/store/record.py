"""The record of a run: one append-only SQLite file, `run.sqlite` in the run's directory.

When `append` returns, the event survives a `kill -9` of the writer (write-ahead log, `synchronous=NORMAL`). A failure of the
machine can cost at most the last few events, and none before the last response of a language model. Triggers refuse changes, as
a guard against mistakes; the owner of the file can change anything. Readers therefore trust nothing: tables must be exactly
strop's, texts must have their digest, statements are limited, and nothing is read before it is proven (`strop.store.proof`).
docs/reference/record.md describes the file for other tools.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from strop.base.closing import ClosesItself
from strop.base.errors import RecordChanged, StoreError
from strop.base.events import KINDS, Event, LmResponded, RunFinished
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.private import FOLDER, make_folder
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.store.codec import decode, encode, to_bytes, to_text
from strop.store.files import (
    CHECKPOINT_PAGES,
    begin,
    bounded,
    check_no_links,
    check_ours,
    check_regular,
    create_file,
    fold,
    lock_directory,
    one_line,
    safe_from_power_loss,
    steady_clock,
)
from strop.store.proof import OWN, Proof, with_seal

FILE_NAME = "run.sqlite"

_LATEST = 1e11
"""Unix seconds that no event reaches: the year 5138."""
_PAGE = 500
"""Events read at a time: no read transaction stays open while the caller works."""

_EVENTS = "SELECT seq, time, scope, kind, data, seal FROM event NOT INDEXED"
"""Reads the table itself: an index that somebody changed may leave events out."""
_INSERT_EVENT = """
INSERT INTO event (time, scope, kind, data, seal) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?) RETURNING seq
"""
_INSERT_TEXT = "INSERT INTO text (digest, body) VALUES (?, CAST(? AS TEXT))"

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True)
class Stored(Generic[E_co]):
    """An event in the record."""

    seq: int
    """Its number: 1, 2, 3, …"""
    time: float
    """When it was appended, Unix seconds."""
    event: E_co


class Store(ClosesItself):
    """The record of one run. `create` and `resume` return the only writer, `open` a reader. A context manager.

    Thread-safe. Every method raises StoreError, with one line that says what to do, if the file cannot be read or written.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        clock: Callable[[], float] | None = None,
        lock_fd: int | None = None,
    ) -> None:
        """Private: use `create`, `resume` or `open`. `clock` and `lock_fd` are None in a reader."""
        connection.text_factory = to_text
        self._path = path
        self._connection: sqlite3.Connection | None = connection
        self._restart = bounded(connection)
        self._clock = clock
        self._lock_fd = lock_fd
        self._meta: dict[str, str] = {}
        self._is_new = False
        self._lock = threading.RLock()
        self._changed = ""
        """Why the record is not as it was recorded, if it was opened all the same; else empty."""
        self.proof: Proof
        """What has been proven of the record so far."""

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
        lock: int | None = None,
        patience: float = 5.0,
        environ: Mapping[str, str] = os.environ,
    ) -> Store:
        """Create the record of a run in `directory`, which is created if necessary.

        `meta` describes the whole run. `clock` returns Unix seconds. `lock`: the descriptor that `lock_directory`
        returned, which the caller still closes. `patience`: seconds to wait for another program that has locked the file. The
        machine's key, which `environ` says where to find, seals the record.

        Raises:
            ConfigurationError: this machine has no key and cannot make one.
            StoreError: the directory already holds a run, another process is writing there, or nothing can be written.
        """
        path = directory / FILE_NAME
        if sqlite3.sqlite_version_info < (3, 37):
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old for the record of a run; 3.37 or newer is needed"
            )
        fields, existed = with_seal(meta, environ), directory.exists()
        try:
            make_folder(directory)
            if directory.stat().st_mode & 0o077:  # it was there, and holds a run from now on
                with suppress(PermissionError):  # it is somebody else's
                    directory.chmod(directory.stat().st_mode & FOLDER)
            lock_fd = lock_directory(directory) if lock is None else os.dup(lock)
        except OSError as error:
            raise StoreError(f"cannot write a run in {directory}: {error.strerror or error}") from error
        try:
            create_file(path)
            store = cls(path, begin(path, fields, patience), clock or steady_clock(), lock_fd)
            store._is_new, store._meta, store.proof = True, fields, Proof(path, fields, environ)
            return store
        except BaseException:
            os.close(lock_fd)
            if not existed:
                with suppress(OSError):
                    directory.rmdir()
            raise

    @classmethod
    def resume(
        cls,
        directory: Path,
        clock: Callable[[], float] | None = None,
        *,
        lock: int | None = None,
        proof: Proof | None = None,
        patience: float = 5.0,
        environ: Mapping[str, str] = os.environ,
    ) -> Store:
        """The record in `directory`, whose writer has ended, to append to. Arguments as in `create`; `proof` as in `open`.

        Raises:
            RecordChanged: it is not as it was recorded.
            StoreError: there is no run, the file is something else or damaged, or another process is writing it.
        """
        path = directory / FILE_NAME
        with cls.open(
            directory, proof=proof, environ=environ
        ) as reader:  # that it is ours, of a known schema, and unchanged
            proof = reader.proof
        lock_fd = lock_directory(directory) if lock is None else os.dup(lock)
        try:
            with one_line(path):
                connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.execute("PRAGMA synchronous = NORMAL")
                    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
                    store = cls(path, connection, clock, lock_fd)
                    store._prove(proof, environ)
                    [(last,)] = store._rows("SELECT coalesce(max(time), 0) FROM event")
                    store._clock = clock or steady_clock(float(last))
                except BaseException:
                    connection.close()
                    raise
        except BaseException:
            os.close(lock_fd)
            raise
        return store

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        proof: Proof | None = None,
        believed: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> Store:
        """The record in `directory`, to read: of a run that has ended, was killed, or is still being written.

        The record is proven first; with `proof`, of an earlier reader, only its new events are. `believed` is false for a replay,
        which measures everything again: it can read a record that was changed, too.

        Raises:
            RecordChanged: it is not as it was recorded.
            StoreError: there is no run, or the file is something else, damaged, or of a newer schema.
        """
        path = directory / FILE_NAME
        check_regular(path)
        check_no_links(directory)
        with one_line(path):
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            try:
                bounded(connection)
                check_ours(path, connection)
                store = cls(path, connection)
                try:
                    store._prove(proof, environ)
                except RecordChanged as error:
                    if believed:
                        raise
                    store._changed = str(error)
                return store
            except BaseException:
                connection.close()
                raise

    @property
    def unverified(self) -> str:
        """Why this machine cannot vouch for the record, in a sentence; empty if it is proven."""
        return self._changed or self.proof.unverified

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
            time = float(self._clock())
            seal = self.proof.seal(time, event.scope, kind, data)
            with connection, safe_from_power_loss(connection, isinstance(event, LmResponded | RunFinished)):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_INSERT_TEXT, [(digest, to_bytes(body)) for digest, body in texts.items()])
                row = (time, to_bytes(event.scope), to_bytes(kind), to_bytes(data), seal)
                [(seq,)] = connection.execute(_INSERT_EVENT, row).fetchall()
            self.proof.written((int(seq), time, event.scope, kind, data, seal))
            if isinstance(event, RunFinished):
                self.proof.remember()
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

        Their texts are in full. Events appended during the iteration are not included. Kinds and fields that this version of
        strop does not know are skipped; `notes` names the kinds.
        """
        text = lru_cache(64)(self.text)  # prompts and programs come again and again
        return typing.cast("Iterator[Stored[E]]", self._read(kinds, scope, after, text))

    def outline(self, *kinds: type[Event], after: int = 0) -> Iterator[Stored[Event]]:
        """The events of these kinds after `after`, with digests in place of texts: faster if few texts are needed."""
        return self._read(kinds, None, after, str)

    def text(self, digest: str) -> str:
        """The text with this SHA-256 (64 hexadecimal digits). Raises StoreError if it is missing or was changed."""
        with self._lock, one_line(self._path):
            rows = self._rows("SELECT body FROM text WHERE digest = CAST(? AS TEXT)", to_bytes(digest))
        if not rows:
            raise RecordChanged(f"{self._path} is damaged: it holds no text with the digest {escape(digest, 80)}")
        text = str(rows[0][0])
        if digest_of(text) != digest:
            raise RecordChanged(f"{self._path} is damaged: the text {digest[:12]} was changed after it was recorded")
        return text

    @property
    def meta(self) -> dict[str, str]:
        """The metadata passed to `create`."""
        return {key: value for key, value in self._meta.items() if key not in OWN}

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each kind of event that `events` skips because a newer strop wrote it."""
        with self._lock, one_line(self._path):
            counts = self._rows("SELECT kind, count(*) FROM event NOT INDEXED GROUP BY kind")
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
                        fold(connection)
            finally:
                connection.close()
                if lock_fd is not None:
                    os.close(lock_fd)

    def _live(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"the record {self._path} has been closed")
        return self._connection

    def _rows(self, query: str, *values: object) -> list[Any]:
        """All rows of a statement. The caller holds the lock and `one_line`."""
        connection = self._live()
        self._restart()
        return connection.execute(query, values).fetchall()

    def _prove(self, proof: Proof | None, environ: Mapping[str, str]) -> None:
        """Prove the part of the record that `proof` lacks; all of it without `proof`."""
        with self._lock, one_line(self._path):
            self._meta = dict(self._rows("SELECT key, value FROM meta ORDER BY rowid"))
            self.proof = (
                proof if proof is not None and proof.is_of(self._meta) else Proof(self._path, self._meta, environ)
            )
            self._prove_new()
            self.proof.complete()

    def _prove_new(self) -> None:
        connection = self._live()
        self._restart()
        texts = "SELECT rowid, digest, body FROM text NOT INDEXED WHERE rowid > ? ORDER BY rowid"
        for number, digest, body in connection.execute(texts, (self.proof.texts,)):  # one at a time: they may be large
            if digest_of(str(body)) != digest:
                raise self.proof.broken(f"the text {escape(str(digest)[:12], 40)}")
            self.proof.texts = number
        self._restart()
        for row in connection.execute(f"{_EVENTS} WHERE seq > ? ORDER BY seq", (self.proof.events,)):
            self.proof.add(row)

    def _read(
        self, kinds: tuple[type[Event], ...], scope: str | None, after: int, text: Callable[[str], str]
    ) -> Iterator[Stored[Event]]:
        with self._lock, one_line(self._path):
            if self._changed:
                [(last,)] = self._rows("SELECT coalesce(max(seq), 0) FROM event NOT INDEXED")
            else:
                self._prove_new()
                last = self.proof.events
        wanted: list[str] = ["seq > ?", "seq <= ?"]
        values: list[object] = []
        if kinds:
            wanted.append(f"kind IN ({', '.join('?' * len(kinds))})")
            values += [kind.__name__ for kind in kinds]
        if scope:  # "0" is the character after "/": the range is everything below the scope
            wanted.append("(scope = ? OR (scope > ? AND scope < ?))")
            values += [scope, f"{scope}/", f"{scope}0"]
        query = f"{_EVENTS} WHERE {' AND '.join(wanted)} ORDER BY seq LIMIT {_PAGE}"
        while True:
            with self._lock, one_line(self._path):
                rows = self._rows(query, after, last, *values)
            for row in rows:
                if not self._changed:
                    self.proof.check(row)
                seq, time, event_scope, name, data, _ = row
                if name in KINDS:
                    if not abs(time) < _LATEST:
                        raise StoreError(f"the record in {self.directory} is damaged: event {seq} has the time {time}")
                    yield Stored(seq, time, self._decode(seq, KINDS[name], event_scope, data, text))
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def _decode(self, seq: int, kind: type[Event], scope: str, data: str, text: Callable[[str], str]) -> Event:
        try:
            return decode(kind, scope, data, text)
        except ValueError as error:
            why = f"event {seq} is not a valid {kind.__name__}: {escape(str(error), 200)}"
            raise StoreError(f"the record in {self.directory} is damaged: {why}") from error
