"""End a search while enough of the run's time is left for the comparison that follows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from strop.base.events import Evaluated, Event, ProgramRan, SuiteRan
from strop.base.surface import option
from strop.runs.claims.numbers import seconds_in_words
from strop.runs.context import RunContext
from strop.runs.interrupts import TimeSpent
from strop.runs.whole_program import most_seconds
from strop.tasks.command.task import AnyTask

STARTS = 0.1
"""About how many seconds each held-out instance takes for its own process."""
IN_FLIGHT = 10.0
"""Most seconds that requests in flight get. They get at most a tenth of the time of the run."""
MARGIN = 1.5
"""Factor for the time of the comparison, because the machine may be busier than in training."""
_LOOKS = 1.0
"""Seconds between two estimates of the time that the comparison takes."""


class Reserve:
    """A recorder that estimates from training how long the comparison takes. Thread-safe."""

    def __init__(self, task: AnyTask, most: int, before: Iterable[Event]) -> None:
        """The comparison runs each program at most once for `most` runs in training; 0 for as often as the task says. `before`
        are the recorded events."""
        self._task, self._most = task, most
        self._each = self._longest = 0.0
        self._runs = 0
        self._tests = self._program = 0.0
        for event in before:
            self(event)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Evaluated) and event.split == "train" and event.scores:
            self._runs += len(event.scores)
            self._longest = max(self._longest, event.wall_seconds)
            self._each = max(self._each, event.wall_seconds / len(event.scores))
        elif isinstance(event, SuiteRan):
            self._tests = max(self._tests, event.wall_seconds)
        elif isinstance(event, ProgramRan):
            self._program = max(self._program, most_seconds(event))

    @property
    def seconds(self) -> float:
        """Estimated wall seconds of the comparison, the last evaluation in flight, the evaluation of the improved program in
        training, its tests, and the runs of the whole program."""
        count = max(self._task.count("test"), self._runs // self._most if self._most else 0)
        measuring = 2 * count * (self._each + STARTS) + 2 * self._longest
        return MARGIN * (measuring + self._tests + self._program)


@contextmanager
def comparison_kept(context: RunContext, most: int) -> Iterator[None]:
    """End the search inside when no more time is left than the comparison takes. For `most` see `Reserve`.

    From then on nothing new is granted. Requests in flight get some seconds, and evaluations that have begun finish.
    """
    journal, parts, search = context.journal, context.parts, context.host.search
    ends_at = journal.ends_at
    if ends_at is None:
        yield
        return
    reserve = Reserve(parts.task, most, journal.recorded(Evaluated, SuiteRan, ProgramRan))
    journal.also_tell(reserve)
    in_flight = min(IN_FLIGHT, (ends_at - journal.clock()) / 10)
    done = threading.Event()

    def left() -> float:
        return ends_at - journal.clock() - reserve.seconds - in_flight

    def end() -> None:
        limit, kept = f"{parts.spec.max_time:g} s", f"about {seconds_in_words(reserve.seconds, 2)}"
        search.over = TimeSpent(
            f"the rest of --max-time {limit} is kept for the comparison, which takes {kept}",
            f"{option('max_time')} {limit} left no time for a candidate: the comparison alone takes {kept}",
        )

    def watch() -> None:
        while (seconds := left()) > 0:
            if done.wait(min(seconds, _LOOKS)):
                return
        end()
        parts.language_model.finish()

    if left() <= 0:
        end()
    thread = threading.Thread(target=watch, name="strop-time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        journal.lift_time_limit()
