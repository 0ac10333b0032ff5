"""Send a run to trackers from its record, each on its own thread.

The run never waits for a tracker: it records, and each tracker's thread reads the record. Events that a tracker has not
taken stay in the record: memory is bounded, nothing is dropped, and a resumed run sends what a killed one did not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path

from strop.base.console import notify
from strop.base.events import Event
from strop.base.terminal_text import escape
from strop.report.tracking.base import Entry, Notebook, Subject, Track, Tracker
from strop.store import Proof, Store, Stored

POLL_SECONDS = 0.5
"""Seconds between two readings of the record."""
BATCH = 500
"""Events sent at once, at most."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts at a tracker that fails, at most."""
LAST_SECONDS = 10.0
"""Seconds that all trackers together may delay the end of a run."""
FAILING_SECONDS = 2.0
"""The same for a tracker whose last attempt failed."""
FACTS = ("kind", "task", "language_model")
"""What trackers get of a record's `meta`; never its secret."""


def notify_escaped(line: str) -> None:
    """Print one line on standard error; it may quote the message of a library."""
    notify(escape(line, 600))


@dataclass
class Mirror:
    """The outcome, complete after the block."""

    whole: list[str] = field(default_factory=list)
    """The trackers that have received everything."""


@contextmanager
def mirrored(
    directory: Path,
    tracks: Sequence[Track],
    tell: Callable[[str], None] = notify_escaped,
    seconds: float = LAST_SECONDS,
) -> Iterator[Mirror]:
    """Send the record in `directory` while the block runs; at its end send the rest, for at most `seconds`.

    The record must exist, and its writer must be closed before the block ends. `tell` gets one line for the first failure of each
    tracker, and at the end one for each tracker that does not have everything.

    Raises:
        ConfigurationError: the notes of an earlier session are damaged.
    """
    mirror = Mirror()
    if not tracks:
        yield mirror
        return
    notebook = Notebook(directory)
    lanes = [_Lane(track, directory, notebook, tell) for track in tracks]
    notebook.save()
    try:
        yield mirror
    finally:
        deadline = time.monotonic() + seconds
        for lane in lanes:
            lane.end()
        mirror.whole += [lane.name for lane in lanes if lane.join(deadline)]


class _Lane:
    """One tracker and its thread."""

    def __init__(self, track: Track, directory: Path, notebook: Notebook, tell: Callable[[str], None]) -> None:
        self._track, self._directory, self._notebook, self._tell = track, directory, notebook, tell
        self._entry = notebook.entries.setdefault(track.name, Entry(track.content))
        self._entry.content = track.content
        self.name = track.name
        self._taken = self._entry.sent
        self._proof: Proof | None = None
        self._ending = threading.Event()
        self._notified = self._failing = False
        self._done = False
        self._thread = threading.Thread(target=self._work, name=f"strop-track-{track.name}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """The record is complete: send the rest and stop."""
        self._ending.set()

    def join(self, deadline: float) -> bool:
        """Wait for the rest; returns whether all of it was sent."""
        left = max(0.0, deadline - time.monotonic())
        self._thread.join(min(left, FAILING_SECONDS) if self._failing else left)
        if not self._done:
            why = "" if self._notified else " (it is too slow)"
            self._tell(
                f"{self.name} does not have the whole run{why}; to send the rest: "
                f"strop export {self._directory} --to {self.name}"
            )
        return self._done

    def _work(self) -> None:
        tracker: Tracker | None = None
        pause = POLL_SECONDS
        while True:
            ending = self._ending.is_set()  # before the reading: then what is read is everything
            try:
                if tracker is None:
                    tracker = self._create()
                whole = self._step(tracker)
                pause, self._failing = POLL_SECONDS, False
            except Exception as error:  # noqa: BLE001 - nothing that a tracker's library raises may end the run
                self._failed(error)
                if ending:
                    break
                self._ending.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if whole and ending:
                break
            if whole:
                self._ending.wait(POLL_SECONDS)
        try:
            if tracker is not None:
                tracker.close()
            self._done = not self._failing
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)

    def _create(self) -> Tracker:
        """The tracker, with the events of earlier sessions."""
        with Store.open(self._directory) as store:
            self._proof = store.proof
            facts = {name: value for name, value in store.meta.items() if name in FACTS}
            facts |= {"unverified": store.unverified} if store.unverified else {}
            subject = Subject(self._directory, facts, self._track.content, self._entry.notes)
            tracker = self._track.make(subject)
            known = self._entry.sent
            for stored in takewhile(lambda stored: stored.seq <= known, self._read(store, tracker, 0)):
                tracker.event(stored, known=True)
        self._notebook.save()  # its notes, before anything is sent
        return tracker

    def _step(self, tracker: Tracker) -> bool:
        """Send new events, up to a batch; returns whether that was all."""
        batch: list[Stored[Event]] = []
        if self._taken == self._entry.sent:  # else the last batch is not sent yet
            # Not kept open: a writer folds its log only when nobody reads.
            with Store.open(self._directory, proof=self._proof) as store:
                self._proof = store.proof
                batch = list(islice(self._read(store, tracker, self._taken), BATCH))
            for stored in batch:
                self._taken = stored.seq
                tracker.event(stored, known=False)
        tracker.flush()
        if self._taken != self._entry.sent:
            self._entry.sent = self._taken
            self._notebook.save()
            return len(batch) < BATCH and bool(batch)
        return True

    def _read(self, store: Store, tracker: Tracker, after: int) -> Iterator[Stored[Event]]:
        """The events after number `after`; without texts unless the tracker may have them."""
        read = store.events if self._track.content else store.outline
        return read(*tracker.kinds, after=after)

    def _failed(self, error: Exception) -> None:
        self._failing = True
        if not self._notified:
            self._notified = True
            self._tell(f"tracker {self.name} failed and will be retried: {type(error).__name__}: {error}")
