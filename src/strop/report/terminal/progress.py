"""Where a run stands, counted from its events as they happen.

Adding an event costs a few dictionary operations: it is done on the thread that acts. Not here: how it looks (live).
"""

from __future__ import annotations

import math
import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from strop.analysis.stats import EProcess
from strop.base.budget import COST, GATE_PAIRS, HELD_OUT, LM_CALLS, META_UTILITY_CALLS, TOKENS
from strop.base.events import (
    BudgetMoved,
    Compared,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmResponded,
    RunFinished,
    outlined,
)
from strop.base.solution import digest_of
from strop.report.terminal.lineage import Candidate, candidate_of
from strop.report.terminal.words import NAMED_BY, quantity
from strop.runs.run_data import RunData

SELF_IMPROVEMENT = "self-improvement"
"""Name of the meta-utility: an evaluation of it is about an improver."""

_SHOWN = 6
"""How many of the latest candidates are remembered."""


@dataclass(frozen=True)
class Allowance:
    """What the running self-improvement has used of one of its budgets."""

    used: int
    limit: int | None


_IN_GATE = re.compile(r"t\d+/gate/pair(\d+)/([ab])/result")
"""Where the result of one improver in one pair is evaluated."""


@dataclass
class GateProgress:
    """A comparison that is under way, counted from the results of its pairs."""

    most: int
    """Pairs that it may spend."""
    threshold: float = math.inf
    """Evidence at which the candidate replaces the incumbent."""
    lm_calls: int = 0
    """Of this session."""
    values: dict[int, dict[str, float]] = field(default_factory=dict)
    """By pair: the training value of the incumbent, `a`, and of the candidate, `b`."""

    @property
    def words(self) -> str:
        """`pair 12 of 60, +0.120, evidence 3.1 of 40, 48 LM calls`."""
        ended = [pair["b"] - pair["a"] for _, pair in sorted(self.values.items()) if len(pair) == 2]
        evidence = EProcess()
        for difference in ended:
            evidence.add(min(max(difference, -1.0), 1.0))
        found = f", {sum(ended) / len(ended):+.3f}" if ended else ""
        reached = f", evidence {math.exp(min(evidence.highest, 700.0)):.3g} of {self.threshold:.3g}" if ended else ""
        return f"pair {len(ended)} of {self.most}{found}{reached}, {quantity(self.lm_calls, 'LM call')}"


