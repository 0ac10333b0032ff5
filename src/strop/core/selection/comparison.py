"""A candidate improver against the incumbent: their training values, and the decision of a selection.

A comparison has no access to the held-out split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Protocol

from strop.base.budget import GATE_PAIRS, LM_CALLS, UTILITY_CALLS, Budget
from strop.base.errors import BudgetExceeded
from strop.base.events import Compared
from strop.base.later import dataclass
from strop.base.results import Comparison, fields_of
from strop.core.meta_utility import MetaUtility, TrainingTrial

TOGETHER = 4
"""Pairs of a round, which are measured side by side. Pairs beside the deciding one are wasted."""


@dataclass
class Contender:
    """One improver of a run: its origin and its training values."""

    t: int
    """The iteration that produced it; 0 for the seed improver."""
    improver: str
    parent: int | None
    """The `t` of the improver that produced it; None for the seed improver."""
    seen: list[float] = field(default_factory=list)
    """Its measured training values, in [0, 1]."""
    notes: tuple[str, ...] = ()
    """What it did with its budgets when it was measured, one line for each copy; empty in the paper's setting."""
    failures: int = 0
    """Candidates that were not accepted while it was I_t."""
    failed_children: int = 0
    """Self-improvements that failed or returned a known improver."""


@dataclass(frozen=True)
class Decision:
    """Whether a candidate replaces the incumbent, and why."""

    accepted: bool
    reason: str
    comparison: Comparison | None = None
    """The evidence, if a gate decided."""


@dataclass
class PairedComparison:
    """The incumbent and a candidate, with fresh evaluations of both."""

    meta_utility: MetaUtility
    incumbent: Contender
    candidate: Contender
    budget: Budget
    """The iteration's budget."""
    repeats: str = ""
    """A sentence that says that the candidate repeats an earlier improver; empty for a new one."""
    checked: TrainingTrial | None = field(default=None, init=False)
    """The result of `check`; None before its first call."""

    def check(self) -> TrainingTrial:
        """|D| fresh improvements by the candidate, made at the first call."""
        if self.checked is None:
            self.checked = self.meta_utility.trial(self.candidate.improver, self.budget.child("measure"))
            self.candidate.seen.extend(self.checked.train)
        return self.checked

    def rounds(self, budget: Budget) -> Iterator[list[float]]:
        """Differences candidate - incumbent, in rounds of at most `TOGETHER` pairs, until `budget` is spent.

        A pair is one downstream task improved by both and scored on the same fresh instances.
        """
        begun = 0
        while numbers := _reserved(budget, range(begun, begun + TOGETHER)):
            results = self.meta_utility.pairs(
                self.incumbent.improver, self.candidate.improver, numbers, lambda number: budget.child(f"pair{number}")
            )
            self.incumbent.seen.extend(a.value for a, _ in results)
            self.candidate.seen.extend(b.value for _, b in results)
            yield [b.value - a.value for a, b in results]
            begun += len(numbers)

    def gate_budget(self, most: int) -> Budget:
        """The budget of a gate: `most` pairs. LM calls and evaluations are counted, not limited."""
        return self.budget.child("gate", {GATE_PAIRS: most})


def spent(budget: Budget) -> tuple[int, int]:
    """(LM calls, evaluations of solutions) within a gate's budget, including the scoring of results."""
    return budget.used(LM_CALLS), budget.used(UTILITY_CALLS) + 2 * budget.used(GATE_PAIRS)


def compared(contest: PairedComparison, choice: Decision, comparison: Comparison) -> Compared:
    """The event of a gate's decision."""
    return Compared(
        **fields_of(Comparison, comparison),
        scope=f"{contest.budget.path}/gate",
        t=contest.candidate.t,
        incumbent=contest.incumbent.improver,
        candidate=contest.candidate.improver,
        accepted=choice.accepted,
    )


class Selection(Protocol):
    """Chooses which improver improves itself and whether the candidate is accepted. Algorithm 1 leaves no choice in either."""

    @property
    def name(self) -> str: ...

    def pair(self, lineage: Sequence[Contender], incumbent: Contender) -> tuple[Contender, Contender]:
        """The improver that makes the next candidate, and the one that it improves, mostly itself: two of `lineage`."""

    def choose(self, contest: PairedComparison) -> Decision:
        """Whether the candidate replaces the incumbent."""

    def why_stop(self, incumbent: Contender) -> str:
        """Why a candidate can hardly be shown to be better than the incumbent, so that the run ends; empty if it can."""


def _reserved(budget: Budget, numbers: range) -> list[int]:
    granted: list[int] = []
    for number in numbers:
        try:
            budget.reserve(GATE_PAIRS)
        except BudgetExceeded:
            break
        granted.append(number)
    return granted
