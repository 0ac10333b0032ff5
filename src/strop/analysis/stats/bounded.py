"""Means of scores: the one interval, and the one decision, of every claim about them.

Scores are in [0, 1] and their differences in [-1, 1]. Nothing is assumed but independent observations: no shape, no variance. Of
the worst loss that a sample did not hold only the range tells, so a method that reads it off the sample (Student's t, a test of
signs, a bootstrap) calls programs with rare large losses better. Betting does not (strop.analysis.stats.sequential).

An interval holds the means against which the bets have not multiplied their capital by 2 / (1 - confidence) *after the last
observation*. So it does not depend on the order of the observations and holds their mean. It keeps its level

- where observations of one mean are added until it shows something, by Ville's inequality;
- where a fixed number of observations have means of their own, such as copies of several tasks: it is then of the mean of these.
  The expected capital is a product of 1 + bet * (its mean - m), at most the power of their average (inequality of the means).

docs/design/0083-intervals.md has the alternatives, measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from strop.analysis.stats.means import Estimate, checked_probability, differences, estimate
from strop.analysis.stats.sequential import EProcess, bet_bound, least_steps
from strop.base.pluralize import quantity

CONFIDENCE = 0.95
"""Confidence of every interval that is printed: 0.025 on either side."""


def score_estimate(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of independent scores in [0, 1], with its interval in [0, 1]. Raises ValueError for no values, or one outside."""
    return _estimate(values, 0.0, confidence)


def utility_interval(utility: float, scores: Sequence[float]) -> tuple[float, float] | None:
    """The interval of a utility that is the mean of `scores`. None if there are none, or if it is not their mean: where one
    failing instance makes the utility 0, the scores say nothing about it, and an interval of their mean would not hold it."""
    if not scores:
        return None
    sample = score_estimate(scores)
    return sample.interval if math.isclose(utility, sample.mean, abs_tol=1e-9) else None


def score_difference(a: Sequence[float], b: Sequence[float], *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of a[i] - b[i], with its interval in [-1, 1], for scores of which the pairs i are independent.

    The two of a pair may depend on one another, as on one instance, or not, as two copies do.

    Raises:
        ValueError: `a` and `b` differ in length or are empty, or a score is outside [0, 1].
    """
    return _estimate(differences(a, b), -1.0, confidence)


def decided(difference: Estimate) -> int:
    """1 if the interval lies above 0, -1 if it lies below, else 0: nothing is shown."""
    if difference.interval is None:
        return 0
    low, high = difference.interval
    return int(low > 0) - int(high < 0)


def least_to_show(difference: float, *, confidence: float = CONFIDENCE) -> int | None:
    """How many pairs at least show a difference of this size, which all of them have; None if it is 0, which none show."""
    return least_steps(min(abs(difference), 1.0), _threshold(confidence)) if difference else None


def least_shown(n: int, *, confidence: float = CONFIDENCE) -> float | None:
    """The least difference, to three decimals, that n pairs can show: if all of them have it. None if they can show none."""
    shown = (size / 1000 for size in range(1, 1001) if least_steps(size / 1000, _threshold(confidence)) <= n)
    return next(shown, None)


def too_few(difference: Estimate, thing: str, *, confidence: float = CONFIDENCE) -> str:
    """Why a difference is not shown, if there are too few observations for one of its size; else empty.

    E.g. `5 copies cannot show any difference, and one of 0.200 needs at least 23`.
    """
    n, size = difference.n, abs(difference.mean)
    needed = least_to_show(size, confidence=confidence)
    if needed is None or needed <= n:
        return ""
    least = least_shown(n, confidence=confidence)
    reach = "any difference" if least is None else f"a difference below {least:.3f}"
    return f"{quantity(n, thing, ',')} cannot show {reach}, and one of {size:.3f} needs at least {needed:,}"


def hopeless(values: Sequence[float], remaining: int, *, confidence: float = CONFIDENCE) -> bool:
    """Whether `remaining` further differences will hardly decide between better and worse (`EProcess.hopeless`)."""
    alpha = (1 - checked_probability(confidence)) / 2
    above, below = EProcess(), EProcess()
    for value in values:
        above.add(value)
        below.add(-value)
    return above.hopeless(remaining, alpha) and below.hopeless(remaining, alpha)


def _estimate(values: Sequence[float], low: float, confidence: float) -> Estimate:
    sample, threshold = estimate(values), _threshold(confidence)
    observed = np.array(values, dtype=np.float64)
    if not (observed.min() >= low and observed.max() <= 1.0):
        raise ValueError(f"a value is outside {low:g} to 1")
    interval = bet_bound(observed, low, 1.0, threshold), -bet_bound(-observed, -1.0, -low, threshold)
    return Estimate(sample.mean, sample.stderr, sample.n, interval)


def _threshold(confidence: float) -> float:
    return math.log(2 / (1 - checked_probability(confidence)))
