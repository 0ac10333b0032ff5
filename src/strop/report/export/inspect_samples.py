"""The samples of a log of inspect-ai, made from the outline of a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from strop.base.events import AuditNoted, Evaluated, Event, ImproveFinished, ImproveStarted
from strop.report.export.table_files import encodable
from strop.report.export.tables import Exchange, Exchanges
from strop.runs.scopes import iteration_of, role_in
from strop.store import Stored

_STOPS = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter", "tool_calls": "tool_calls"}
"""Finish reasons of OpenAI's API → those of Inspect; all others are `unknown`."""
_ENDS = ("result", "test")
"""Last parts of a scope in which the result of an improver is scored."""


@dataclass(frozen=True)
class Inspect:
    """The modules of inspect-ai."""

    event: ModuleType
    log: ModuleType
    model: ModuleType
    scorer: ModuleType


@dataclass
class _Draft:
    """A sample while its events come."""

    scope: str
    began: float
    started: ImproveStarted | None = None
    ended: ImproveFinished | None = None
    completed: float | None = None
    alone: str | None = None
    """Digest of a program that was scored outside any improvement."""
    events: list[Any] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)


@dataclass
class Samples:
    """Takes the events of an outline in order."""

    inspect: Inspect
    read: Callable[[str], str] | None
    """The text with a digest; None to leave texts out."""
    usage: dict[str, Any] = field(default_factory=dict)
    """Model → tokens and dollars."""
    _drafts: dict[str, _Draft] = field(default_factory=dict)
    _exchanges: Exchanges = field(default_factory=Exchanges)

    @property
    def completed(self) -> int:
        """The number of complete samples."""
        return sum(draft.ended is not None or draft.alone is not None for draft in self._drafts.values())

    def add(self, stored: Stored[Event]) -> None:
        """Take the next event."""
        at = stored.at
        exchange = self._exchanges.add(stored)
        if exchange is not None:
            self._draft(exchange.request).events.append(self._answered(exchange))
        match stored.event:
            case ImproveStarted() as event:
                draft = self._draft(stored)
                draft.started = event
                data = {"digest": event.improver, "text": self._text(event.improver)}
                draft.events.append(self._info(at, "strop.improver", data))
            case ImproveFinished() as event:
                draft = self._draft(stored)
                draft.ended, draft.completed = event, at
            case Evaluated() as event:
                self._evaluated(stored, event)
            case AuditNoted() as event:
                note = {
                    "rule": event.rule,
                    "times": event.times,
                    "line": event.line,
                    "detail": self._free(event.detail),
                }
                self._draft(stored).events.append(self._info(at, "strop.audit", note))
            case _:
                pass

    def finish(self) -> list[Any]:
        """The samples in the order of their first events; a message without an answer is an event with an error."""
        for exchange in self._exchanges.unanswered():
            event = self._asked(exchange, self.inspect.model.ModelOutput(model="unknown", choices=[]))
            event.error = self._free("\n".join(["no answer is recorded", *exchange.faults]))
            self._draft(exchange.request).events.append(event)
        return [self._sample(draft) for draft in self._drafts.values()]

    def _draft(self, stored: Stored[Any]) -> _Draft:
        """The sample of the event's scope."""
        scope = stored.event.scope
        return self._drafts.setdefault(scope, _Draft(scope, stored.at))

    def _text(self, digest: str | None) -> str:
        if not digest:
            return ""
        return f"sha256:{digest}" if self.read is None else encodable(self.read(digest))

    def _free(self, text: str) -> str:
        """Text that may quote a program, a prompt or an answer."""
        return "" if self.read is None else encodable(text)

    def _info(self, at: float, source: str, data: object) -> Any:
        return self.inspect.event.InfoEvent(timestamp=_time(at), source=source, data=data)

    def _answered(self, exchange: Exchange) -> Any:
        assert exchange.answer is not None
        answer, model = exchange.answer.event, self.inspect.model
        name = encodable(answer.lm or answer.model) or "unknown"
        tokens_in, tokens_out = answer.input_tokens or 0, answer.output_tokens or 0
        usage = model.ModelUsage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            total_tokens=tokens_in + tokens_out,
            total_cost=None if answer.cost is None else answer.cost / 1e9,
        )
        if not answer.again:
            self.usage[name] = self.usage[name] + usage if name in self.usage else usage
        content = [model.ContentText(text=self._text(answer.text))]
        if answer.reasoning and (reasoning := self._text(answer.reasoning)):
            content.insert(0, model.ContentReasoning(reasoning=reasoning))
        message = model.ChatMessageAssistant(content=content, model=name, source="generate")
        choice = model.ChatCompletionChoice(message=message, stop_reason=_STOPS.get(answer.finish_reason, "unknown"))
        output = model.ModelOutput(
            model=encodable(answer.model) or name,
            choices=[choice],
            usage=None if None in (answer.input_tokens, answer.output_tokens) else usage,
            time=answer.seconds,
        )
        event = self._asked(exchange, output)
        event.completed, event.working_time = _time(exchange.answer.at), answer.seconds
        event.retries = len(exchange.faults) or None
        event.cache = "read" if answer.again else None
        finish_reason = encodable(answer.finish_reason)
        event.metadata = {"call": answer.call, "index": answer.index, "finish_reason": finish_reason}
        return event

    def _asked(self, exchange: Exchange, output: Any) -> Any:
        model, request = self.inspect.model, exchange.request.event
        return self.inspect.event.ModelEvent(
            timestamp=_time(exchange.request.at),
            model=output.model,
            role=role_in(request.scope),
            input=[
                model.ChatMessageSystem(content=self._text(request.expertise)),
                model.ChatMessageUser(content=self._text(request.messages[exchange.index])),
            ],
            tools=[],
            tool_choice="none",
            config=model.GenerateConfig(temperature=request.temperature),
            output=output,
        )

    def _evaluated(self, stored: Stored[Event], event: Evaluated) -> None:
        metadata = {
            "verdict": event.verdict,
            "utility": encodable(event.utility),
            "split": event.split,
            "scores": list(event.scores),
            "verdicts": list(event.verdicts),
            "cpu_seconds": event.cpu_seconds,
            "solution": event.solution,
        }
        explanation = self._free("\n".join(line for line in (event.error, *event.notes) if line)) or None
        at = stored.at
        score = self.inspect.scorer.Score(
            value=event.value, answer=self._text(event.solution), explanation=explanation, metadata=metadata
        )
        owner, _, last = event.scope.rpartition("/")
        if last in _ENDS and owner in self._drafts:
            self._drafts[owner].scores[event.split] = score
        elif last.startswith("u-") and owner in self._drafts:
            self._drafts[owner].events.append(
                self.inspect.event.ScoreEvent(
                    timestamp=_time(at), score=score, intermediate=True, scorer=metadata["utility"]
                )
            )
        else:
            draft = self._draft(stored)
            draft.alone, draft.completed, draft.scores[event.split] = event.solution or "", at, score

    def _sample(self, draft: _Draft) -> Any:
        started, ended, model = draft.started, draft.ended, self.inspect.model
        metadata: dict[str, Any] = {"scope": draft.scope, "t": iteration_of(draft.scope), "role": role_in(draft.scope)}
        if started is not None:
            utility = encodable(started.utility)
            metadata |= {"improver": started.improver, "utility": utility, "outcome": "not ended"}
        if ended is not None:
            metadata |= {
                "outcome": ended.outcome,
                "detail": self._free(ended.detail),
                "output": self._text(ended.output),
            }
            for name in ("utility_calls", "lm_calls", "cpu_seconds"):
                metadata[name] = getattr(ended, name)
        solution = draft.alone if ended is None else ended.solution
        choices = []
        if solution is not None:
            message = model.ChatMessageAssistant(content=self._text(solution))
            choices.append(model.ChatCompletionChoice(message=message, stop_reason="stop"))
        events = sorted(draft.events, key=lambda event: event.timestamp)
        for event in events:
            event.working_start = max(event.timestamp.timestamp() - draft.began, 0.0)
        return self.inspect.log.EvalSample(
            id=encodable(draft.scope) or "run",
            epoch=1,
            input=self._text(draft.alone if started is None else started.initial_solution),
            target="",
            output=model.ModelOutput(model="improver" if started else "none", choices=choices),
            scores=draft.scores,
            metadata=metadata,
            events=events,
            started_at=_time(draft.began).isoformat(),
            completed_at=None if draft.completed is None else _time(draft.completed).isoformat(),
            total_time=None if ended is None else ended.wall_seconds,
        )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
