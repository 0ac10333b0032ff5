"""The final comparison of a run: I_0 and I_T on fresh copies in pairs, scored on sealed instances, until one is shown better.

It decides nothing in the run. It ends when its interval leaves out 0 or can hardly do so, or when the pairs are spent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from strop.analysis.stats import TargetedEvidence, targeted_interval
from strop.base.events import Compared
from strop.base.results import Comparison, fields_of
from strop.core.selection.comparison import PairedComparison, spent
from strop.core.selection.gated import MOST_LOG

CONFIDENCE = 0.95
"""Confidence of the interval, as of every interval that is printed."""
LEVEL = (1 - CONFIDENCE) / 2
"""The error rate of either side: "better" and "worse"."""


@dataclass(frozen=True)
class Sides:
    """The evidence that the second improver is better, and that it is worse."""

    better: TargetedEvidence
    worse: TargetedEvidence

    @staticmethod
    def of(most: int) -> Sides:
        """Before the first of at most so many pairs."""
        return Sides(TargetedEvidence(LEVEL, most), TargetedEvidence(LEVEL, most))

    def add(self, difference: float) -> None:
        """Take in one pair."""
        self.better.add(difference)
        self.worse.add(-difference)

    @property
    def ended(self) -> bool:
        """Whether one side is shown, or neither is likely to be."""
        shown = self.better.rejected or self.worse.rejected
        return shown or (self.better.hopeless() and self.worse.hopeless())


def final_comparison(contest: PairedComparison, most: int) -> Compared:
    """The comparison of the improvers of `contest`, in at most `most` (at least 1) pairs. Every pair of its rounds counts."""
    budget, sides = contest.gate_budget(most), Sides.of(most)
    differences: list[float] = []
    for results in contest.rounds(budget):
        for difference in results:
            sides.add(difference)
        differences += results
        if sides.ended:
            break
    lm_calls, evaluations = spent(budget)
    comparison = Comparison(
        differences=tuple(differences),
        before=tuple(contest.incumbent.seen[-len(differences) :]),
        pairs=len(differences),
        most=most,
        e_value=math.exp(min(sides.better.highest, MOST_LOG)),
        threshold=1 / LEVEL,
        interval=targeted_interval(differences, most, confidence=CONFIDENCE),
        confidence=CONFIDENCE,
        lm_calls=lm_calls,
        evaluations=evaluations,
    )
    return Compared(
        **fields_of(Comparison, comparison),
        scope=budget.path,
        t=contest.candidate.t,
        incumbent=contest.incumbent.improver,
        candidate=contest.candidate.improver,
        accepted=sides.better.rejected,
    )
