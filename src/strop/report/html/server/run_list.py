"""A folder of runs: one line for each, kept up to date without reading records that have not changed.

A run is a directory right below the folder that holds a record. Links to directories or records are not followed: a folder
that came from elsewhere cannot show files outside of it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from strop.base.errors import StoreError, StropError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.report.html.server.record_follower import Signature, signature
from strop.runs.listing import RunListing, listing_of
from strop.runs.reading import opened
from strop.runs.run_data import FRAME, read_run
from strop.store import FILE_NAME, Proof, is_locked

MOST = 500
"""Runs that are listed, the newest first."""
_LONGEST = 200


class RunList:
    """The runs of a folder. Not locked: one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lines: tuple[RunListing, ...] = ()
        """The newest first."""
        self.left_out = 0
        self.links = 0
        self.failure = ""
        """Why the folder cannot be read."""
        self._known: dict[str, tuple[RunListing, Signature]] = {}
        self._proofs: dict[str, Proof] = {}
        """Proofs of runs in progress, so that only what is new is proven."""

    def look(self) -> bool:
        """Look at all runs; returns whether anything has changed."""
        before = (self.lines, self.left_out, self.links, self.failure)
        try:
            records = self._records()
            self.failure = ""
        except OSError as error:
            records, self.failure = [], f"the folder cannot be read: {error.strerror or error}"
        self.left_out = max(len(records) - MOST, 0)
        self._known = {
            name: (self._line(name, current), current) for _, name, current in sorted(records, reverse=True)[:MOST]
        }
        self.lines = tuple(
            sorted((line for line, _ in self._known.values()), key=lambda line: (-(line.started or 0.0), line.run))
        )
        return before != (self.lines, self.left_out, self.links, self.failure)

    def path(self, name: str) -> Path | None:
        """The directory of the listed run with this name; None if there is none, or it has become a link."""
        if name not in self._known or _record_in(self.directory / name) is None:
            return None
        return self.directory / name

    def document(self) -> dict[str, Any]:
        """The list for its page."""
        notes = [self.failure] if self.failure else []
        if self.left_out:
            notes.append(f"{quantity(self.left_out, 'older run')} left out")
        if self.links:
            notes.append(f"{quantity(self.links, 'link')} to runs not followed")
        if not self.lines and not self.failure:
            notes.append("there are no runs here yet")
        rows = [
            {
                "name": shown(line.run.name),
                "href": f"run/{quote_from_bytes(os.fsencode(line.run.name), safe='')}/",
                "headline": shown(". ".join(filter(None, (line.detail, line.headline)))),
                "started": line.started or 0.0,
                "iterations": line.iterations,
                "kind": shown(line.command),
                **{name: shown(getattr(line, name)) for name in ("task", "status")},
            }
            for line in self.lines
        ]
        return {"runs": rows, "note": "; ".join(notes)}

    def _records(self) -> list[tuple[int, str, Signature]]:
        """(last change, name, signature) of every run."""
        records, self.links = [], 0
        with os.scandir(self.directory) as children:
            for child in children:
                if child.is_symlink():
                    self.links += (Path(child.path) / FILE_NAME).is_file()
                elif child.is_dir(follow_symlinks=False):
                    current = _record_in(Path(child.path))
                    if current is not None:
                        records.append((max(file[3] for file in current), child.name, current))
        return records

    def _line(self, name: str, current: Signature) -> RunListing:
        directory = self.directory / name
        known, before = self._known.get(name, (_unreadable(directory), ()))
        try:
            if before == current and (known.status != "running" or is_locked(directory)):
                return known
            same = self._proofs.get(name) if before and before[0][1] == current[0][1] else None
            with opened(directory, same) as store:
                listing = listing_of(read_run(store, kinds=FRAME), directory)
                self._proofs.pop(name, None)
                if listing.status == "running":
                    self._proofs[name] = store.proof
                return listing
        except (StropError, OSError) as error:
            if not known.started and _is_being_created(directory):
                return replace(known, status="running", detail="")
            return _unreadable(directory, str(error))


def _unreadable(directory: Path, why: str = "") -> RunListing:
    return RunListing(directory, None, "unreadable", "", 0, why)


def shown(text: str, limit: int = _LONGEST) -> str:
    """A name of the file system, or a message, as one line of text."""
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"), limit)


def _record_in(directory: Path) -> Signature | None:
    """The signature of the record in a directory; None if there is none, or only a link."""
    try:
        return signature(directory)
    except (OSError, StoreError):
        return None


def _is_being_created(directory: Path) -> bool:
    """Whether a record that cannot be read belongs to a run that has just begun: its file is there before its tables are."""
    try:
        return is_locked(directory)
    except OSError:
        return False
