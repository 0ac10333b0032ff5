"""A run told as JSON, one line for each step that matters to somebody who watches: for programs that gather logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from strop.base.events import AuditNoted, Event, LmFault, RunFinished, outlined
from strop.report.terminal.lineage import candidate_of
from strop.report.terminal.lines import Lines
from strop.report.terminal.narration import Narrator


class JsonLines(Lines):
    """The steps that plain lines tell, each as one JSON object in ASCII."""

    def __init__(
        self, stream: TextIO, notice: str, clock: Callable[[], float], narrator: Narrator | None = None
    ) -> None:
        super().__init__(stream, "", clock, narrator)
        self._said_first = notice

    def __enter__(self) -> JsonLines:
        if self._said_first:
            self.say(self._said_first, "notice", level="warning")
        super().__enter__()
        return self

    def show(self, event: Event, line: str) -> None:
        """One object: when, how bad, which event, where in the run, in words, and what the run has done so far."""
        progress = self._progress
        facts: dict[str, Any] = {"scope": event.scope}
        if progress.t is not None:
            facts["t"] = progress.t
        candidate = candidate_of(outlined(event))
        if candidate is not None:
            facts |= {"candidate": candidate.name, "verdict": candidate.verdict, "value": candidate.value}
        facts |= {
            "lm_calls": progress.run.costs.total.calls,
            "in_flight": progress.in_flight,
            "evaluations": progress.run.evaluations,
            "faults": progress.run.faults.total(),
            "audit_notes": progress.run.notes.total(),
            "cost": progress.run.costs.total.cost / 1e9,
        }
        self.say(line, type(event).__name__, level=_level(event), **facts)

    def say(self, line: str, event: str = "step", *, level: str = "info", **facts: Any) -> None:
        """Write one object; `line` in words."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(json.dumps({"time": when, "level": level, "event": event, "message": line, **facts}))


def _level(event: Event) -> str:
    match event:
        case RunFinished(status="failed"):
            return "error"
        case LmFault() | AuditNoted() | RunFinished(status="interrupted" | "budget"):
            return "warning"
        case _:
            return "info"
