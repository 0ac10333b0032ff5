"""u^lambda, a utility of maximizers that is defined by itself (Appendix A.3):

    u^lambda(M) = u~(M)                          with probability lambda
                  u^lambda(M(u^lambda))          with probability 1 - lambda

where u~ is the maximizer meta-utility. One evaluation flips coins until heads; at each tails the maximizer is replaced by what
it makes of u^lambda. So maximizers are called 1/lambda times on average, the last time for the downstream tasks.

A maximizer that asks u^lambda k times starts k such processes inside its own: where (1 - lambda)(k + 1) >= 1 their number is
infinite on average. What ends them is the budget of one evaluation, which everything inside it spends too.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appendix_a3.maximize import maximize
from strop.base.budget import META_UTILITY_CALLS, Budget, Grant
from strop.base.errors import BudgetExceeded
from strop.base.randomness import derive
from strop.base.results import Evaluation
from strop.core.handles import Host
from strop.core.utility import NOT_A_TEXT, Utility, evaluated
from strop.tasks.base import META_TASK

MAXIMIZER_CALLS = "maximizer_calls"
"""Calls M(u^lambda) inside an evaluation of u^lambda; the last call, for the downstream tasks, is u~'s and always allowed."""


def expected_maximizer_calls(lam: float, most: int | None = None) -> float:
    """Mean number of maximizer calls of one evaluation, the last one included: 1 / lambda.

    With `most` (0 and up) calls M(u^lambda) allowed: (1 - (1 - lambda)^(most + 1)) / lambda. Calls that a maximizer causes
    inside its own run are not in it.

    Raises:
        ValueError: lambda is not in (0, 1], or `most` is below 0.
    """
    if most is None or _checked(lam) == 1:
        return 1 / _checked(lam)
    # 1 - (1 - lambda)^n, without losing the digits of a small lambda.
    return -math.expm1((_not_negative(most) + 1) * math.log1p(-lam)) / lam


def probability_of_depth(lam: float, depth: int) -> float:
    """Probability of `depth` tails in a row, (1 - lambda)^depth: that a chain, or a path of nested evaluations, goes so deep."""
    return float((1 - _checked(lam)) ** _not_negative(depth))


def least_depth(lam: float, probability: float) -> int:
    """The smallest depth that is reached with at most this probability, in (0, 1)."""
    tails = 1 - _checked(lam)
    return 0 if tails == 0 else max(0, math.ceil(math.log(probability) / math.log(tails)))


@dataclass(frozen=True)
class RecursiveUtility:
    """u^lambda. Its coins come from the run's secret and the place in the run: a run repeats them, and nobody foresees them."""

    inner: Utility
    """u~."""
    lam: float
    """Probability of heads, in (0, 1]."""
    description: str
    grant: Grant
    """What one call M(u^lambda) may spend, as far as the budget of the evaluation still covers it."""
    limits: Mapping[str, int]
    """What everything inside one evaluation may spend together: MAXIMIZER_CALLS, which must be named, META_UTILITY_CALLS
    (nested evaluations of u^lambda), LM_CALLS and UTILITY_CALLS (those of u~ too)."""
    most_depth: int
    """A safety: evaluations nested so deep take heads for granted. Each level has a maximizer that waits for its answer in a
    place of its own: the jail needs `most_depth` + 2 places for improvers, or everything would wait for a place for ever.
    `probability_of_depth` says how often it matters."""
    host: Host
    depth: int = 0
    """How many maximizers wait for this evaluation inside one another."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    """One maximizer at a time on each level, so that places suffice whatever a maximizer asks for at once."""

    def __post_init__(self) -> None:
        """Raises ValueError where nothing would bound the recursion."""
        _checked(self.lam)
        _not_negative(self.most_depth)
        if MAXIMIZER_CALLS not in self.limits:
            raise ValueError(f"limits must say how many {MAXIMIZER_CALLS} one evaluation may make")

    @property
    def name(self) -> str:
        return META_TASK

    @property
    def counter(self) -> str:
        return META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """One random evaluation. A maximizer that gives no text ends it at 0.

        Where the budget does not cover another call M(u^lambda), it ends as by heads: with u~ of the maximizer at hand.
        """
        inside = at.child("recursion", self.limits if self.depth == 0 else None)
        evaluation = self._flipped(candidate, inside)
        self.host.record(evaluated(self, "train", candidate, evaluation, at))
        return evaluation

    def _flipped(self, candidate: str | None, at: Budget) -> Evaluation:
        if candidate is None:
            return NOT_A_TEXT
        maximizer = candidate
        for flip in itertools.count():
            here = at.child(f"flip{flip}")
            if self._heads(here) or not self._granted(here):
                break
            within = replace(self, depth=self.depth + 1, turn=threading.Lock())
            with self.turn:
                improvement = maximize(maximizer, within, self.grant, here, self.host)
            if improvement.solution is None:
                return Evaluation(value=0.0, verdict=improvement.outcome, error=improvement.detail)
            maximizer = improvement.solution
        return self.inner.evaluate(maximizer, here.child("heads"))

    def _heads(self, at: Budget) -> bool:
        return self.depth >= self.most_depth or derive(self.host.secret, "coin", at.path) < self.lam * 2**256

    def _granted(self, at: Budget) -> bool:
        try:
            at.reserve(MAXIMIZER_CALLS)
        except BudgetExceeded:
            return False
        return True


def _checked(lam: float) -> float:
    if not 0 < lam <= 1:
        raise ValueError(f"lambda is {lam}; it must be more than 0 and at most 1")
    return lam


def _not_negative(depth: int) -> int:
    if depth < 0:
        raise ValueError(f"a depth of {depth}; the least is 0")
    return depth
