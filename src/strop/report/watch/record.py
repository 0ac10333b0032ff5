"""One record, followed: what is new in it is read, and nothing is ever written or held open.

The file is looked at before it is opened, and opened only while something new is read: a run that ends folds its log into the
file only where nobody is reading. The writer's lock is asked about only where the record says that the run goes on and yet
nothing moves, and not again after the answer was no: to ask is to hold it for a moment, in which a resume would be refused.
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
from strop.report.terminal.reading import reading
from strop.report.watch.standing import Account, Standing, standing, unreadable
from strop.store import FILE_NAME, Store, is_locked

AT_ONCE = 5000
"""Events of one reading."""
QUIET_SECONDS = 2.0
"""How long nothing moves before the lock is asked about."""
AGAIN_SECONDS = 5.0
"""Until a record that could not be read is tried again, where nothing moves."""
Signature: TypeAlias = tuple[tuple[str, int, int, int], ...]
_FILES = (FILE_NAME, f"{FILE_NAME}-wal")


class Record:
    """Follows the record in a directory. Not locked: one thread at a time."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.standing: Standing = unreadable("it was not looked at yet")
        self.whole = False
        """Whether all that is there was read."""
        self._clock = clock
        self._begin()

    def _begin(self) -> None:
        self._account = Account()
        self._kind = ""
        self._seq = 0
        self._signature: Signature = ()
        self._moved = 0.0
        self._failed: float | None = None
        self._locked: bool | None = None
        """None: not asked since something moved."""

    def look(self) -> bool:
        """Read what is new, up to a batch; whether `standing` is another than before."""
        before = self.standing
        try:
            self._look(self._clock())
        except (StoreError, OSError) as error:
            self._failed, self.whole = self._clock(), True
            self.standing = unreadable(str(error), self._seq)
        return self.standing != before

    def _look(self, now: float) -> None:
        found = signature(self.directory)
        if found != self._signature:
            if self._signature and found[0][1] != self._signature[0][1]:
                self._begin()  # another file: the run was made anew
            self._signature, self._moved, self._locked = found, now, None
        elif self._failed is not None and now - self._failed < AGAIN_SECONDS:
            return
        if not self.whole or self._failed is not None or now - self._moved < 1:  # files' clocks tick slowly
            self._read()
            self._failed = None
        if self._account.ended is None and self.whole and self._asks(now):
            self._locked = is_locked(self.directory)
            if not self._locked:
                self._read()  # it may have ended after it was read, and before it was asked
        alive = self._locked is not False
        self.standing = standing(self._account, self._kind, self.directory, locked=alive, seq=self._seq)

    def _asks(self, now: float) -> bool:
        return self._locked is None or (self._locked and now - self._moved >= QUIET_SECONDS)

    def _read(self) -> None:
        with reading(self.directory), Store.open(self.directory) as store:
            if not self._kind:
                self._kind = store.meta.get("kind", "")
            count = 0
            for stored in islice(store.outline(after=self._seq), AT_ONCE):
                self._account.add(stored, store)
                self._seq = stored.seq
                count += 1
            self.whole = count < AT_ONCE


def signature(directory: Path) -> Signature:
    """(name, file, bytes, time) of the record's files: what differs when it has moved.

    Raises:
        OSError: there is none.
        StoreError: a link stands in its place.
    """
    found: list[tuple[str, int, int, int]] = []
    for name in _FILES:
        try:
            seen = os.lstat(directory / name)
        except FileNotFoundError:
            if name == FILE_NAME:
                raise
            continue
        if not stat.S_ISREG(seen.st_mode):
            raise StoreError(f"{directory / name} is no file but a link or something else, which is not followed")
        found.append((name, seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return tuple(found)
