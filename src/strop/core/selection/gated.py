"""`gated`: a candidate is accepted only if paired fresh evaluations show, within a stated error rate, that it is better.

The gate is a sequential test that may stop after any pair: betting against "the candidate is not better"
(strop.analysis.stats.targeted), as in PACE (arXiv 2606.08106). The probability that the T comparisons of a run accept any
candidate that is not better is at most `error`; each comparison gets an equal share (union bound).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from strop.analysis.stats import TargetedEvidence, targeted_interval
from strop.analysis.stats.targeted import likely_most
from strop.base.budget import Budget
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import TOO_LARGE, Comparison
from strop.core.selection.comparison import Contender, Decision, PairedComparison, spent

MOST_LOG = 700.0
"""Evidence is capped at e^700, because floats end at e^709."""

BEST = 1.0
"""The best possible training value."""
CEILING_VALUES = 5
"""After so many training values, all the best possible, a run stops. Fewer may be luck. The paper's |D| is 5."""


@dataclass(frozen=True)
class Gate:
    """The error rate of a run and the budget of one comparison."""

    error: float = 0.1
    """Probability, in (0, 0.25], that a run accepts an improver that is not better."""
    comparisons: int = 4
    """Comparisons that share `error`: the iterations T of the run, at least 1."""
    pairs: int = 60
    """Budget of one comparison in pairs, at least 1."""

    @property
    def alpha(self) -> float:
        """Error rate of one comparison."""
        return self.error / self.comparisons

    @property
    def confidence(self) -> float:
        """Confidence of the reported interval, which is two-sided, so that its lower end lies above 0 if the test accepts."""
        return 1 - 2 * self.alpha

    def decide(self, contest: PairedComparison) -> Decision:
        """Compare until the evidence suffices, can no longer suffice, or the pairs are spent; a repetition is refused unpaid."""
        if contest.repeats:
            return Decision(False, contest.repeats)
        budget = contest.gate_budget(self.pairs)
        evidence, differences, paid = self._gather(contest, budget)
        lm_calls, evaluations = spent(budget)
        comparison = Comparison(
            differences=tuple(differences),
            pairs=paid,
            max_pairs=self.pairs,
            e_value=math.exp(min(evidence.highest, MOST_LOG)),
            threshold=1 / self.alpha,
            interval=targeted_interval(differences, self.pairs, confidence=self.confidence),
            confidence=self.confidence,
            lm_calls=lm_calls,
            evaluations=evaluations,
        )
        return Decision(evidence.rejected, _in_words(comparison, evidence.rejected), comparison)

    def _gather(self, contest: PairedComparison, budget: Budget) -> tuple[TargetedEvidence, list[float], int]:
        """(evidence, its differences, pairs paid for)."""
        evidence, paid = TargetedEvidence(self.alpha, self.pairs), 0
        differences: list[float] = []
        for results in contest.rounds(budget):
            paid += len(results)
            for difference in results:
                evidence.add(difference)
                differences.append(difference)
                if evidence.rejected:
                    return evidence, differences, paid
            if self.futile(evidence, self.pairs - paid, contest.incumbent.seen):
                break
        return evidence, differences, paid

    @staticmethod
    def futile(evidence: TargetedEvidence, remaining: int, seen: Sequence[float]) -> bool:
        """Whether the remaining pairs can hardly suffice: a candidate cannot gain more than the incumbent leaves.

        `seen` are the training values of the incumbent.
        """
        return evidence.hopeless(most=likely_most([BEST - value for value in seen], remaining) if remaining else 0.0)

    @staticmethod
    def why_stop(incumbent: Contender) -> str:
        """Why a candidate can hardly be shown to be better, in one clause; empty if it can. It denies no gain elsewhere."""
        n = len(incumbent.seen)
        if n < CEILING_VALUES or min(incumbent.seen) < BEST:
            return ""
        reached = f"all {n} training measurements of I_{incumbent.t} reached the highest score"
        return f"{reached}, so training can hardly show a gain"


@dataclass(frozen=True)
class Gated:
    """The incumbent improves itself; the gate decides whether the result replaces it."""

    gate: Gate
    name = "gated"

    def pair(self, lineage: Sequence[Contender], incumbent: Contender) -> tuple[Contender, Contender]:
        return incumbent, incumbent

    def choose(self, contest: PairedComparison) -> Decision:
        return self.gate.decide(contest)

    def why_stop(self, incumbent: Contender) -> str:
        return self.gate.why_stop(incumbent)


def _in_words(comparison: Comparison, accepted: bool) -> str:
    verdict = "better" if accepted else "not shown to be better"
    left = 0 if accepted else comparison.max_pairs - comparison.pairs
    futile = f"; futility: the {quantity(left, 'pair')} left are unlikely to reach the threshold" if left else ""
    size = f"{comparison.mean:+.3f}" + f", {TOO_LARGE}" * accepted
    evidence = f"evidence {comparison.e_value:.3g} (threshold {comparison.threshold:.3g}){futile}"
    return f"{verdict} in {quantity(len(comparison.differences), 'pair')}: difference {size}, {evidence}"
