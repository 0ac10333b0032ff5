"""Read a record once, for a page: its evaluations and LM calls as columns, and the few events that are needed whole.

Texts stay digests while the record is read, so that memory goes by the number of events and by the texts of the page.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from strop.base.events import (
    AuditNoted,
    Compared,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    Judged,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.report.html.schema import Calls, Evaluations
from strop.report.html.texts import Texts
from strop.runs.run_data import RunData as Run
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored
from strop.tasks.base import META_TASK

_CANDIDATE = re.compile(r"t\d+/improve/u-[^/]+")
_AT, _SECONDS = 3, 4
"""Decimals that are kept of a moment and of a duration."""


@dataclass
class RunData:
    """What a page needs of a record. Texts in events are digests."""

    texts: Texts
    first: float | None = None
    """When the run began; moved where it was gone on with, so that pauses do not count."""
    begun: float | None = None
    last: float = 0.0
    status: str = "unfinished"
    detail: str = ""
    iterations: list[IterationFinished] = field(default_factory=list)
    beginnings: dict[int, str] = field(default_factory=dict)
    """t → digest of the improver that iteration t begins with."""
    parents: dict[int, str] = field(default_factory=dict)
    """t → digest of the improver that improved itself."""
    ends: dict[str, ImproveFinished] = field(default_factory=dict)
    """Of self-improvements, and of the one of strop improve, by scope."""
    candidates: list[Evaluated] = field(default_factory=list)
    """Improvers that the meta-utility was asked about, or programs that strop improve tried."""
    singles: dict[str, Evaluated] = field(default_factory=dict)
    """Evaluations outside any improvement, by scope: of seeds, of the original, of the improved program."""
    gates: dict[int, Compared] = field(default_factory=dict)
    run: Run = field(default_factory=Run)
    """The read model of the same events."""
    improvements: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Digest of an improver → scopes of its improvements."""
    judged: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Arm of Table 2 → what → how often."""
    noted: Counter[str] = field(default_factory=Counter)
    program_notes: dict[str, Counter[tuple[str, int, str]]] = field(default_factory=lambda: defaultdict(Counter))
    """Digest of a program → (rule, line, detail) → how often."""
    verdicts: Counter[str] = field(default_factory=Counter)
    evaluations: Evaluations = field(default_factory=lambda: _columns(Evaluations))
    calls: Calls = field(default_factory=lambda: _columns(Calls))
    by_role: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    over_time: list[list[float]] = field(default_factory=list)
    _places: dict[tuple[str, int], int] = field(default_factory=dict)
    _faults: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _role_sums: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0.0]))
    _sums: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @property
    def seconds(self) -> float:
        """How long the run took, all its stretches together."""
        return 0.0 if self.first is None else max(self.last - self.first, 0.0)

    def add(self, stored: Stored[Event]) -> None:
        """Take in the next event."""
        event, self.last = stored.event, stored.at
        if self.first is None:
            self.first = self.begun = stored.at
        if isinstance(event, RunResumed):
            self.first = stored.at - event.seconds
        at = round(stored.at - self.first, _AT)
        self.run.add(event, stored.at)
        match event:
            case Evaluated():
                self._evaluated(event, at)
            case LmCalled():
                self._called(event, at)
            case LmResponded():
                self._responded(event, at)
            case LmFault():
                place = self._places.get((event.scope, event.call))
                if place is not None and event.index >= 0:
                    self._faults[place + event.index].append(f"{event.fault}: {event.detail}")
            case _:
                self._framed(event)

    def end(self) -> None:
        """What can be said only after the last event."""
        for place, faults in self._faults.items():
            if place < len(self.calls["faults"]):
                self.calls["faults"][place] = self.texts.said("\n".join(faults))
        moved = self.texts.put_together()
        tables: tuple[tuple[Mapping[str, Any], tuple[str, ...]], ...] = (
            (self.evaluations, ("solution", "error", "notes")),
            (self.calls, ("expertise", "message", "answer", "reasoning", "faults")),
        )
        for table, names in tables:
            for name in names:
                table[name][:] = [None if place is None else moved[place] for place in table[name]]

    def _framed(self, event: Event) -> None:
        match event:
            case RunStarted() | RunResumed():
                self.status, self.detail = "unfinished", ""
            case RunFinished():
                self.status, self.detail = event.status, event.detail
            case IterationStarted():
                self.beginnings[event.t] = event.improver
            case IterationFinished():
                self.iterations.append(event)
            case Compared():
                self.gates[event.t] = event
            case ImproveStarted():
                self.improvements[event.improver].append(event.scope)
                t = iteration_of(event.scope)
                if event.utility == META_TASK and t is not None:
                    self.parents[t] = event.improver
            case ImproveFinished() if event.scope == "improve" or re.fullmatch(r"t\d+/improve", event.scope):
                self.ends[event.scope] = event
            case AuditNoted():
                self.noted[event.rule] += event.times
                if event.program is not None:
                    self.program_notes[event.program][event.rule, event.line or 0, event.detail] += event.times
            case Judged():
                self._judged(event)
            case _:
                pass

    def _judged(self, event: Judged) -> None:
        found = self.judged[event.arm]
        found["n"] += 1
        for name in ("literal", "syntax", "runtime"):
            found[name] += bool(getattr(event, name))
        self.verdicts[event.outcome] += 1

    def _evaluated(self, event: Evaluated, at: float) -> None:
        scope, rows = event.scope, self.evaluations
        meta = event.utility == META_TASK
        rows["at"].append(at)
        rows["t"].append(iteration_of(scope))
        rows["role"].append(role_in(scope))
        rows["scope"].append(scope)
        rows["utility"].append(event.utility)
        rows["split"].append(event.split)
        rows["verdict"].append(event.verdict)
        rows["value"].append(event.value)
        rows["solution"].append(self.texts.of(event.solution))
        rows["error"].append(self.texts.said(event.error))
        rows["notes"].append(self.texts.said("\n".join(event.notes)))
        rows["seconds"].append(round(event.wall_seconds, _SECONDS))
        if not meta:
            self.verdicts[event.verdict] += 1
        if (meta and _CANDIDATE.match(scope)) or scope.startswith("improve/u-"):
            self.candidates.append(event)
        elif scope.partition("/")[0] in ("original", "improved", "seed") or scope.endswith(("/seed", "/seed/test")):
            self.singles[scope] = event

    def _called(self, event: LmCalled, at: float) -> None:
        rows, role = self.calls, role_in(event.scope)
        self._places[event.scope, event.call] = len(rows["at"])
        expertise = self.texts.of(event.expertise)
        for index, message in enumerate(event.messages):
            row: dict[str, object] = {
                "at": at, "t": iteration_of(event.scope), "role": role, "scope": event.scope, "call": event.call,
                "index": index, "expertise": expertise, "message": self.texts.of(message), "model": "", "finish": "",
            }  # fmt: skip
            for name, column in rows.items():
                column.append(row.get(name))  # type: ignore[attr-defined]
        self._spend(role, at, float(event.cost), 0.0, 0.0)

    def _responded(self, event: LmResponded, at: float) -> None:
        first = self._places.get((event.scope, event.call))
        tokens = float((event.input_tokens or 0) + (event.output_tokens or 0))
        dollars = (event.cost or 0) / 1e9
        self._sums = [self._sums[0] + dollars, self._sums[1] + tokens]
        self.over_time.append([at, *self._sums])
        self._spend(role_in(event.scope), at, 0.0, tokens, dollars)
        if first is None or not 0 <= event.index < len(self.calls["at"]) - first:
            return
        rows, place = self.calls, first + event.index
        rows["answer"][place] = self.texts.of(event.text)
        rows["reasoning"][place] = self.texts.of(event.reasoning)
        rows["model"][place] = event.lm or event.model
        rows["finish"][place] = event.finish_reason
        rows["input_tokens"][place] = event.input_tokens
        rows["output_tokens"][place] = event.output_tokens
        rows["cost"][place] = None if event.cost is None else event.cost / 1e9
        rows["seconds"][place] = round(event.seconds, _SECONDS)

    def _spend(self, role: str, at: float, calls: float, tokens: float, dollars: float) -> None:
        sums = self._role_sums[role]
        for number, amount in enumerate((calls, tokens, dollars)):
            sums[number] += amount
        self.by_role[role].append([at, *sums])


def read(store: Store) -> RunData:
    """What a page needs of a record."""
    seen = RunData(Texts(store), run=Run(store.meta, store.text))
    for stored in store.outline():
        seen.add(stored)
    seen.end()
    return seen


def _columns(kind: type) -> Any:
    return {name: [] for name in kind.__annotations__}
