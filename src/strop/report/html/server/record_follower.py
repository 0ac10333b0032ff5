"""Follow a record: read what is new in it, write nothing, hold nothing open.

The file is opened only while something new is read, for a run that ends folds its log into the file only where nobody is
reading. The writer's lock is tested only where the record says that the run goes on and nothing moves, and not again after it was
found free: to test it is to hold it for a moment, in which `strop resume` would be refused.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from strop.base.errors import StoreError
from strop.report.html.server.run_status import RunStatus, StatusReader, status_of, unreadable
from strop.report.terminal.reading import reading
from strop.store import FILE_NAME, Store, is_locked

AT_ONCE = 5000
"""Events that are read at once."""
QUIET_SECONDS = 2.0
"""How long nothing moves before the lock is tested again."""
AGAIN_SECONDS = 5.0
"""Until a record that could not be read is tried again, where nothing moves."""
Signature: TypeAlias = tuple[tuple[str, int, int, int], ...]
_FILES = (FILE_NAME, f"{FILE_NAME}-wal")


class RecordFollower:
    """Follows the record in a directory. Not locked: one thread at a time."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.status: RunStatus = unreadable("it was not read yet")
        self.whole = False
        """Whether all events were read."""
        self._clock = clock
        self._begin()

    def _begin(self) -> None:
        self._reader = StatusReader()
        self._kind = ""
        self._seq = 0
        self._signature: Signature = ()
        self._moved = 0.0
        self._failed: float | None = None
        self._locked: bool | None = None
        """None: not tested since something moved."""

    def look(self) -> bool:
        """Read what is new, up to a batch; whether `status` has changed."""
        before = self.status
        try:
            self._look(self._clock())
        except (StoreError, OSError) as error:
            self._failed, self.whole = self._clock(), True
            self.status = unreadable(str(error), self._seq)
        return self.status != before

    def _look(self, now: float) -> None:
        current = signature(self.directory)
        if current != self._signature:
            if self._signature and current[0][1] != self._signature[0][1]:
                self._begin()  # another file: a new run in its place
            self._signature, self._moved, self._locked = current, now, None
        elif self._failed is not None and now - self._failed < AGAIN_SECONDS:
            return
        if not self.whole or self._failed is not None or now - self._moved < 1:  # files' clocks tick slowly
            self._read()
            self._failed = None
        if self._reader.ended is None and self.whole and self._may_test_lock(now):
            self._locked = is_locked(self.directory)
            if not self._locked:
                self._read()  # it may have ended between the reading and the test
        alive = self._locked is not False
        self.status = status_of(self._reader, self._kind, self.directory, locked=alive, seq=self._seq)

    def _may_test_lock(self, now: float) -> bool:
        return self._locked is None or (self._locked and now - self._moved >= QUIET_SECONDS)

    def _read(self) -> None:
        with reading(self.directory), Store.open(self.directory) as store:
            if not self._kind:
                self._kind = store.meta.get("kind", "")
            count = 0
            for stored in islice(store.outline(after=self._seq), AT_ONCE):
                self._reader.add(stored, store)
                self._seq = stored.seq
                count += 1
            self.whole = count < AT_ONCE


def signature(directory: Path) -> Signature:
    """(name, inode, bytes, time) of the record's files, which differ when it has changed.

    Raises:
        OSError: there is no record.
        StoreError: the record is a symbolic link or something else that is not a file.
    """
    files: list[tuple[str, int, int, int]] = []
    for name in _FILES:
        try:
            file = os.lstat(directory / name)
        except FileNotFoundError:
            if name == FILE_NAME:
                raise
            continue
        if not stat.S_ISREG(file.st_mode):
            raise StoreError(f"{directory / name} is not a regular file; links are not followed")
        files.append((name, file.st_ino, file.st_size, file.st_mtime_ns))
    return tuple(files)
