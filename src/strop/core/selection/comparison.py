"""A candidate improver against the incumbent: what a selection may know of them, and what it answers.

Everything here is training: a contest has no way to the sealed test split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from strop.base.budget import GATE_PAIRS, LM_CALLS, UTILITY_CALLS, Budget
from strop.base.errors import BudgetExceeded
from strop.base.events import Compared
from strop.base.results import Comparison, fields_of
from strop.core.meta_utility import MetaUtility, Trial


@dataclass
class Node:
    """One improver of a run: where it came from, and what was seen of it in training."""

    t: int
    """The iteration that made it; 0 for the seed improver."""
    improver: str
    parent: int | None
    """The `t` of the improver whose self-improvement it is; None for the seed improver."""
    seen: list[float] = field(default_factory=list)
    """Every training value that was measured of it, each in [0, 1]."""
    barren: int = 0
    """Self-improvements that gave nothing: that failed, or returned it unchanged."""


@dataclass(frozen=True)
class Decision:
    """Whether a candidate became the improver, and why."""

    accepted: bool
    reason: str
    comparison: Comparison | None = None
    """What the choice rests on, where a gate made it."""


@dataclass
class PairedComparison:
    """The incumbent, a candidate, and fresh training evaluations of both."""

    meta_utility: MetaUtility
    incumbent: Node
    candidate: Node
    at: Budget
    """The iteration's budget."""

    checked: Trial | None = field(default=None, init=False)
    """What `check` found; None before it was asked for."""

    def check(self) -> Trial:
        """The candidate measured again: |D| fresh improvements. They are made once, however often it is asked for."""
        if self.checked is None:
            self.checked = self.meta_utility.trial(self.candidate.improver, self.at.child("measure"))
            self.candidate.seen.extend(self.checked.train)
        return self.checked

    def rounds(self, budget: Budget) -> Iterator[list[float]]:
        """Differences candidate - incumbent, a round of at most |D| pairs at a time, until `budget` has no pair left.

        A pair is one downstream task improved by both, and scored on the same fresh instances.
        """
        each, begun = len(self.meta_utility.downstream), 0
        while numbers := _reserved(budget, range(begun, begun + each)):
            found = self.meta_utility.pairs(
                self.incumbent.improver, self.candidate.improver, numbers, lambda number: budget.child(f"pair{number}")
            )
            self.incumbent.seen.extend(a.value for a, _ in found)
            self.candidate.seen.extend(b.value for _, b in found)
            yield [b.value - a.value for a, b in found]
            begun += len(numbers)

    def gate_budget(self, most: int) -> Budget:
        """What a gate may spend: `most` pairs. LM calls and evaluations are counted in it, not limited."""
        return self.at.child("gate", {GATE_PAIRS: most})


def spent(budget: Budget) -> tuple[int, int]:
    """(LM calls, evaluations of solutions) that were asked for inside a gate's budget, its results' scoring included."""
    return budget.used(LM_CALLS), budget.used(UTILITY_CALLS) + 2 * budget.used(GATE_PAIRS)


def compared(contest: PairedComparison, choice: Decision, comparison: Comparison) -> Compared:
    """The record of what a gate decided."""
    return Compared(
        **fields_of(Comparison, comparison),
        scope=f"{contest.at.path}/gate",
        t=contest.candidate.t,
        incumbent=contest.incumbent.improver,
        candidate=contest.candidate.improver,
        accepted=choice.accepted,
    )


class Selection(Protocol):
    """Which improver improves itself, and whether what it made goes on (Algorithm 1 leaves no choice in either)."""

    @property
    def name(self) -> str: ...

    def parent(self, lineage: Sequence[Node], incumbent: Node) -> Node:
        """The improver that improves itself in the next iteration, one of `lineage`."""
        ...

    def choose(self, contest: PairedComparison) -> Decision:
        """Whether the candidate replaces the incumbent."""
        ...

    def nothing_to_gain(self, incumbent: Node) -> str:
        """Why no candidate could replace the incumbent, so that the run ends here; empty where one could."""
        ...


def _reserved(budget: Budget, numbers: range) -> list[int]:
    granted: list[int] = []
    for number in numbers:
        try:
            budget.reserve(GATE_PAIRS)
        except BudgetExceeded:
            break
        granted.append(number)
    return granted
