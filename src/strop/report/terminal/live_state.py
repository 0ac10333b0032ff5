"""Where a run stands, updated with each event as it happens: `RunData`, and what only a live view needs.

Adding an event costs a few dictionary operations: it runs on the thread that acts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from strop.analysis.stats import TargetedEvidence
from strop.base.budget import GATE_PAIRS, HELD_OUT, LM_CALLS, META_UTILITY_CALLS
from strop.base.events import (
    BudgetMoved,
    Compared,
    Evaluated,
    Event,
    Extracted,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmResponded,
    RunFinished,
    outlined,
)
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.core.selection.last import LEVEL
from strop.report.terminal.words import duration
from strop.runs.run_data import RunData
from strop.runs.scopes import LAST, is_candidate, is_last, is_meta_candidate
from strop.tasks.base import META_TASK

_IN_GATE = re.compile(r"(?:t\d+|last)/gate/pair(\d+)/([ab])/result")
"""Scope of the result of one improver in one pair."""
_IMPROVES, _COMPARES = "the improver improves itself", "comparing the candidate with the incumbent"
_COMPARES_LAST = "comparing the last improver with the first on sealed instances"
_SEED = "measuring the seed improver"
SLOW = 10.0
"""Seconds of silence after which a view says what the run waits for."""


@dataclass(frozen=True)
class BudgetState:
    """What the current self-improvement has used of one of its budgets."""

    used: int
    limit: int | None


@dataclass
class GateProgress:
    """A comparison in progress, counted from the results of its pairs."""

    most: int
    """Pairs that it may spend."""
    threshold: float = math.inf
    """Evidence at which the candidate replaces the incumbent."""
    is_last: bool = False
    """Whether it is the last comparison of the run, which replaces nothing."""
    lm_calls: int = 0
    """LM calls of this session."""
    values: dict[int, dict[str, float]] = field(default_factory=dict)
    """Number of a pair → the training value of the incumbent, `a`, and of the candidate, `b`."""

    @property
    def differences(self) -> list[float]:
        """Differences of the complete pairs, in order."""
        return [pair["b"] - pair["a"] for _, pair in sorted(self.values.items()) if len(pair) == 2]

    @property
    def words(self) -> str:
        """`pair 12 of 60, +0.120, evidence 3.1 of 40, 48 LM calls`."""
        differences = self.differences
        parts = [f"pair {len(differences)} of {self.most}"]
        if differences:
            parts.append(f"{sum(differences) / len(differences):+.3f}")
        if differences and math.isfinite(self.threshold):
            evidence = TargetedEvidence(1 / self.threshold, self.most)
            for difference in differences:
                evidence.add(min(max(difference, -1.0), 1.0))
            parts.append(f"evidence {math.exp(min(evidence.highest, 700.0)):.3g} of {self.threshold:.3g}")
        return ", ".join([*parts, quantity(self.lm_calls, "LM call")])


class LiveState:
    """The present state of a run. Not locked: callers on several threads must hold a lock."""

    def __init__(self) -> None:
        self.run = RunData(alive=True)
        """All counts so far; texts are digests."""
        self.t: int | None = None
        self.doing = "starting"
        self.candidates_seen = 0
        """Candidates that the current self-improvement has asked about."""
        self.best: Evaluated | None = None
        """The candidate of the run with the highest training value whose verdict is ok."""
        self.allowances: dict[str, BudgetState] = {}
        """Counter → use and limit in the current self-improvement, or in the gate after it."""
        self.gate: GateProgress | None = None
        """The comparison of the current iteration; None before and after it."""
        self.tried = 0
        """Evaluated candidates of strop improve."""
        self.original: Evaluated | None = None
        self.best_tried: Evaluated | None = None
        """The best candidate of strop improve in training; None if none is better than the original."""
        self._answers: dict[str, int] = {}
        """Digest of a program → the number of the answer that first held it, from 1, in the order of arrival."""
        self._answered_so_far = 0
        self.spent_before: Counter[str] = Counter()
        """COST, TOKENS and LM_CALLS of earlier sessions, as the run's limits count them."""
        self.evaluations_before = 0
        """Evaluations of earlier sessions."""
        self._in_flight: Counter[tuple[str, int]] = Counter()
        """(scope, call) → requests without a response."""

    def begin_again(self, past: Iterable[Event], spent: Mapping[str, int], notes: Mapping[str, int]) -> None:
        """Count what earlier sessions did: their events, what the run's limits counted, and how often each rule was noted."""
        for event in past:
            self.add(event)
        self.spent_before.update(spent)
        self.evaluations_before = self.run.evaluations
        self.run.notes.update(notes)

    def add(self, event: Event) -> None:
        """Update the state with the latest event."""
        self.run.add(event if isinstance(event, LmCalled | LmResponded) else outlined(event))
        match event:
            case Evaluated():
                self._evaluated(event)
            case BudgetMoved():
                self._moved(event)
            case LmCalled():
                self._in_flight[event.scope, event.call] = len(event.messages)
                if self.gate is not None:
                    self.gate.lm_calls += event.cost
            case LmResponded():
                self._answered(event.scope, event.call)
            case Extracted():
                for program in event.programs:
                    self._answered_so_far += 1
                    self._answers.setdefault(program, self._answered_so_far)
            case ImproveFinished():
                self._in_flight = Counter({key: n for key, n in self._in_flight.items() if key[0] != event.scope})
            case Compared():
                self.gate = None
            case ImproveStarted(scope=scope):
                self.doing = _doing(scope)
            case IterationStarted():
                self.t, self.gate, self.candidates_seen = event.t, None, 0
                self.doing = _SEED if event.t == 0 else _IMPROVES
                self.allowances.clear()
            case IterationFinished():
                self.doing = f"iteration {event.t} finished"
            case RunFinished():
                self.doing = event.status

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The fields of the run's spec; empty before its first event."""
        return self.run.recipe

    @property
    def in_flight(self) -> int:
        """Requests to the language model without a response."""
        return self._in_flight.total()

    def waiting(self, quiet: float) -> str:
        """What the run waits for if nothing happened for `quiet` seconds; empty below `SLOW`."""
        if quiet < SLOW:
            return ""
        if self.in_flight:
            return f"waiting for {quantity(self.in_flight, 'response')} for {duration(quiet)}"
        return f"{self.doing}; no evaluation has ended for {duration(quiet)}"

    def answer_of(self, program: str | None) -> int | None:
        """The number of the answer that first held a program; None if none did."""
        return None if program is None else self._answers.get(digest_of(program))

    def _answered(self, scope: str, call: int) -> None:
        self._in_flight[scope, call] -= 1
        if self._in_flight[scope, call] <= 0:
            del self._in_flight[scope, call]

    def _evaluated(self, event: Evaluated) -> None:
        if event.utility == META_TASK:
            seen = is_meta_candidate(event)
            self.candidates_seen += seen
            if seen and event.verdict == "ok" and (self.best is None or event.value > self.best.value):
                self.best = outlined(event)
        elif event.scope == "original/train":
            self.original = event
        elif event.scope.startswith("original/test"):
            self.doing = compared(self.run) or self.doing
        elif is_candidate(event):
            self.tried += 1
            best = self.best_tried or self.original
            # A second measurement of the best candidate is not a new best one.
            again = self.best_tried is not None and event.solution == self.best_tried.solution
            if not again and (best is None or event.value > best.value):
                self.best_tried = event
        elif pair := _IN_GATE.fullmatch(event.scope):
            self._gate(event.scope).values.setdefault(int(pair[1]), {})[pair[2]] = event.value

    def _gate(self, scope: str) -> GateProgress:
        """The comparison in progress."""
        if self.gate is None:
            error, iterations, most = (self.recipe.get(name) for name in ("gate_error", "iterations", "gate_pairs"))
            self.gate = GateProgress(most if isinstance(most, int) else 0, is_last=is_last(scope))
            if self.gate.is_last:
                self.gate.threshold = 1 / LEVEL
            elif isinstance(error, float) and error > 0 and isinstance(iterations, int):
                self.gate.threshold = max(iterations, 1) / error
            self.doing = _doing(scope)
        return self.gate

    def _moved(self, event: BudgetMoved) -> None:
        if event.counter == HELD_OUT:
            self.doing = held_out(event)
        if event.counter not in (META_UTILITY_CALLS, LM_CALLS, GATE_PAIRS):
            return
        _, *inside = event.scope.split("/")
        if inside == ["gate"]:
            self._gate(event.scope)
        if inside in (["improve"], ["improve", "handles"], ["gate"]) and event.limit is not None:
            before = self.allowances.get(event.counter, BudgetState(0, None))
            # Threads may report out of order: `used` never shrinks.
            self.allowances[event.counter] = BudgetState(max(before.used, event.used), event.limit)


