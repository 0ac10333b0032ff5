"""Send a run's settings, figures by iteration and best improver to trackers: MLflow, Weights & Biases.

Each tracker is a module beside this one, whose `begin` gives a `Sink`. It is loaded, and called, on a thread of its own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from strop.analysis.stats import mean
from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.events import (
    Evaluated,
    Event,
    IterationFinished,
    LmCalled,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.base.from_json import read_json
from strop.base.terminal_text import escape
from strop.runs.run_data import RunData
from strop.runs.run_directory import save
from strop.store import Proof, Store, Stored

LIBRARIES = {"mlflow": "mlflow", "wandb": "wandb"}
"""Tracker, which is also the name of its extra → the module that it needs."""
KINDS: tuple[type[Event], ...] = (
    RunStarted,
    RunResumed,
    RunFinished,
    IterationFinished,
    LmCalled,
    LmResponded,
    Evaluated,
)
"""The kinds of events that the figures are made of."""
POLL_SECONDS = 2.0
"""Seconds between two readings of the record."""
LAST_SECONDS = 10.0
"""Seconds that all trackers together may delay the end of a run."""


@dataclass
class Figures:
    """A run as a tracker gets it. It holds no prompt, answer or program."""

    directory: Path
    facts: Mapping[str, str]
    """Kind, task and language model, and why the record is unverified."""
    iterations: list[tuple[int, float, dict[str, float]]] = field(default_factory=list)
    """(t, Unix time of its end, its figures and the totals up to it)."""
    run: RunData = field(default_factory=RunData)

    def add(self, stored: Stored[Event]) -> None:
        """Take the next event of the record."""
        self.run.add(stored.event, stored.at)
        if isinstance(event := stored.event, IterationFinished):
            values = {"accepted": float(event.accepted), "seconds": event.seconds}
            values |= {name: mean(of) for name, of in (("train", event.train), ("test", event.test)) if of}
            self.iterations.append((event.t, stored.at, values | self.totals()))

    @property
    def ended(self) -> tuple[str, float] | None:
        """Status of a session that ended, and its Unix time; None during a session."""
        return (self.run.end.status, self.run.sessions[-1].last) if self.run.end else None

    def settings(self) -> dict[str, str | int | float | bool]:
        """The settings of the run that have a value."""
        return {
            name: value if isinstance(value, str | int | float) else json.dumps(value)
            for name, value in self.run.recipe.items()
            if value is not None
        }

    def totals(self) -> dict[str, float]:
        """Calls, responses, tokens, evaluations, and dollars if every response has a price; reused answers are free."""
        spent = self.run.costs.total
        counts = {
            "lm_calls": spent.lm_calls,
            "responses": spent.responses - spent.again,
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
            "evaluations": self.run.evaluations,
        }
        money = {} if spent.money is None else {"cost_dollars": spent.money / 1e9}
        return {name: float(count) for name, count in counts.items()} | money

    def best(self) -> Path | None:
        """The file of the best improver, if the run has written it."""
        path = self.directory / "best.py"
        return path if path.is_file() else None


@dataclass
class Sent:
    """What a tracker has of a run. It is saved, so that a resumed run continues the same run of the tracker."""

    run: str = ""
    """The tracker's own id of the run; empty if it has none yet."""
    iterations: int = 0
    """How many of them have arrived."""


class Sink(Protocol):
    """One run in one tracker, which the module's `begin(figures, sent)` begins or continues. One thread calls it; what it raises
    and how long it takes do not affect the run: after an exception, what did not arrive is sent again."""

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """Add iteration `t`, which ended at Unix time `at`."""
        ...

    def end(self, figures: Figures, status: str, at: float) -> None:
        """Add the end of a session, at Unix time `at`, with the totals and the best improver. The run may be resumed later."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


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
        self._path = _notes_path(directory, tracker)
        try:
            self._sent = Sent(**read_json(self._path.read_text(encoding="utf-8"))) if self._path.exists() else Sent()
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{self._path} is damaged; remove it to send the whole run again") from error
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
            rest = f"to send the rest: strop export {self._directory} --to {self.tracker}"
            self._say(f"{self.tracker} does not have the whole run{why}; {rest}")
        return self._whole

    def run(self) -> None:
        """Send what is new every two seconds; after the block, once more."""
        last, pause = False, 0.0
        while not last:
            last, pause = self.ending.wait(pause), POLL_SECONDS
            try:
                figures = self._updated()
                if figures.run.start is not None:  # else the run has not recorded its settings yet
                    self._send(figures, last)
                self._whole = last
            except Exception as error:  # noqa: BLE001 - nothing that a tracker's library raises may end the run
                if not self._failed:
                    self._say(f"tracker {self.tracker} failed and will be retried: {type(error).__name__}: {error}")
                self._failed = True

    def _updated(self) -> Figures:
        """The figures with what is new. Nothing stays open: a writer folds its log only if nobody reads."""
        with Store.open(self._directory, proof=self._proof) as store:
            self._proof = store.proof
            if self._figures is None:
                shown = ("kind", "task", "language_model")
                facts = {name: value for name, value in store.meta.items() if name in shown}
                facts |= {"unverified": store.unverified} if store.unverified else {}
                self._figures = Figures(self._directory, facts)
            for stored in store.outline(*KINDS, after=self._read):
                self._figures.add(stored)
                self._read = stored.seq
            return self._figures

    def _send(self, figures: Figures, last: bool) -> None:
        try:
            if self._sink is None:
                self._sink = import_module(f"strop.report.tracking.{self.tracker}").begin(figures, self._sent)
            for iteration in figures.iterations[self._sent.iterations :]:
                self._sink.log(*iteration)
                self._sent.iterations += 1
            if last and figures.ended is not None:
                self._sink.end(figures, *figures.ended)
            if last:
                self._sink.close()
        finally:
            save(self._path, json.dumps(asdict(self._sent)) + "\n")

    def _say(self, line: str) -> None:
        self._tell(escape(line, 600))


def _notes_path(directory: Path, tracker: str) -> Path:
    return directory / f"tracker-{tracker}.json"
