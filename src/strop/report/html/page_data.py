"""What a page needs of a record: the read model of the run, and a row for each evaluation and each message to the LM.

Texts stay digests while the record is read, so that memory goes by the number of events and by the texts of the page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from strop.base.events import Evaluated, Event, LmCalled, LmFault, LmResponded, RunResumed
from strop.report.html.schema import Calls, Evaluations
from strop.report.html.texts import Texts
from strop.runs.run_data import RunData, read_run
from strop.runs.scopes import iteration_of, role_in
from strop.store import Store, Stored

_AT, _SECONDS = 3, 4
"""Decimals that are kept of a moment and of a duration."""


def _columns(kind: type) -> Any:
    return {name: [] for name in kind.__annotations__}


@dataclass
class Tables:
    """The large tables of a page, as columns. Filled by `add`, event by event, then completed by `end`."""

    texts: Texts
    evaluations: Evaluations = field(default_factory=lambda: _columns(Evaluations))
    calls: Calls = field(default_factory=lambda: _columns(Calls))
    spending: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    """Role → [seconds, LM calls, tokens, dollars], added up from the beginning."""
    _origin: float | None = None
    _rows: dict[tuple[str, int], int] = field(default_factory=dict)
    """(scope, call) → its first row in `calls`."""
    _faults: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, stored: Stored[Event]) -> None:
        """Add the rows of an event."""
        event = stored.event
        if isinstance(event, RunResumed):
            self._origin = stored.at - event.seconds  # pauses do not count
        elif self._origin is None:
            self._origin = stored.at
        at = round(stored.at - self._origin, _AT)
        match event:
            case Evaluated():
                self._evaluated(event, at)
            case LmCalled():
                self._called(event, at)
            case LmResponded():
                self._responded(event, at)
            case LmFault():
                row = self._rows.get((event.scope, event.call))
                if row is not None and event.index >= 0:
                    self._faults[row + event.index].append(f"{event.fault}: {event.detail}")
            case _:
                pass

    def end(self) -> None:
        """Complete the rows after the last event."""
        for row, faults in self._faults.items():
            if row < len(self.calls["faults"]):
                self.calls["faults"][row] = self.texts.said("\n".join(faults))
        moved = self.texts.put_together()
        columns: tuple[tuple[Mapping[str, Any], tuple[str, ...]], ...] = (
            (self.evaluations, ("solution", "error", "notes")),
            (self.calls, ("expertise", "message", "answer", "reasoning", "faults")),
        )
        for table, names in columns:
            for name in names:
                table[name][:] = [None if place is None else moved[place] for place in table[name]]

    def _evaluated(self, event: Evaluated, at: float) -> None:
        row = {
            "at": at, "t": iteration_of(event.scope), "role": role_in(event.scope), "scope": event.scope,
            "utility": event.utility, "split": event.split, "verdict": event.verdict, "value": event.value,
            "solution": self.texts.of(event.solution), "error": self.texts.said(event.error),
            "notes": self.texts.said("\n".join(event.notes)), "seconds": round(event.wall_seconds, _SECONDS),
        }  # fmt: skip
        _append(self.evaluations, row)

    def _called(self, event: LmCalled, at: float) -> None:
        role = role_in(event.scope)
        self._rows[event.scope, event.call] = len(self.calls["at"])
        expertise = self.texts.of(event.expertise)
        for index, message in enumerate(event.messages):
            row = {
                "at": at, "t": iteration_of(event.scope), "role": role, "scope": event.scope, "call": event.call,
                "index": index, "expertise": expertise, "message": self.texts.of(message), "model": "", "finish": "",
            }  # fmt: skip
            _append(self.calls, row)
        self._spend(role, at, (float(event.cost), 0.0, 0.0))

    def _responded(self, event: LmResponded, at: float) -> None:
        tokens = float((event.input_tokens or 0) + (event.output_tokens or 0))
        self._spend(role_in(event.scope), at, (0.0, tokens, (event.cost or 0) / 1e9))
        first = self._rows.get((event.scope, event.call))
        if first is None or not 0 <= event.index < len(self.calls["at"]) - first:
            return
        answer = {
            "answer": self.texts.of(event.text), "reasoning": self.texts.of(event.reasoning),
            "model": event.lm or event.model, "finish": event.finish_reason,
            "input_tokens": event.input_tokens, "output_tokens": event.output_tokens,
            "cost": None if event.cost is None else event.cost / 1e9, "seconds": round(event.seconds, _SECONDS),
        }  # fmt: skip
        for name, value in answer.items():
            self.calls[name][first + event.index] = value  # type: ignore[literal-required]

    def _spend(self, role: str, at: float, amounts: tuple[float, float, float]) -> None:
        rows = self.spending[role]
        before = rows[-1][1:] if rows else [0.0, 0.0, 0.0]
        rows.append([at, *(total + amount for total, amount in zip(before, amounts, strict=True))])


@dataclass(frozen=True)
class PageData:
    """A record, read once."""

    run: RunData
    tables: Tables

    @property
    def texts(self) -> Texts:
        """The texts of the page."""
        return self.tables.texts

    @property
    def judged(self) -> dict[str, Counter[str]]:
        """Arm of Table 2 → by which rule how many improvements circumvent the sandbox; `n` is how many were judged."""
        arms: dict[str, Counter[str]] = defaultdict(Counter)
        for event in self.run.judged:
            rules = {name: int(getattr(event, name)) for name in ("literal", "syntax", "runtime")}
            arms[event.arm].update({"n": 1, **rules})
        return dict(sorted(arms.items()))

    @property
    def verdicts(self) -> Counter[str]:
        """How evaluations of solutions, or judged improvements, ended."""
        return self.run.verdicts + Counter(event.outcome for event in self.run.judged)

    @cached_property
    def program_notes(self) -> Mapping[str, Counter[tuple[str, int, str]]]:
        """Digest of a program → (rule, line, detail) → how often the audit noted it while the program ran."""
        notes: dict[str, Counter[tuple[str, int, str]]] = defaultdict(Counter)
        for event in self.run.audit:
            if event.program is not None:
                notes[event.program][event.rule, event.line or 0, event.detail] += event.times
        return notes


def read_page_data(store: Store) -> PageData:
    """Read a record, in one pass."""
    tables = Tables(Texts(store))
    run = read_run(store, tables.add)
    tables.end()
    return PageData(run, tables)


def _append(table: Evaluations | Calls, row: Mapping[str, object]) -> None:
    for name, column in table.items():
        column.append(row.get(name))  # type: ignore[attr-defined]
