"""A run as a tree of spans, in the terms of OpenTelemetry's semantic conventions, without its library.

One trace for a run, and one tree for each session of it: the run, its iterations, improvements, LM responses (`chat` in the GenAI
conventions) and evaluations. A session ends with the run, with Ctrl-C, or when a killed run is resumed, and all open spans end
with it. Ids derive from the record: a span that is sent twice has the same id. otel.py sends the spans.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

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
from strop.store import Stored

Attributes: TypeAlias = dict[str, str | bool | int | float | tuple[str, ...]]
"""Named values of a span."""
Kind: TypeAlias = Literal["internal", "client"]
MOST_NOTES = 100
"""Notes on one span, at most: a program can cause thousands."""
PROVIDERS = {"gemini": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""The well-known names of providers, where they differ from strop's."""
_PARAMETERS = {
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "seed": "gen_ai.request.seed",
}


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
        self._model = Model("", None)
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
        self._model = Model.of(event.spec)
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
        return [
            self._make(
                name, stored, stored.at, attributes | request_attributes(self._model, call), event.fault, "client"
            )
        ]

    def _responded(self, stored: Stored[Event], event: LmResponded) -> Span:
        call, faults = self._calls.get((event.scope, event.call), (None, []))
        model = Model(event.lm, None) if event.lm else self._model
        attributes = request_attributes(model, call) | response_attributes(event)
        if self._content:
            attributes |= text_attributes(call, event)
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


@dataclass(frozen=True)
class Model:
    """A model, from its specification and `--base-url`."""

    lm: str
    base_url: str | None

    @staticmethod
    def of(spec: Mapping[str, Any]) -> Model:
        """That of the fields of a RunSpec."""
        return Model(str(spec.get("model") or ""), spec.get("base_url"))

    @property
    def provider(self) -> str:
        """`openai` of `openai/gpt-4?rpm=60`, `command` of `command:PROGRAM`, in the convention's words."""
        head = self.lm.partition("/")[0].partition(":")[0].partition("?")[0]
        return PROVIDERS.get(head, head)

    @property
    def name(self) -> str:
        """`gpt-4` of `openai/gpt-4`; the provider where it has no models; empty for a mix and for no model."""
        if self.lm.startswith("mix:"):
            return ""
        head, _, model = self.lm.partition("?")[0].partition("/")
        return model if model and ":" not in head else self.provider


def request_attributes(model: Model, call: LmCalled | None) -> Attributes:
    """Attributes of a request."""
    attributes: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": model.provider}
    attributes["gen_ai.system"] = model.provider  # its name before version 1.37 of the conventions
    if model.name:
        attributes["gen_ai.request.model"] = model.name
    if call is not None:
        attributes["gen_ai.request.temperature"] = call.temperature
    if model.base_url:
        server = urlsplit(model.base_url)
        if server.hostname:
            attributes["server.address"] = server.hostname
            attributes["server.port"] = server.port or (443 if server.scheme == "https" else 80)
    return attributes


def response_attributes(event: LmResponded) -> Attributes:
    """Attributes of a response, with the effective parameters. A reused answer has no usage: nothing was paid."""
    attributes: Attributes = {
        "gen_ai.response.model": event.model,
        "gen_ai.response.finish_reasons": (event.finish_reason,),
    }
    for name, value in event.parameters.items():
        if name in _PARAMETERS and isinstance(value, int | float):
            attributes[_PARAMETERS[name]] = value
    if event.again:
        return attributes | {"strop.again": True}
    if event.input_tokens is not None:
        attributes["gen_ai.usage.input_tokens"] = event.input_tokens
    if event.output_tokens is not None:
        attributes["gen_ai.usage.output_tokens"] = event.output_tokens
    if event.cost is not None:
        attributes["strop.cost_dollars"] = event.cost / 1e9
    return attributes


def text_attributes(call: LmCalled | None, event: LmResponded) -> Attributes:
    """The prompt and the answer, as the conventions write them: JSON in attributes."""
    parts = [{"type": "text", "content": event.text}]
    if event.reasoning:
        parts.insert(0, {"type": "reasoning", "content": event.reasoning})
    answer = {"role": "assistant", "parts": parts, "finish_reason": event.finish_reason}
    attributes: Attributes = {"gen_ai.output.messages": json.dumps([answer])}
    if call is not None and 0 <= event.index < len(call.messages):
        message = {"type": "text", "content": call.messages[event.index]}
        attributes["gen_ai.input.messages"] = json.dumps([{"role": "user", "parts": [message]}])
        attributes["gen_ai.system_instructions"] = json.dumps([{"type": "text", "content": call.expertise}])
    return attributes
