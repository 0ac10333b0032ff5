"""Differences of two samples that have nothing in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

from strop.analysis.stats.checks import checked_probability
from strop.analysis.stats.means import Estimate, estimate
from strop.analysis.stats.student import student_t_quantile, two_sided


def unpaired_difference(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """mean(a) - mean(b) with Welch's t interval (Welch 1947): independent samples, each with a variance of its own.

    `n` is the size of both together. The interval is None where a sample is a single value. Degrees of freedom are rounded
    down, which widens the interval by a hair. It assumes means that are near normal.

    Raises:
        ValueError: a sample is empty, or the confidence is not in (0, 1).
    """
    checked_probability(confidence)
    difference, stderr, degrees = _welch(a, b)
    n = len(a) + len(b)
    if stderr is None:
        return Estimate(difference, None, n)
    reach = student_t_quantile((1 + confidence) / 2, degrees) * stderr
    return Estimate(difference, stderr, n, (difference - reach, difference + reach))


def welch_test(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p-value, in [0, 1], that two independent samples have one mean; 1.0 where one is a single value.

    Raises:
        ValueError: a sample is empty.
    """
    difference, stderr, degrees = _welch(a, b)
    if stderr is None or difference == 0.0:
        return 1.0
    return two_sided(difference / stderr if stderr else math.inf, degrees)


def _welch(a: Sequence[float], b: Sequence[float]) -> tuple[float, float | None, int]:
    """Difference of the means, its standard error, and Satterthwaite's degrees of freedom, whole and at least 1."""
    first, second = estimate(a), estimate(b)
    if first.stderr is None or second.stderr is None:
        return first.mean - second.mean, None, 1
    stderr = math.hypot(first.stderr, second.stderr)
    if stderr == 0.0:
        return first.mean - second.mean, 0.0, first.n + second.n - 2
    # In shares of the variance, so that tiny errors do not vanish when they are raised to the fourth power.
    share = (first.stderr / stderr) ** 2
    degrees = 1 / (share**2 / (first.n - 1) + (1 - share) ** 2 / (second.n - 1))
    return first.mean - second.mean, stderr, max(1, math.floor(degrees + 1e-9))
