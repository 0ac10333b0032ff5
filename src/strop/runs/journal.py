"""The journal of a run: record, count and show every event, in sessions."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import SearchOver, StropError, starting_threads
from strop.base.events import E, Event, Recorder, RunFinished
from strop.runs.assembly import Components, first_event
from strop.runs.interrupts import Interrupted, Watch, stopped_by_signals
from strop.runs.kept import kept_digest
from strop.runs.resume import ResumeState, ScopeTally, top
from strop.store import Store


class Journal:
    """The recorder of a run: it appends each event to the store, counts it and shows it. No event is appended twice."""

    def __init__(
        self,
        store: Store | None,
        view: Recorder,
        clock: Callable[[], float] = time.monotonic,
        recalled: ResumeState | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        """`store` keeps the events; None keeps nothing. `recalled` is the content of `store` if the run resumes. `notify` prints
        a notice above the live view."""
        self.clock = clock
        self.recalled = recalled if recalled and recalled.events else None
        self.detail = ""
        """Why the session ends, in words; empty if everything was done."""
        self.ends_at: float | None = None
        """When the time limit of the run is reached, by `clock`; None without a limit."""
        self._began = clock()
        self._watch: Watch | None = None
        self._store = store
        self._view = view
        self._notify = notify
        self._lock = threading.Lock()
        self._also: list[Recorder] = []
        self._tallies: dict[str, ScopeTally] = defaultdict(ScopeTally, recalled.tallies if recalled else {})

    def __call__(self, event: Event) -> None:
        if self.recalled is not None and self.recalled.is_recorded(event):
            return
        if self._store is not None:
            self._store.append(event)
        with self._lock:
            self._tallies[top(event.scope)].add(event)
        self._view(event)
        for tell in self._also:
            tell(event)

    @property
    def folder(self) -> Path:
        """The folder of the record."""
        assert self._store is not None, "nothing is recorded"
        return self._store.directory

    @property
    def seconds(self) -> float:
        """Wall seconds of the run so far, those of earlier sessions included."""
        return self.clock() - self._began + (self.recalled.seconds if self.recalled else 0.0)

    def also_tell(self, recorder: Recorder) -> None:
        """Give every new event to `recorder`, too, once it is recorded and shown."""
        self._also.append(recorder)

    def recorded(self, *kinds: type[E]) -> Iterator[E]:
        """The events of these kinds that are recorded so far."""
        return (stored.event for stored in (self._store.events(*kinds) if self._store else ()))

    def tally(self, scope: str) -> ScopeTally:
        """The counts of an outermost scope of the run, such as `t2`."""
        with self._lock:
            return self._tallies[scope]

    @contextmanager
    def of(self, parts: Components) -> Iterator[None]:
        """One session of a run, from its first event to its last.

        Raises:
            Interrupted: the user stopped it.
            StropError: the host failed.
        """
        model, seconds = parts.language_model, None if parts.finish or parts.of_jobs else parts.spec.max_time
        if self.recalled is not None:
            for event in self.recalled.history:
                self._view(event)
            model.learn(self.recalled.answers, by_the_model=True)
            if seconds is not None:
                seconds = max(0.0, seconds - self.recalled.seconds)
        # A cluster may keep an evaluation waiting for ever. An evaluation that is cut off is made again, with equal scores.
        parts_with_work = (parts.sandbox, parts.evaluator)
        digest = "" if self.recalled or self._store is None else kept_digest(self.folder)
        stops = [part.close for part in parts_with_work if part is not None]
        with (
            framed(self, first_event(parts.spec, model, parts.posture, self.recalled, digest), lambda: self.detail),
            stopped_by_signals(*stops, model.finish, seconds=seconds, notify=self._notify) as self._watch,
        ):
            self.ends_at = None if seconds is None else self.clock() + seconds
            yield

    def check_going_on(self) -> None:
        """Raises Interrupted if the user stopped the work while nothing of it was going on."""
        if self._watch is not None and self._watch.reason is not None:
            raise self._watch.reason

    def lift_time_limit(self) -> None:
        """Lift the time limit for the rest of the session."""
        if self._watch is not None:
            self._watch.lift_limit()

    def search_over(self, error: StropError) -> SearchOver | None:
        """The limit that caused an error; None if it is another failure."""
        reason = self._watch.reason if self._watch else None
        cause = error if reason is None else reason
        return cause if isinstance(cause, SearchOver) else None


@contextmanager
def framed(record: Recorder, first: Event, why: Callable[[], str] = str) -> Iterator[None]:
    """Record the first and the last event of a session. The last one says why the session ended; if nothing failed, it has the
    text of `why`."""
    record(first)
    status, detail = "failed", ""
    try:
        with starting_threads():
            yield
        status, detail = "finished", why()
    except Interrupted as error:
        status, detail = "interrupted", error.number.name
        raise
    except KeyboardInterrupt:  # before `stopped_by_signals` took the signals
        status = "interrupted"
        raise
    except SearchOver as error:
        status, detail = "budget", error.detail
        raise
    except StropError as error:
        detail = str(error)
        raise
    except BaseException as error:
        detail = f"{type(error).__name__}: {error}"
        raise
    finally:
        record(RunFinished(scope="", status=status, detail=detail))
