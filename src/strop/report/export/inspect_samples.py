"""The samples of a log of inspect-ai, made from the events of a record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from strop.base.events import (
    AuditNoted,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    LmCalled,
    LmFault,
    LmResponded,
)
from strop.base.solution import digest_of
from strop.report.export.words import encodable
from strop.runs.scopes import iteration_of, role_in
from strop.store import Stored

_STOPS = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter", "tool_calls": "tool_calls"}
"""Reasons of OpenAI's API → of Inspect; all others are `unknown`."""
_ENDS = ("result", "test")
"""Last parts of a scope in which what an improvement gave is scored."""


@dataclass(frozen=True)
class Spoken:
    """The modules of inspect-ai whose words are used."""

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
    """The program, where it was scored outside any improvement."""
    events: list[Any] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)


@dataclass
class Samples:
    """Takes in the events of a record in order."""

    spoken: Spoken
    texts: bool
    usage: dict[str, Any] = field(default_factory=dict)
    """Model → tokens and dollars."""
    _drafts: dict[str, _Draft] = field(default_factory=dict)
    _calls: dict[tuple[str, int], dict[int, tuple[float, str, str, float]]] = field(default_factory=dict)
    """Messages without an answer: when, expertise, message, temperature."""
    _faults: dict[tuple[str, int, int], list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ended(self) -> int:
        """Samples that are complete."""
        return sum(each.ended is not None or each.alone is not None for each in self._drafts.values())

    def add(self, stored: Stored[Event]) -> None:
        """Take in the next event."""
        at = stored.at
        match stored.event:
            case ImproveStarted() as event:
                draft, named = self._draft(event.scope, at), {"digest": digest_of(event.improver)}
                draft.started = event
                draft.events.append(self._info(at, "strop.improver", named | {"text": self._text(event.improver)}))
            case ImproveFinished() as event:
                draft = self._draft(event.scope, at)
                draft.ended, draft.completed = event, at
            case LmCalled() as event:
                rows = {i: (at, event.expertise, text, event.temperature) for i, text in enumerate(event.messages)}
                self._calls[event.scope, event.call] = rows
            case LmFault() as event:
                self._faults[event.scope, event.call, event.index].append(f"{event.fault}: {event.detail}")
            case LmResponded() as event:
                self._answered(at, event)
            case Evaluated() as event:
                self._evaluated(at, event)
            case AuditNoted() as event:
                said = {
                    "rule": event.rule,
                    "times": event.times,
                    "line": event.line,
                    "detail": self._free(event.detail),
                }
                self._draft(event.scope, at).events.append(self._info(at, "strop.audit", said))
            case _:
                pass

    def finished(self) -> list[Any]:
        """The samples in the order in which they began; messages that were never answered stand in them with an error."""
        for (scope, call), rows in self._calls.items():
            for index, (at, expertise, message, temperature) in rows.items():
                faults = [*self._faults[scope, call, index], *self._faults[scope, call, -1]]
                output = self.spoken.model.ModelOutput(model="unknown", choices=[])
                found = self._event(at, scope, (expertise, message, temperature), output)
                found.error = self._free("\n".join(["no answer is recorded", *faults]))
                self._draft(scope, at).events.append(found)
        self._calls.clear()
        return [self._sample(draft) for draft in self._drafts.values()]

    def _draft(self, scope: str, at: float) -> _Draft:
        return self._drafts.setdefault(scope, _Draft(scope, at))

    def _text(self, text: str | None) -> str:
        if text is None:
            return ""
        return encodable(text) if self.texts else f"sha256:{digest_of(text)}"

    def _free(self, text: str) -> str:
        return encodable(text) if self.texts else ""

    def _info(self, at: float, source: str, data: object) -> Any:
        return self.spoken.event.InfoEvent(timestamp=_moment(at), source=source, data=data)

    def _answered(self, at: float, event: LmResponded) -> None:
        rows = self._calls.get((event.scope, event.call), {})
        if event.index not in rows:
            return
        asked, *request = rows.pop(event.index)
        if not rows:
            self._calls.pop((event.scope, event.call), None)
        model = self.spoken.model
        name = encodable(event.lm or event.model) or "unknown"
        tokens_in, tokens_out = event.input_tokens or 0, event.output_tokens or 0
        usage = model.ModelUsage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            total_tokens=tokens_in + tokens_out,
            total_cost=None if event.cost is None else event.cost / 1e9,
        )
        known = event.input_tokens is not None and event.output_tokens is not None
        if not event.again:
            self.usage[name] = self.usage[name] + usage if name in self.usage else usage
        content: list[Any] = [model.ContentReasoning(reasoning=self._text(event.reasoning))] if event.reasoning else []
        content.append(model.ContentText(text=self._text(event.text)))
        message = model.ChatMessageAssistant(content=content, model=name, source="generate")
        choice = model.ChatCompletionChoice(message=message, stop_reason=_STOPS.get(event.finish_reason, "unknown"))
        output = model.ModelOutput(
            model=encodable(event.model) or name,
            choices=[choice],
            usage=usage if known else None,
            time=event.seconds,
        )
        found = self._event(asked, event.scope, tuple(request), output)
        found.completed, found.working_time = _moment(at), event.seconds
        faults = self._faults.pop((event.scope, event.call, event.index), [])
        found.retries = len(faults) or None
        found.cache = "read" if event.again else None
        found.metadata = {"call": event.call, "index": event.index, "finish_reason": encodable(event.finish_reason)}
        self._draft(event.scope, asked).events.append(found)

    def _event(self, at: float, scope: str, request: tuple[Any, ...], output: Any) -> Any:
        model, (expertise, message, temperature) = self.spoken.model, request
        asked = [
            model.ChatMessageSystem(content=self._text(expertise)),
            model.ChatMessageUser(content=self._text(message)),
        ]
        return self.spoken.event.ModelEvent(
            timestamp=_moment(at),
            model=output.model,
            role=role_in(scope),
            input=asked,
            tools=[],
            tool_choice="none",
            config=model.GenerateConfig(temperature=temperature),
            output=output,
        )

    def _evaluated(self, at: float, event: Evaluated) -> None:
        said = {
            "verdict": event.verdict,
            "utility": encodable(event.utility),
            "split": event.split,
            "scores": list(event.scores),
            "verdicts": list(event.verdicts),
            "cpu_seconds": event.cpu_seconds,
            "solution": event.solution and digest_of(event.solution),
        }
        why = self._free("\n".join(each for each in (event.error, *event.notes) if each)) or None
        score = self.spoken.scorer.Score(
            value=event.value, answer=self._text(event.solution), explanation=why, metadata=said
        )
        owner, _, last = event.scope.rpartition("/")
        if last in _ENDS and owner in self._drafts:
            self._drafts[owner].scores[event.split] = score
        elif last.startswith("u-") and owner in self._drafts:
            found = self.spoken.event.ScoreEvent(
                timestamp=_moment(at), score=score, intermediate=True, scorer=said["utility"]
            )
            self._drafts[owner].events.append(found)
        else:
            draft = self._draft(event.scope, at)
            draft.alone, draft.completed, draft.scores[event.split] = event.solution or "", at, score

    def _in_order(self, draft: _Draft) -> list[Any]:
        """By time; Inspect counts it within the sample too."""
        events = sorted(draft.events, key=lambda each: each.timestamp)
        for each in events:
            each.working_start = max(each.timestamp.timestamp() - draft.began, 0.0)
        return events

    def _sample(self, draft: _Draft) -> Any:
        started, ended = draft.started, draft.ended
        said: dict[str, Any] = {"scope": draft.scope, "t": iteration_of(draft.scope), "role": role_in(draft.scope)}
        if started is not None:
            said |= {
                "improver": digest_of(started.improver),
                "utility": encodable(started.utility),
                "outcome": "not ended",
            }
        if ended is not None:
            said |= {"outcome": ended.outcome, "detail": self._free(ended.detail), "output": self._text(ended.output)}
            said |= {"utility_calls": ended.utility_calls, "lm_calls": ended.lm_calls, "cpu_seconds": ended.cpu_seconds}
        model = self.spoken.model
        given = draft.alone if ended is None else ended.solution
        choices = [] if given is None else [
            model.ChatCompletionChoice(message=model.ChatMessageAssistant(content=self._text(given)), stop_reason="stop")
        ]  # fmt: skip
        return self.spoken.log.EvalSample(
            id=encodable(draft.scope) or "run",
            epoch=1,
            input=self._text(draft.alone if started is None else started.initial_solution),
            target="",
            output=model.ModelOutput(model="improver" if started else "none", choices=choices),
            scores=draft.scores,
            metadata=said,
            events=self._in_order(draft),
            started_at=_moment(draft.began).isoformat(),
            completed_at=None if draft.completed is None else _moment(draft.completed).isoformat(),
            total_time=None if ended is None else ended.wall_seconds,
        )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
