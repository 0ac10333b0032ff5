"""A mean of scores in [0, 1], with an interval that assumes independent observations and the range alone: by betting.

For every mean m there is a bettor who starts with a capital of 1 and bets, observation by observation, that the values lie above
m (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting", JRSS B 86). The interval holds the
means against which neither this bettor nor a second one, who bets that values lie below m, has multiplied the capital by
2 / (1 - confidence) after the last observation. So the interval does not depend on the order of the observations, and holds their
mean. It keeps its level also where the observations have means of their own, such as copies of several tasks. It is then an
interval of the mean of these means.

The capital is split over three fixed bets, most of it on the boldest. docs/design/0083-intervals.md has the alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from strop.analysis.stats.exchangeable import CONFIDENCE
from strop.analysis.stats.means import Estimate, checked_probability, estimate
from strop.base.later import np

if TYPE_CHECKING:
    import numpy.typing as npt

_FRACTIONS = (0.2, 0.5, 0.97)
"""The bets: the part of its capital that each loses on an observation at the low end of the range."""
_SHARES = (0.1, 0.15, 0.75)
"""How the first capital of 1 is split over the bets. Chosen for 10 to 60 pairs of standard deviation 0.15 to 0.3."""
_HALVINGS = 40
"""Steps of the bisection of a confidence bound: below one part in 10^12 of the range."""


def score_estimate(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of independent scores in [0, 1], with its interval in [0, 1]. Raises ValueError for no values, or a value
    outside."""
    sample, threshold = estimate(values), math.log(2 / (1 - checked_probability(confidence)))
    observed = np.array(values, dtype=np.float64)
    if not (observed.min() >= 0.0 and observed.max() <= 1.0):
        raise ValueError("a value is outside 0 to 1")
    interval = _bound(observed, threshold), 1.0 - _bound(1.0 - observed, threshold)
    return Estimate(sample.mean, sample.stderr, sample.n, interval)


def utility_interval(utility: float, scores: Sequence[float]) -> tuple[float, float] | None:
    """The interval of a utility that is the mean of `scores`; None without scores, or if the utility is not their mean. Where one
    failing instance makes the utility 0, an interval of the scores' mean would not hold it."""
    if not scores:
        return None
    sample = score_estimate(scores)
    return sample.interval if math.isclose(utility, sample.mean, abs_tol=1e-9) else None


def _bound(values: npt.NDArray[np.float64], threshold: float) -> float:
    """The largest mean that is rejected from below: the bettor against it has e^threshold, and less against higher means."""
    rejected, accepted = 0.0, 1.0
    fractions, shares = np.array(_FRACTIONS), np.array(_SHARES)
    for _ in range(_HALVINGS):
        middle = (rejected + accepted) / 2
        if not rejected < middle < accepted:
            break
        logs = np.log1p(np.outer(values - middle, fractions / middle)).sum(axis=0)
        reached = logs.max() + np.log(np.exp(logs - logs.max()) @ shares) >= threshold
        rejected, accepted = (middle, accepted) if reached else (rejected, middle)
    return rejected
