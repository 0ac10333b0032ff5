"""A run as an `.eval` log of inspect-ai, through its public API (the extra `inspect`).

A sample is one improvement, named by its scope. Its events are the LM calls, the evaluations that the improver asked for
(intermediate scores) and the notes of the audit; its scores are the utility of what the improver returned, in training and on the
sealed split. docs/results.md lists what a log cannot hold.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strop.analysis.stats import estimate
from strop.base.errors import ConfigurationError
from strop.base.events import AuditNoted, Evaluated, Event, ImproveFinished, ImproveStarted
from strop.report.export.table_files import encodable
from strop.report.export.tables import Exchange, Exchanges
from strop.report.terminal.words import notice_of
from strop.runs.run_data import RunData, read_run
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored

_STATUS = {"finished": "success", "failed": "error", "running": "started"}
"""strop's status → that of Inspect; all others are `cancelled`."""
_STOPS = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter", "tool_calls": "tool_calls"}
"""Finish reasons of OpenAI's API → those of Inspect; all others are `unknown`."""
_ENDS = ("result", "test")
"""Last parts of a scope in which the result of an improver is scored."""


def write_log(store: Store, directory: Path, path: Path, *, texts: bool) -> int:
    """Write the record in `directory` as a log; returns the number of samples. Inspect's API wants the whole log in memory.

    Raises:
        ConfigurationError: inspect-ai is not installed.
    """
    try:
        import inspect_ai
        from inspect_ai import event, log, model, scorer  # noqa: F401 - loads the submodules
    except ImportError:
        raise ConfigurationError("--to inspect needs inspect-ai: pip install 'strop[inspect]'") from None
    samples = _Samples(inspect_ai, store.text if texts else None)
    run = read_run(store, samples.add)
    finished = samples.finish()
    kind, task, model_name = (run.meta.get(name, "") for name in ("kind", "task", "language_model"))
    error = None
    if run.status == "failed":
        detail = encodable(run.detail) if texts else ""
        error = log.EvalError(message=detail or "the run failed", traceback="", traceback_ansi="")
    environment = run.start.environment if run.start else {}
    packages = {str(name): str(value) for name, value in environment.items() if isinstance(value, str)}
    started = _time(run.began or 0.0).isoformat()
    whole = log.EvalLog(
        status=_STATUS.get(run.status, "cancelled"),
        eval=log.EvalSpec(
            created=started,
            task=task or kind,
            model=model_name or "none",
            solver=f"strop {kind}",
            dataset=log.EvalDataset(name=task, samples=len(finished)),
            config=log.EvalConfig(epochs=1),
            packages=packages | {"strop of the export": importlib.metadata.version("strop")},
            metadata=_metadata(run),
        ),
        results=_results(log, run, samples),
        stats=log.EvalStats(
            started_at=started,
            completed_at=_time(run.sessions[-1].last if run.sessions else 0.0).isoformat(),
            model_usage=samples.usage,
        ),
        error=error,
        samples=finished,
    )
    log.write_eval_log(whole, str(path), format="eval")
    return len(finished)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _metadata(run: RunData) -> dict[str, Any]:
    model, is_language_model = run.meta.get("language_model", ""), run.meta.get("is_language_model") == "true"
    kind = run.meta.get("kind", "")
    return {
        "strop_kind": kind,
        "strop_selection": str(run.recipe.get("selection", "")) if kind == "run" else "",
        "strop_status": run.status,
        "strop_is_language_model": is_language_model,
        "strop_notice": notice_of(model, is_language_model) if model else "",
        "strop_seconds": run.seconds,
        "strop_recipe": dict(run.recipe),
    }


def _results(log: Any, run: RunData, samples: _Samples) -> Any:
    """û of every I_t as metrics t0, t1, …; one score for the sealed split and one for training."""
    scores = []
    for split in ("test", "train"):
        metrics = {}
        for iteration in run.iterations:
            values = getattr(iteration, split)
            if values:
                utility, name = estimate(values), f"t{iteration.t}"
                metadata: dict[str, Any] = {
                    "stderr": utility.stderr,
                    "copies": utility.n,
                    "accepted": iteration.accepted,
                }
                metadata["values"] = list(values)
                metrics[name] = log.EvalMetric(name=name, value=utility.mean, metadata=metadata)
        if metrics:
            scores.append(log.EvalScore(name=f"meta-utility, {split}", scorer="meta-utility", metrics=metrics))
    return log.EvalResults(total_samples=samples.count, completed_samples=samples.completed, scores=scores)


@dataclass
class _Draft:
    """A sample while its events arrive."""

    scope: str
    began: float
    started: ImproveStarted | None = None
    ended: ImproveFinished | None = None
    completed: float | None = None
    alone: str | None = None
    """Digest of a program that was scored outside any improvement."""
    events: list[Any] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)


