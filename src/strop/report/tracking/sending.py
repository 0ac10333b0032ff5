"""Send a run to trackers from its record, each on a thread of its own: a run never waits for one.

The record is the truth. A tracker that fails is tried again, and what a killed run did not send, the resumed one does.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.from_json import read_json
from strop.base.terminal_text import escape
from strop.report.tracking.base import KINDS, LIBRARIES, Figures, Notes, Sink
from strop.runs.run_directory import save
from strop.store import Proof, Store

POLL_SECONDS = 2.0
"""Seconds between two readings of the record."""
LAST_SECONDS = 10.0
"""Seconds that all trackers together may delay the end of a run."""


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The trackers with these names, each once.

    Raises:
        ConfigurationError: one does not exist, or its library is not installed.
    """
    for name in names:
        if name not in LIBRARIES:
            raise ConfigurationError(f"unknown tracker {name!r}: choose {' or '.join(LIBRARIES)}")
        if find_spec(LIBRARIES[name]) is None:
            raise ConfigurationError(f"tracker {name} is not installed: pip install 'strop[{name}]'")
    return tuple(dict.fromkeys(names))


def continued(directory: Path) -> tuple[str, ...]:
    """The trackers that the run in `directory` was sent to before.

    Raises:
        ConfigurationError: a library is no longer installed.
    """
    return checked([name for name in LIBRARIES if _notes_path(directory, name).exists()])


@contextmanager
def sent(
    directory: Path, trackers: Sequence[str], tell: Callable[[str], None] = notify, seconds: float = LAST_SECONDS
) -> Iterator[list[str]]:
    """Send the record in `directory` while the block runs; at its end send the rest, for at most `seconds`.

    Yields a list that afterwards holds the trackers which have everything. `tell` gets one line for the first failure of each
    tracker, and one for each that lacks something at the end.

    Raises:
        ConfigurationError: the notes of an earlier session are damaged.
    """
    senders = [_Sender(name, directory, tell) for name in trackers]
    whole: list[str] = []
    for sender in senders:
        sender.start()
    try:
        yield whole
    finally:
        deadline = time.monotonic() + seconds
        for sender in senders:
            sender.ending.set()
        whole += [sender.tracker for sender in senders if sender.ended(deadline)]


class _Sender(threading.Thread):
    """One tracker and its thread."""

    def __init__(self, tracker: str, directory: Path, tell: Callable[[str], None]) -> None:
        super().__init__(name=f"strop-track-{tracker}", daemon=True)
        self.tracker, self.ending = tracker, threading.Event()
        self._directory, self._tell = directory, tell
        self._notes = _read_notes(_notes_path(directory, tracker))
        self._sink: Sink | None = None
        self._figures: Figures | None = None
        self._read = 0
        self._proof: Proof | None = None
        self._failed = self._whole = False

    def ended(self, deadline: float) -> bool:
        """Wait for the rest; returns whether all of it was sent."""
        self.join(max(0.0, deadline - time.monotonic()))
        if not self._whole:
            why = "" if self._failed else " (it is too slow)"
            self._say(
                f"{self.tracker} does not have the whole run{why}; to send the rest: "
                f"strop export {self._directory} --to {self.tracker}"
            )
        return self._whole

    def run(self) -> None:
        """Send what is new every two seconds; after the block, once more."""
        last, pause = False, 0.0
        while not last:
            last, pause = self.ending.wait(pause), POLL_SECONDS
            try:
                self._send()
                if last and self._sink is not None:
                    self._sink.close()
                self._whole = last
            except Exception as error:  # noqa: BLE001 - nothing that a tracker's library raises may end the run
                if not self._failed:
                    self._say(f"tracker {self.tracker} failed and will be retried: {type(error).__name__}: {error}")
                self._failed = True

    def _send(self) -> None:
        figures = self._new_figures()
        if not figures.began:  # the run has not recorded its settings yet
            return
        if self._sink is None:
            self._sink = import_module(f"strop.report.tracking.{self.tracker}").make()
        try:
            self._sink.send(figures, self._notes)
        finally:
            save(_notes_path(self._directory, self.tracker), json.dumps(asdict(self._notes)) + "\n")

    def _new_figures(self) -> Figures:
        """The figures with the events since the last call. Nothing stays open: a writer folds its log only if nobody reads."""
        with Store.open(self._directory, proof=self._proof) as store:
            self._proof = store.proof
            if self._figures is None:
                facts = {
                    name: value for name, value in store.meta.items() if name in ("kind", "task", "language_model")
                }
                facts |= {"unverified": store.unverified} if store.unverified else {}
                self._figures = Figures(self._directory, facts)
            for stored in store.outline(*KINDS, after=self._read):
                self._figures.add(stored)
                self._read = stored.seq
            return self._figures

    def _say(self, line: str) -> None:
        self._tell(escape(line, 600))


def _notes_path(directory: Path, tracker: str) -> Path:
    return directory / f"tracker-{tracker}.json"


def _read_notes(path: Path) -> Notes:
    try:
        return Notes(**read_json(path.read_text(encoding="utf-8"))) if path.exists() else Notes()
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} is damaged; remove it to send the whole run again") from error
