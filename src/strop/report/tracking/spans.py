"""A run as a tree of spans, in the terms of OpenTelemetry's semantic conventions, without its library.

One trace a run; one tree a session of it: the run, its iterations, improvements, LM responses (`chat`) and evaluations. A session
ends with the run, with Ctrl-C, or when a killed run is resumed, and everything open ends with it. Ids derive from the record, so
that a span that is sent twice has the same id. otel.py sends them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

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

Kind: TypeAlias = Literal["internal", "client"]
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
    kind: Kind = "internal"
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
    """Makes spans of events in their order. Holds what is open, and the LM calls of open improvements."""

    def __init__(self, facts: dict[str, str], *, content: bool) -> None:
        self.trace = 0
        """128 bits; 0 before the first event."""
        self._facts, self._content = facts, content
        self._open: dict[str, Span] = {}
        self._calls: dict[tuple[str, int], tuple[LmCalled, list[Note]]] = {}
        self._model = chat.Model("", None)
        self._last = 0.0

    def add(self, stored: Stored[Event]) -> list[Span]:
        """Take an event of KINDS; returns the spans that end with it."""
        match stored.event:
            case RunStarted() | RunResumed() | RunFinished() as event:
                ended = self._session(stored, event)
            case LmCalled() as event:
                self._calls[event.scope, event.call] = event, []
                ended = []
            case LmFault() as event:
                ended = self._faulted(stored, event)
            case LmResponded() as event:
                ended = [self._responded(stored, event)]
            case Evaluated() as event:
                ended = [self._evaluated(stored, event)]
            case Compared() | AuditNoted() as event:
                self._note(stored, event)
                ended = []
            case event:
                ended = self._scoped(stored, event)
        self._last = stored.at
        return ended

    def _session(self, stored: Stored[Event], event: RunStarted | RunResumed | RunFinished) -> list[Span]:
        """A run, or a session of it, begins or ends."""
        if isinstance(event, RunFinished):
            if (root := self._open.get("")) is not None:
                root.attributes["strop.status"] = event.status
            return self._end_session(stored.at, "" if event.status == "finished" else event.status)
        killed = self._end_session(self._last, "killed")
        if not self.trace:
            self.trace = _number(16, f"{stored.at!r} {json.dumps(event.spec)}")
        self._model = chat.Model.of(event.spec)
        attributes: Attributes = {f"strop.{name}": value for name, value in self._facts.items()}
        attributes |= {"strop.spec": json.dumps(event.spec), "strop.resumed": isinstance(event, RunResumed)}
        self._begin(f"strop {self._facts.get('kind', 'run')}", stored, attributes)
        return killed

    def _scoped(self, stored: Stored[Event], event: Event) -> list[Span]:
        """An iteration or an improvement begins or ends."""
        match event:
            case IterationStarted():
                self._begin(f"iteration {event.t}", stored, {"strop.t": event.t})
            case ImproveStarted():
                self._begin(f"improve {event.utility}", stored, {"strop.utility": event.utility})
            case IterationFinished():
                attributes = _attributes(event, "accepted", "lm_calls", "evaluations")
                if self._content:  # after a failed self-improvement it quotes the program
                    attributes["strop.reason"] = event.reason
                for name, values in (("train", event.train), ("test", event.test)):
                    if values:
                        attributes[f"strop.{name}"] = mean(values)
                return [self._end(stored, attributes, "")]
            case ImproveFinished():
                for key in [key for key in self._calls if key[0] == event.scope]:
                    del self._calls[key]
                attributes = _attributes(event, "outcome", "utility_calls", "lm_calls", "cpu_seconds")
                if self._content and event.detail:
                    attributes["strop.detail"] = event.detail
                return [self._end(stored, attributes, "" if event.outcome == "ok" else event.outcome)]
            case _:
                pass
        return []

    def _faulted(self, stored: Stored[Event], event: LmFault) -> list[Span]:
        call, faults = self._calls.get((event.scope, event.call), (None, []))
        attributes = {"error.type": event.fault} | _attributes(event, "attempt", "index")
        if self._content:
            attributes["strop.detail"] = event.detail
        if event.index >= 0:
            faults.append(Note("fault", stored.at, attributes))
            return []
        name = f"chat {self._model.name}".rstrip()
        return [self._make(name, stored, stored.at, attributes | chat.asked(self._model, call), event.fault, "client")]

    def _responded(self, stored: Stored[Event], event: LmResponded) -> Span:
        call, faults = self._calls.get((event.scope, event.call), (None, []))
        model = chat.Model(event.lm, None) if event.lm else self._model
        attributes = chat.asked(model, call) | chat.answered(event)
        if self._content:
            attributes |= chat.texts(call, event)
        span = self._make(f"chat {model.name}".rstrip(), stored, stored.at - event.seconds, attributes, "", "client")
        span.notes = [note for note in faults if note.attributes["strop.index"] == event.index][:MOST_NOTES]
        return span

    def _evaluated(self, stored: Stored[Event], event: Evaluated) -> Span:
        attributes = _attributes(event, "utility", "split", "verdict", "value", "cpu_seconds")
        if self._content and event.error:
            attributes["strop.error"] = event.error
        error = "" if event.verdict == "ok" else event.verdict
        return self._make(f"evaluate {event.utility}", stored, stored.at - event.wall_seconds, attributes, error)

    def _note(self, stored: Stored[Event], event: Compared | AuditNoted) -> None:
        above = self._above(event.scope)
        if above is None or len(above.notes) >= MOST_NOTES:
            return
        if isinstance(event, Compared):
            note = Note("compared", stored.at, _attributes(event, "pairs", "e_value", "accepted"))
        else:
            note = Note("audit note", stored.at, _attributes(event, "rule", "times"))
        above.notes.append(note)

    def _above(self, scope: str) -> Span | None:
        """The innermost open span at `scope` or around it."""
        while scope and scope not in self._open:
            scope = scope.rpartition("/")[0]
        return self._open.get(scope)

    def _begin(self, name: str, stored: Stored[Event], attributes: Attributes) -> None:
        self._open[stored.event.scope] = self._make(name, stored, stored.at, attributes)

    def _make(
        self,
        name: str,
        stored: Stored[Event],
        start: float,
        attributes: Attributes,
        error: str = "",
        kind: Kind = "internal",
    ) -> Span:
        scope = stored.event.scope
        above = self._above(scope)
        scoped = attributes | ({"strop.scope": scope} if scope else {})
        number = _number(8, f"{self.trace} {stored.seq}")
        return Span(name, number, above.id if above else None, start, stored.at, kind, scoped, error)

    def _end(self, stored: Stored[Event], attributes: Attributes, error: str) -> Span:
        span = self._open.pop(stored.event.scope, None)
        if span is None:  # it began in an earlier session, and was sent with it
            span = self._make(f"rest of {stored.event.scope}", stored, stored.at, {})
        span.end, span.error = stored.at, error
        span.attributes |= attributes
        return span

    def _end_session(self, at: float, error: str) -> list[Span]:
        """End everything that is open, the innermost first."""
        ended = list(reversed(self._open.values()))
        for span in ended:
            span.end, span.error = at, error
        self._open.clear()
        return ended


def _attributes(event: Event, *names: str) -> Attributes:
    """Fields of an event as attributes `strop.NAME`."""
    return {f"strop.{name}": getattr(event, name) for name in names}


def _number(size: int, text: str) -> int:
    """A number of `size` bytes, not 0, that stands for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size]) or 1
