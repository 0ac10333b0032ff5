"""A folder of runs: one line each, kept up to date without reading what did not change.

A run is a directory right below the folder that holds a record. Links to directories or records are not followed: a folder
that came from elsewhere cannot show what lies outside of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import StoreError, StropError
from strop.base.events import IterationFinished, RunFinished, RunResumed
from strop.report.html.server.record_follower import Signature, signature
from strop.report.terminal.reading import reading
from strop.report.terminal.words import escape, over_tasks
from strop.store import FILE_NAME, Store, is_locked

MOST = 500
"""Runs that are listed, the newest first."""
_LONGEST = 200


@dataclass(frozen=True)
class Line:
    """One run. Texts are one line without control characters."""

    name: str
    """Of its directory, as the file system has it."""
    task: str
    kind: str
    status: str
    headline: str
    started: float
    """Unix seconds; 0 where unknown."""
    iterations: int


@dataclass
class _Known:
    line: Line
    signature: Signature


class RunList:
    """The runs of a folder. Not locked: one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lines: tuple[Line, ...] = ()
        """The newest first."""
        self.left_out = 0
        self.links = 0
        self.failure = ""
        """Why the folder cannot be read."""
        self._known: dict[str, _Known] = {}

    def look(self) -> bool:
        """Look at all runs; whether anything has changed."""
        before = (self.lines, self.left_out, self.links, self.failure)
        try:
            found = self._records()
            self.failure = ""
        except OSError as error:
            found, self.failure = [], f"the folder cannot be read: {error.strerror or error}"
        self.left_out = max(len(found) - MOST, 0)
        known = {name: self._one(name, seen) for _, name, seen in sorted(found, reverse=True)[:MOST]}
        self._known = known
        self.lines = tuple(sorted((each.line for each in known.values()), key=lambda line: (-line.started, line.name)))
        return before != (self.lines, self.left_out, self.links, self.failure)

    def path(self, name: str) -> Path | None:
        """The directory of the run with this name, if it is one that is listed and still is what it was."""
        if name not in self._known or _record_in(self.directory / name) is None:
            return None
        return self.directory / name

    def _records(self) -> list[tuple[int, str, Signature]]:
        """(last change, name, signature) of every run."""
        found, self.links = [], 0
        with os.scandir(self.directory) as children:
            for child in children:
                if child.is_symlink():
                    self.links += (Path(child.path) / FILE_NAME).is_file()
                elif child.is_dir(follow_symlinks=False):
                    seen = _record_in(Path(child.path))
                    if seen is not None:
                        found.append((max(each[3] for each in seen), child.name, seen))
        return found

    def _one(self, name: str, seen: Signature) -> _Known:
        known = self._known.get(name)
        same = known is not None and known.signature == seen
        if known is not None and same and (known.line.status != "running" or is_alive(self.directory / name)):
            return known
        return _Known(_line(self.directory / name), seen)


def is_alive(directory: Path) -> bool:
    """Whether a process writes the record."""
    try:
        return is_locked(directory)
    except OSError:
        return False


def _record_in(directory: Path) -> Signature | None:
    """The signature of the record in a directory; None where there is none, or only a link."""
    try:
        return signature(directory)
    except (OSError, StoreError):
        return None


def _line(directory: Path) -> Line:
    name = directory.name
    try:
        with reading(directory), Store.open(directory) as store:
            return _read(store, directory)
    except (StropError, OSError) as error:
        return Line(name, "", "", "unreadable", escape(str(error), _LONGEST), 0.0, 0)


def _read(store: Store, directory: Path) -> Line:
    alive = is_alive(directory)  # before the reading: a run that ends between the two is not taken for killed
    meta = store.meta
    status = under_way = "running" if alive else "killed"
    started = next((stored.at for stored in store.outline()), 0.0)
    first: IterationFinished | None = None
    last: IterationFinished | None = None
    for stored in store.events(IterationFinished, RunResumed, RunFinished):
        match stored.event:
            case IterationFinished():
                first, last = first or stored.event, stored.event
            case RunFinished(status=said):
                status = escape(said, 30)
            case _:
                status = under_way
    task, kind = escape(meta.get("task", ""), _LONGEST), escape(meta.get("kind", ""), 30)
    return Line(directory.name, task, kind, status, _headline(first, last), started, last.t if last else 0)


def _headline(first: IterationFinished | None, last: IterationFinished | None) -> str:
    if first is None or last is None:
        return ""
    said = f"sealed split, t = {last.t}: {over_tasks(last.test, last.tasks)}"
    if last.t > first.t:
        said += f"; t = {first.t}: {over_tasks(first.test, first.tasks)}"
    return escape(said, _LONGEST)
