"""Follow a record: read what is new, write nothing, hold nothing open.

The file is open only while new events are read, because a run that ends can fold its log into the file only if nobody reads it.
Testing the writer's lock holds it for a moment, during which `strop resume` would be refused. So it is tested only if the record
has no end and does not change, and not again once it was free.
"""

from __future__ import annotations

import os
import shlex
import stat
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from strop.base.errors import StoreError
from strop.base.events import Evaluated, Event, IterationFinished, IterationStarted, RunResumed
from strop.base.terminal_text import escape
from strop.report.terminal.live import run_facts
from strop.report.terminal.narration import Narration
from strop.runs.reading import opened
from strop.runs.run_directory import RESUMABLE
from strop.runs.scopes import is_candidate
from strop.store import FILE_NAME, Proof, Store, is_locked
from strop.tasks.base import META_TASK

QUIET_SECONDS = 2.0
"""How long nothing changes before the lock is tested again."""
AGAIN_SECONDS = 5.0
"""Until an unreadable record that does not change is tried again."""
LINES = 200
"""Lines that are kept for viewers who reconnect."""
Signature: TypeAlias = tuple[tuple[str, int, int, int], ...]
_FILES = (FILE_NAME, f"{FILE_NAME}-wal")
_LONGEST = 400


@dataclass(frozen=True)
class RunStatus:
    """What viewers get whenever something has changed. Every text is one line without control characters."""

    status: str
    """`RunData.status`, or `unreadable`."""
    sentence: str
    """The status in words."""
    resume: str = ""
    """The command that continues the run; empty if there is none."""
    facts: tuple[tuple[str, str], ...] = ()
    """(name, value) pairs."""
    lines: tuple[tuple[int, str], ...] = ()
    """(event, what happened), the latest last."""
    seq: int = 0
    """The last event that was read."""


class RecordFollower:
    """Follows the record in a directory. Not locked: one thread at a time."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.status: RunStatus = _unreadable("it was not read yet")
        self._clock = clock
        self._begin()

    def _begin(self) -> None:
        self._narration = Narration()
        self._lines: deque[tuple[int, str]] = deque(maxlen=LINES)
        self._kind = ""
        self._seq = 0
        self._proof: Proof | None = None
        self._unverified = ""
        self._signature: Signature = ()
        self._changed = 0.0
        self._failed: float | None = None
        self._locked: bool | None = None
        """None: not tested since the last change."""

    def look(self) -> None:
        """Read new events, and set `status`."""
        try:
            self._look(self._clock())
        except (StoreError, OSError) as error:
            self._failed = self._clock()
            self.status = _unreadable(str(error), self._seq)

    def _look(self, now: float) -> None:
        current = signature(self.directory)
        if current != self._signature:
            if self._signature and current[0][1] != self._signature[0][1]:
                self._begin()  # another file: a new run in its place
            self._signature, self._changed, self._locked = current, now, None
        elif self._failed is not None and now - self._failed < AGAIN_SECONDS:
            return
        if self._failed is not None or now - self._changed < 1:  # files' clocks tick slowly
            self._read()
            self._failed = None
        quiet = self._locked is None or (self._locked and now - self._changed >= QUIET_SECONDS)
        if self._narration.run.end is None and quiet:
            self._locked = is_locked(self.directory)
            if not self._locked:
                self._read()  # it may have ended between the reading and the test
        self.status = self._status()

    def _read(self) -> None:
        with opened(self.directory, self._proof) as store:
            self._proof, self._unverified = store.proof, store.unverified
            self._kind = self._kind or store.meta.get("kind", "")
            for stored in store.outline(after=self._seq):
                event = _with_texts(stored.event, store)
                self._narration.add(event)
                line = self._narration.line(event)
                for text in ("the run was resumed" if isinstance(event, RunResumed) else None, line):
                    if text is not None:
                        self._lines.append((stored.seq, escape(text, _LONGEST)))
                self._seq = stored.seq

    def _status(self) -> RunStatus:
        run = self._narration.run
        run.alive = self._locked is not False
        resumable = self._kind in RESUMABLE and run.status not in ("running", "finished")
        resume = f"strop resume {shlex.quote(str(self.directory))}" if resumable else ""
        return RunStatus(
            status=run.status,
            sentence=escape(". ".join(filter(None, (self._unverified, self._sentence()))), 2 * _LONGEST),
            resume=escape(resume, 4000),
            facts=tuple((name, escape(value, _LONGEST)) for name, value in self._facts()),
            lines=tuple(self._lines),
            seq=self._seq,
        )

    def _sentence(self) -> str:
        run = self._narration.run
        why = f" ({run.detail})" if run.detail else ""
        sentences = {
            "running": f"The run is in progress: {self._narration.doing}.",
            "unfinished": "The run was killed: its process is gone and its record is incomplete.",
            "finished": "The run has finished.",
            "interrupted": f"The run was stopped{why}.",
            "budget": f"The run reached a limit{why}.",
        }
        return sentences.get(run.status, f"The run ended with status {run.status}{why}.")

    def _facts(self) -> list[tuple[str, str]]:
        """Iteration, best candidate, counts and costs so far."""
        narration, iterations = self._narration, self._narration.run.recipe.get("iterations")
        facts = [(name, text) for name, text, _ in run_facts(self._narration)]
        if narration.t is None:
            return facts
        return [("iteration", f"{narration.t}" + (f" of {iterations}" if isinstance(iterations, int) else "")), *facts]


def _unreadable(reason: str, seq: int = 0) -> RunStatus:
    """The status of a record that cannot be read."""
    return RunStatus("unreadable", escape(f"The record cannot be read: {reason}", _LONGEST), seq=seq)


def _with_texts(event: Event, store: Store) -> Event:
    """The event with the texts by which lines name programs; most events need none."""
    match event:
        case Evaluated(solution=str(digest)) if event.utility == META_TASK or is_candidate(event):
            return replace(event, solution=store.text(digest))
        case IterationStarted() | IterationFinished():
            return replace(event, improver=store.text(event.improver))
        case _:
            return event


def signature(directory: Path) -> Signature:
    """(name, inode, bytes, time) of the record's files, which differ when it has changed.

    Raises:
        OSError: there is no record.
        StoreError: the record is a symbolic link or another kind of file.
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