class Progress:
    """The present state of a run. Not locked: whoever adds and reads from several threads holds a lock."""

    def __init__(self) -> None:
        self.run = RunData(alive=True)
        """What was counted so far; texts are digests."""
        self.t: int | None = None
        self.doing = "starting"
        self.improver = ""
        """The first digits of the digest of the current improver."""
        self.candidates: deque[Candidate] = deque(maxlen=_SHOWN)
        """The latest candidates of the present self-improvement, oldest first."""
        self.candidates_seen = 0
        """How many candidates the present self-improvement has asked about."""
        self.best: Candidate | None = None
        """The best candidate of the run that ran, by the value it was seen with in training."""
        self.allowances: dict[str, Allowance] = {}
        """By counter, of the present self-improvement and of the gate after it."""
        self.gate: GateProgress | None = None
        """The comparison of the present iteration; None before it and after it."""
        self.tried = 0
        """Candidates of strop improve that were evaluated; in a run they are below some t."""
        self.original: Evaluated | None = None
        self.best_tried: Evaluated | None = None
        """The best of these in training; None where none is better than the original."""
        self.spent: Counter[str] = Counter()
        """COST and TOKENS as the run's limits count them, with what is set aside for what is under way; and LM_CALLS of earlier
        stretches that `lm_calls` does not hold."""
        self.spent_before: Counter[str] = Counter()
        """The same when this stretch began: nothing of it is set aside."""
        self.tokens = 0
        """In and out, of answers whose usage is known."""
        self._awaited: dict[tuple[str, int], int] = {}

    def add(self, event: Event) -> None:
        """Take in what has just happened."""
        self.run.add(event if isinstance(event, LmCalled | LmResponded) else outlined(event))
        match event:
            case Evaluated():
                self._evaluated(event)
            case BudgetMoved():
                self._moved(event)
            case LmCalled():
                self._called(event)
            case LmResponded():
                self.tokens += 0 if event.again else (event.input_tokens or 0) + (event.output_tokens or 0)
                self._answered(event)
            case ImproveFinished():
                self._awaited = {key: left for key, left in self._awaited.items() if key[0] != event.scope}
            case Compared():
                self.gate = None
            case ImproveStarted(scope=scope):
                self.doing = _doing(scope)
            case IterationStarted():
                self._started(event)
            case IterationFinished():
                self.doing = f"iteration {event.t} finished"
            case RunFinished():
                self.doing = event.status

    @property
    def recipe(self) -> Mapping[str, object]:
        """The fields of the run's spec; empty before its first event."""
        return self.run.recipe

    def _tried(self, event: Evaluated) -> None:
        if event.scope == "original/train":
            self.original = event
        elif is_tried(event):
            self.tried += 1
            least = max((each.value for each in (self.original, self.best_tried) if each is not None), default=-1.0)
            if event.value > least and not self._is_best(event):
                self.best_tried = event

    def _is_best(self, event: Evaluated) -> bool:
        """Whether this is the program that is the best already: a second measurement of it is no new best."""
        return self.best_tried is not None and event.solution == self.best_tried.solution

    def _compared(self, event: Evaluated) -> None:
        """Count the result of one improver in one pair of the gate."""
        found = _IN_GATE.fullmatch(event.scope)
        if found is not None:
            self._gate().values.setdefault(int(found[1]), {})[found[2]] = event.value

    def _gate(self) -> GateProgress:
        """The comparison that is under way."""
        if self.gate is None:
            error, iterations, most = (self.recipe.get(name) for name in ("gate_error", "iterations", "gate_pairs"))
            self.gate = GateProgress(most if isinstance(most, int) else 0)
            if isinstance(error, float) and error > 0 and isinstance(iterations, int):
                self.gate.threshold = max(iterations, 1) / error
            self.doing = "comparing the candidate with the incumbent"
        return self.gate

    def _called(self, event: LmCalled) -> None:
        if self.gate is not None:
            self.gate.lm_calls += event.cost
        self._awaited[event.scope, event.call] = len(event.messages)

    def _evaluated(self, event: Evaluated) -> None:
        if event.utility != SELF_IMPROVEMENT:
            self._tried(event)
            self._compared(event)
            return
        candidate = candidate_of(outlined(event))
        if candidate is None:
            return
        self.candidates.append(candidate)
        self.candidates_seen += 1
        if candidate.verdict == "ok" and (self.best is None or candidate.value > self.best.value):
            self.best = candidate

    def set_aside(self, counter: str) -> int:
        """What of `spent` (COST or TOKENS) no answer took: for requests under way, and for those whose usage nobody knows."""
        answered = self.run.costs.total.cost if counter == COST else self.tokens
        return max(0, self.spent[counter] - self.spent_before[counter] - answered)

    @property
    def in_flight(self) -> int:
        """Requests to the language model that wait for their answers."""
        return sum(self._awaited.values())

    def _answered(self, event: LmResponded) -> None:
        left = self._awaited.get((event.scope, event.call), 0) - 1
        if left > 0:
            self._awaited[event.scope, event.call] = left
        else:
            self._awaited.pop((event.scope, event.call), None)

    def _moved(self, event: BudgetMoved) -> None:
        if event.counter in (COST, TOKENS) and event.granted:
            self.spent[event.counter] += event.amount
        if event.counter == HELD_OUT:
            self.doing = held_out(event)
        if event.counter not in (META_UTILITY_CALLS, LM_CALLS, GATE_PAIRS):
            return
        _, *inside = event.scope.split("/")
        if inside == ["gate"]:
            self._gate()
        if inside in (["improve"], ["improve", "handles"], ["gate"]) and event.limit is not None:
            before = self.allowances.get(event.counter, Allowance(0, None))
            # Threads may report out of order: what has been used never shrinks.
            self.allowances[event.counter] = Allowance(max(before.used, event.used), event.limit)

    def _started(self, event: IterationStarted) -> None:
        self.t = event.t
        self.improver = digest_of(event.improver)[:NAMED_BY]
        self.doing = "measuring the seed improver" if event.t == 0 else "the improver improves itself"
        self.candidates.clear()
        self.candidates_seen = 0
        self.allowances.clear()
        self.gate = None


def is_tried(event: Event) -> bool:
    """Whether an event is the evaluation of a candidate of strop improve."""
    return isinstance(event, Evaluated) and event.scope.startswith("improve/u-")


def held_out(event: BudgetMoved) -> str:
    """How far the measurement on the sealed split is, in words."""
    return f"measuring on the sealed split, {event.used} of {event.limit}"


def _doing(scope: str) -> str:
    """What an improvement at `scope` is for, in words."""
    first, *inside = scope.split("/")
    match inside:
        case ["measure", *_] if first == "t0":
            return "measuring the seed improver"
        case ["measure" | "check", *_]:
            return "measuring what the self-improvement gave"
        case ["gate", *_]:
            return "comparing the candidate with the incumbent"
        case ["improve"]:
            return "the improver improves itself"
        case ["improve", candidate, *_]:
            return f"trying candidate {candidate.removeprefix('u-').split('#')[0]}"
        case [name, copy] if copy.startswith("copy"):  # of strop eval: task/what/copy
            return f"measuring {name} on {first}"
        case _:
            words = {
                "improver": "measuring the improver",
                "seed": "measuring the seed improver",
                "improve": "improving",
            }
            return words.get(first, scope)
