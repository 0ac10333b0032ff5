"""A mean and its standard error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from strop.base.later import dataclass

mean = fmean
"""The arithmetic mean, summed exactly. Raises ValueError for no values."""


@dataclass(frozen=True)
class Estimate:
    """The mean of a sample, and how uncertain it is."""

    mean: float
    """Mean of the sample."""
    stderr: float | None
    """Standard error of the mean. Null if the sample has one value."""
    n: int
    """Size of the sample, 1 or more."""
    interval: tuple[float, float] | None = None
    """Low and high end of the confidence interval of the mean. Null if none was computed."""


def stderr(values: Sequence[float]) -> float | None:
    """The standard error of the mean: sample standard deviation (n - 1) over sqrt(n); None for a single value.

    The error bars of the paper's Figure 4 are one standard error to each side. Raises ValueError for no values.
    """
    center = mean(values)
    n = len(values)
    return math.sqrt(math.fsum((value - center) ** 2 for value in values) / (n - 1) / n) if n > 1 else None


def stratified(groups: Sequence[Sequence[float]]) -> Estimate:
    """The mean of the groups' means, with its standard error for fixed groups, such as tasks.

    Raises ValueError for no groups, or an empty one.
    """
    center, n = mean([mean(group) for group in groups]), sum(len(group) for group in groups)
    errors = [error for error in map(stderr, groups) if error is not None]
    has_errors = len(errors) == len(groups)
    return Estimate(center, math.sqrt(math.fsum(error**2 for error in errors)) / len(groups) if has_errors else None, n)


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, standard error and size of a sample, without an interval. Raises ValueError for no values."""
    return Estimate(mean(values), stderr(values), len(values))


SAME = 1e-9
"""Values that differ by less than this share of themselves are equal: the rest is rounding."""


def differences(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a[i] - b[i], for every i; 0 for values that are equal up to rounding. Raises ValueError where the two differ in length."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values cannot be paired with {len(b)}")
    return [0.0 if math.isclose(x, y, rel_tol=SAME) else x - y for x, y in zip(a, b, strict=True)]


def checked_probability(probability: float) -> float:
    """`probability` itself. Raises ValueError unless it is in (0, 1)."""
    if not 0 < probability < 1:
        raise ValueError(f"{probability} is not a probability between 0 and 1")
    return probability
