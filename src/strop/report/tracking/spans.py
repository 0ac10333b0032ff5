"""A run as a tree of spans, in the terms of OpenTelemetry's semantic conventions, without its library.

One trace a run; a tree a stretch of it: the run, its iterations, improvements, LM responses (`chat`) and evaluations. A stretch
ends with the run, with Ctrl-C, or where a killed run is resumed, and everything open ends with it. Ids derive from the record, so
that what is sent twice has the same ids. Not here: sending (otel.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from strop.analysis.stats import mean
from strop.base.events import (
    AuditNoted,
    Compared,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.report.tracking import chat
from strop.report.tracking.base import Attributes
from strop.store import Stored

MOST_NOTES = 100
"""Notes on one span, at most: a program can cause thousands."""


@dataclass(frozen=True)
class Note:
    """Something that happened within a span."""

    name: str
    at: float
    attributes: Attributes


@dataclass
class Span:
    """One operation. Times in Unix seconds."""

    name: str
    id: int
    parent: int | None
    start: float
    end: float = 0.0
    kind: Literal["internal", "client"] = "internal"
    attributes: Attributes = field(default_factory=dict)
    error: str = ""
    """Why it failed, in one word; empty where it did not."""
    notes: list[Note] = field(default_factory=list)


KINDS: tuple[type[Event], ...] = (
    RunStarted,
    RunResumed,
    RunFinished,
    IterationStarted,
    IterationFinished,
    ImproveStarted,
    ImproveFinished,
    LmCalled,
    LmResponded,
    LmFault,
    Evaluated,
    Compared,
    AuditNoted,
)


class Spans:
    """Makes spans of events, in the record's order."""

    def __init__(self, facts: dict[str, str], *, content: bool) -> None:
        self.trace = 0
        """128 bits; 0 before the first event."""
        self._facts, self._content = facts, content
        self._open: dict[str, Span] = {}
        self._calls: dict[tuple[str, int], tuple[LmCalled, list[Note]]] = {}
        self._model = chat.Model("", None)
        self._last = 0.0
        self._acts: dict[type[Event], Callable[[Stored[Event]], list[Span]]] = {
            RunStarted: self._run_started,
            RunResumed: self._run_started,
            RunFinished: self._run_finished,
            IterationStarted: self._iteration_started,
            IterationFinished: self._iteration_finished,
            ImproveStarted: self._improve_started,
            ImproveFinished: self._improve_finished,
            LmCalled: self._lm_called,
            LmResponded: self._lm_responded,
            LmFault: self._lm_fault,
            Evaluated: self._evaluated,
            Compared: self._noted,
            AuditNoted: self._noted,
        }

    def add(self, stored: Stored[Event]) -> list[Span]:
        """The spans that end with this event."""
        ended = self._acts[type(stored.event)](stored)
        self._last = stored.at
        return ended

    def _run_started(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, RunStarted | RunResumed)
        killed = self._ended_stretch(self._last, "killed")
        if not self.trace:
            self.trace = _number(16, f"{stored.at!r} {event.spec}")
        self._model = chat.Model.of(event.spec)
        attributes: Attributes = {f"strop.{name}": value for name, value in self._facts.items()}
        attributes["strop.spec"] = event.spec
        attributes["strop.resumed"] = isinstance(event, RunResumed)
        self._begin(f"strop {self._facts.get('kind', 'run')}", stored, attributes)
        return killed

    def _run_finished(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, RunFinished)
        if (root := self._open.get("")) is not None:
            root.attributes["strop.status"] = event.status
        return self._ended_stretch(stored.at, "" if event.status == "finished" else event.status)

    def _iteration_started(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, IterationStarted)
        self._begin(f"iteration {event.t}", stored, {"strop.t": event.t})
        return []

    def _iteration_finished(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, IterationFinished)
        attributes: Attributes = {"strop.accepted": event.accepted}
        attributes |= {"strop.lm_calls": event.lm_calls, "strop.evaluations": event.evaluations}
        if self._content:  # where the self-improvement failed it quotes the program
            attributes["strop.reason"] = event.reason
        for name, values in (("train", event.train), ("test", event.test)):
            if values:
                attributes[f"strop.{name}"] = mean(values)
        return self._ended(stored, attributes, "")

    def _improve_started(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, ImproveStarted)
        self._begin(f"improve {event.utility}", stored, {"strop.utility": event.utility})
        return []

    def _improve_finished(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, ImproveFinished)
        for key in [key for key in self._calls if key[0] == event.scope]:
            del self._calls[key]
        attributes: Attributes = {"strop.outcome": event.outcome, "strop.utility_calls": event.utility_calls}
        attributes |= {"strop.lm_calls": event.lm_calls, "strop.cpu_seconds": event.cpu_seconds}
        if self._content and event.detail:
            attributes["strop.detail"] = event.detail
        return self._ended(stored, attributes, "" if event.outcome == "ok" else event.outcome)

    def _lm_called(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, LmCalled)
        self._calls[event.scope, event.call] = event, []
        return []

    def _lm_fault(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, LmFault)
        call, faults = self._calls.get((event.scope, event.call), (None, []))
        attributes: Attributes = {"error.type": event.fault, "strop.attempt": event.attempt, "strop.index": event.index}
        if self._content:
            attributes["strop.detail"] = event.detail
        if event.index >= 0:
            faults.append(Note("fault", stored.at, attributes))
            return []
        span = self._made(f"chat {self._model.name}".rstrip(), stored, stored.at, attributes, event.fault)
        span.kind = "client"
        span.attributes |= chat.asked(self._model, call)
        return [span]

    def _lm_responded(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, LmResponded)
        call, faults = self._calls.get((event.scope, event.call), (None, []))
        model = chat.Model(event.lm, None) if event.lm else self._model
        attributes = chat.asked(model, call) | chat.answered(event)
        if self._content:
            attributes |= chat.texts(call, event)
        span = self._made(f"chat {model.name}".rstrip(), stored, stored.at - event.seconds, attributes, "")
        span.kind = "client"
        span.notes = [note for note in faults if note.attributes["strop.index"] == event.index][:MOST_NOTES]
        return [span]

    def _evaluated(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        assert isinstance(event, Evaluated)
        attributes: Attributes = {"strop.utility": event.utility, "strop.split": event.split}
        attributes |= {
            "strop.verdict": event.verdict,
            "strop.value": event.value,
            "strop.cpu_seconds": event.cpu_seconds,
        }
        if self._content and event.error:
            attributes["strop.error"] = event.error
        error = "" if event.verdict == "ok" else event.verdict
        return [self._made(f"evaluate {event.utility}", stored, stored.at - event.wall_seconds, attributes, error)]

    def _noted(self, stored: Stored[Event]) -> list[Span]:
        event = stored.event
        attributes: Attributes = {}
        if isinstance(event, Compared):
            attributes = {"strop.pairs": event.pairs, "strop.e_value": event.e_value, "strop.accepted": event.accepted}
        elif isinstance(event, AuditNoted):
            attributes = {"strop.rule": event.rule, "strop.times": event.times}
        above = self._above(event.scope)
        if above is not None and len(above.notes) < MOST_NOTES:
            above.notes.append(Note("compared" if isinstance(event, Compared) else "audit note", stored.at, attributes))
        return []

    def _above(self, scope: str) -> Span | None:
        """The innermost open span at `scope` or around it."""
        while scope and scope not in self._open:
            scope = scope.rpartition("/")[0]
        return self._open.get(scope)

    def _begin(self, name: str, stored: Stored[Event], attributes: Attributes) -> None:
        span = self._made(name, stored, stored.at, attributes, "")
        self._open[stored.event.scope] = span

    def _made(self, name: str, stored: Stored[Event], start: float, attributes: Attributes, error: str) -> Span:
        above = self._above(stored.event.scope)
        scoped = attributes | ({"strop.scope": stored.event.scope} if stored.event.scope else {})
        number = _number(8, f"{self.trace} {stored.seq}")
        return Span(name, number, above.id if above else None, start, stored.at, "internal", scoped, error)

    def _ended(self, stored: Stored[Event], attributes: Attributes, error: str) -> list[Span]:
        span = self._open.pop(stored.event.scope, None)
        if span is None:  # begun in a stretch that has ended; its beginning was sent with that one
            span = self._made(f"rest of {stored.event.scope}", stored, stored.at, {}, "")
        span.end, span.error = stored.at, error
        span.attributes |= attributes
        return [span]

    def _ended_stretch(self, at: float, error: str) -> list[Span]:
        """End everything that is open, the innermost first."""
        ended = list(reversed(self._open.values()))
        for span in ended:
            span.end, span.error = at, error
        self._open.clear()
        return ended


def _number(size: int, text: str) -> int:
    """A number of `size` bytes, not 0, that stands for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size]) or 1