def compared(run: RunData) -> str:
    """How far the last comparison of strop improve is; empty before its first round has ended."""
    improved, original = (run.results.get(f"{name}/test") for name in ("improved", "original"))
    if improved is None or original is None or len(improved.scores) != len(original.scores) or not original.scores:
        return ""
    gain = improved.value - original.value
    return f"last comparison, {gain:+.3f} on {quantity(len(original.scores), 'instance')} so far"


def held_out(event: BudgetMoved) -> str:
    """How far the last comparison is, as text."""
    return f"last comparison, {event.used} of {event.limit}"


def _doing(scope: str) -> str:
    """The purpose of the improvement at `scope`, as text."""
    first, *inside = scope.split("/")
    match inside:
        case ["measure", *_] if first == "t0":
            return _SEED
        case ["measure" | "check", *_]:
            return "measuring the result of the self-improvement"
        case ["gate", *_]:
            return _COMPARES_LAST if first == LAST else _COMPARES
        case ["improve"]:
            return _IMPROVES
        case ["improve", candidate, *_]:
            return f"trying candidate {candidate.removeprefix('u-').split('#')[0]}"
        case [name, copy] if copy.startswith("copy"):  # of strop eval: task/what/copy
            return f"measuring {name} on {first}"
        case _:
            return {"improver": "measuring the improver", "seed": _SEED, "improve": "improving"}.get(first, scope)
