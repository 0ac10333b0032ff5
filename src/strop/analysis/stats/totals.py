"""The ratio of two totals, what a user pays after a change for every unit paid before, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from strop.analysis.stats.means import Estimate, checked_probability, student_t_quantile

Weighed: TypeAlias = tuple[float, Sequence[float], Sequence[float]]
"""A weight, the values after and the values before, paired: entry i of both was measured under the same conditions."""


def has_ratio(after: Sequence[float], before: Sequence[float]) -> bool:
    """Whether totals have a ratio, also without any one pair: no value is negative, and no total rests on a single one."""
    if min(*after, *before) < 0:
        return False
    return all(math.fsum(values) - (max(values) if len(values) > 1 else 0) > 0 for values in (after, before))


def log_ratio_of_totals(*measures: Weighed, confidence: float = 0.95) -> Estimate:
    """The log of total after / total before, of several measures their weighted sum, with a jackknife t interval.

    The standard error is the jackknife's over the pairs (Miller 1974, "The jackknife: a review"). Where a few large pairs make
    up the totals there are fewer independent values than pairs, so t has the degrees of freedom of their effective number
    1 / sum(share^2). The interval is None for a single pair.

    Raises:
        ValueError: a measure has no ratio, they differ in length, or the confidence is not in (0, 1).
    """
    n = len(measures[0][1])
    if any(len(values) != n for _, *sides in measures for values in sides):
        raise ValueError("the measures differ in length")
    if not all(has_ratio(after, before) for _, after, before in measures):
        raise ValueError("totals that are not positive have no ratio")
    whole = math.fsum(weight * _log(after, before) for weight, after, before in measures)
    if n == 1:
        return Estimate(whole, stderr=None, n=n)
    without = [
        math.fsum(weight * _log(after, before, leave) for weight, after, before in measures) for leave in range(n)
    ]
    center = math.fsum(without) / n
    stderr = math.sqrt((n - 1) / n * math.fsum((value - center) ** 2 for value in without))
    degrees = max(round(min(_effective(after, before) for _, after, before in measures)) - 1, 1)
    reach = stderr * student_t_quantile((1 + checked_probability(confidence)) / 2, degrees)
    return Estimate(whole, stderr, n, (whole - reach, whole + reach))


def _log(after: Sequence[float], before: Sequence[float], leave: int | None = None) -> float:
    """Log of the ratio of the totals without pair `leave`. Summed exactly, so that equal pairs have no spread."""
    totals = (math.fsum(value for at, value in enumerate(values) if at != leave) for values in (after, before))
    return math.log(next(totals)) - math.log(next(totals))


def _effective(after: Sequence[float], before: Sequence[float]) -> float:
    """How many equal pairs would share the totals as unevenly as these."""
    totals = math.fsum(after), math.fsum(before)
    return 1 / math.fsum(((a / totals[0] + b / totals[1]) / 2) ** 2 for a, b in zip(after, before, strict=True))