class _Samples:
    """Takes the events of an outline in order."""

    def __init__(self, inspect: Any, read: Callable[[str], str] | None) -> None:
        """`inspect`: the package inspect_ai; `read`: the text with a digest, None to leave texts out."""
        self.usage: dict[str, Any] = {}
        """Model → tokens and dollars."""
        self._inspect, self._read = inspect, read
        self._drafts: dict[str, _Draft] = {}
        self._exchanges = Exchanges()

    @property
    def count(self) -> int:
        return len(self._drafts)

    @property
    def completed(self) -> int:
        """The number of complete samples."""
        return sum(draft.ended is not None or draft.alone is not None for draft in self._drafts.values())

    def add(self, stored: Stored[Event]) -> None:
        """Take the next event."""
        exchange = self._exchanges.add(stored)
        if exchange is not None:
            self._draft(exchange.request).events.append(self._answered(exchange))
        match stored.event:
            case ImproveStarted() as event:
                draft = self._draft(stored)
                draft.started = event
                self._inform(stored, "strop.improver", {"digest": event.improver, "text": self._text(event.improver)})
            case ImproveFinished() as event:
                draft = self._draft(stored)
                draft.ended, draft.completed = event, stored.at
            case Evaluated() as event:
                self._evaluated(stored, event)
            case AuditNoted() as event:
                note = {name: getattr(event, name) for name in ("rule", "times", "line")}
                self._inform(stored, "strop.audit", note | {"detail": self._quote(event.detail)})
            case _:
                pass

    def finish(self) -> list[Any]:
        """The samples in the order of their first events; a message without an answer is an event with an error."""
        for exchange in self._exchanges.unanswered():
            event = self._asked(exchange, self._inspect.model.ModelOutput(model="unknown", choices=[]))
            event.error = self._quote("\n".join(["no answer is recorded", *exchange.faults]))
            self._draft(exchange.request).events.append(event)
        return [self._sample(draft) for draft in self._drafts.values()]

    def _draft(self, stored: Stored[Any]) -> _Draft:
        """The sample of the event's scope."""
        scope = stored.event.scope
        return self._drafts.setdefault(scope, _Draft(scope, stored.at))

    def _text(self, digest: str | None) -> str:
        if not digest:
            return ""
        return f"sha256:{digest}" if self._read is None else encodable(self._read(digest))

    def _quote(self, text: str) -> str:
        """Text that may quote a program, a prompt or an answer."""
        return "" if self._read is None else encodable(text)

    def _inform(self, stored: Stored[Event], source: str, data: object) -> None:
        event = self._inspect.event.InfoEvent(timestamp=_time(stored.at), source=source, data=data)
        self._draft(stored).events.append(event)

    def _answered(self, exchange: Exchange) -> Any:
        assert exchange.answer is not None
        answer, model = exchange.answer.event, self._inspect.model
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
        model, request = self._inspect.model, exchange.request.event
        return self._inspect.event.ModelEvent(
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
        metadata: dict[str, Any] = {
            name: getattr(event, name) for name in ("verdict", "split", "cpu_seconds", "solution")
        }
        metadata |= {
            "utility": encodable(event.utility),
            "scores": list(event.scores),
            "verdicts": list(event.verdicts),
        }
        explanation = self._quote("\n".join(line for line in (event.error, *event.notes) if line)) or None
        score = self._inspect.scorer.Score(
            value=event.value, answer=self._text(event.solution), explanation=explanation, metadata=metadata
        )
        owner, _, last = event.scope.rpartition("/")
        if last in _ENDS and owner in self._drafts:
            self._drafts[owner].scores[event.split] = score
        elif last.startswith("u-") and owner in self._drafts:
            shown = self._inspect.event.ScoreEvent(
                timestamp=_time(stored.at), score=score, intermediate=True, scorer=metadata["utility"]
            )
            self._drafts[owner].events.append(shown)
        else:
            draft = self._draft(stored)
            draft.alone, draft.completed, draft.scores[event.split] = event.solution or "", stored.at, score

    def _sample(self, draft: _Draft) -> Any:
        started, ended, model = draft.started, draft.ended, self._inspect.model
        metadata: dict[str, Any] = {"scope": draft.scope, "t": iteration_of(draft.scope), "role": role_in(draft.scope)}
        if started is not None:
            utility = encodable(started.utility)
            metadata |= {"improver": started.improver, "utility": utility, "outcome": "not ended"}
        if ended is not None:
            metadata |= {name: getattr(ended, name) for name in ("outcome", "utility_calls", "lm_calls", "cpu_seconds")}
            metadata |= {"detail": self._quote(ended.detail), "output": self._text(ended.output)}
        solution = draft.alone if ended is None else ended.solution
        choices = []
        if solution is not None:
            message = model.ChatMessageAssistant(content=self._text(solution))
            choices.append(model.ChatCompletionChoice(message=message, stop_reason="stop"))
        events = sorted(draft.events, key=lambda event: event.timestamp)
        for event in events:
            event.working_start = max(event.timestamp.timestamp() - draft.began, 0.0)
        return self._inspect.log.EvalSample(
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
