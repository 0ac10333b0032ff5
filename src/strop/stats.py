"""Means with their uncertainty: pure functions of numbers, for everything that is claimed from a run.

Not here: what the numbers are about, and sequential tests that decide whether an improver replaces another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_BLOCK = 1_000_000
"""Values drawn at a time by the bootstrap: bounds its memory at some 16 MB."""


@dataclass(frozen=True)
class Estimate:
    """The mean of a sample and how far it may be off."""

    mean: float
    stderr: float | None
    """Standard error of the mean; None where one value says nothing about it."""
    n: int
    """Size of the sample, 1 and up."""
    interval: tuple[float, float] | None = None
    """Confidence interval of the mean, (low, high), where one was computed."""


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, summed exactly. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values, no mean")
    return math.fsum(values) / len(values)


def stderr(values: Sequence[float]) -> float | None:
    """The standard error of the mean: sample standard deviation (n - 1) over sqrt(n); None for a single value.

    The error bars of the paper's Figure 4 are one of these to each side. Raises ValueError for no values.
    """
    center = mean(values)
    n = len(values)
    return math.sqrt(math.fsum((value - center) ** 2 for value in values) / (n - 1) / n) if n > 1 else None


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, standard error and size of a sample, without an interval. Raises ValueError for no values."""
    return Estimate(mean(values), stderr(values), len(values))


def paired_difference(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """The mean of a[i] - b[i] with Student's t interval (Student 1908, "The probable error of a mean").

    `a` and `b` must be measured under the same conditions i: the same seeds, the same instances. The interval is None for a
    single pair. It assumes differences that are near normal; `bootstrap_interval` does not.

    Raises:
        ValueError: `a` and `b` differ in length or are empty, or the confidence is not in (0, 1).
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values cannot be paired with {len(b)}")
    difference = estimate([x - y for x, y in zip(a, b, strict=True)])
    quantile = student_t_quantile((1 + _checked(confidence)) / 2, max(difference.n - 1, 1))
    if difference.stderr is None:
        return difference
    reach = quantile * difference.stderr
    return Estimate(
        difference.mean, difference.stderr, difference.n, (difference.mean - reach, difference.mean + reach)
    )


def student_t_cdf(t: float, degrees: int) -> float:
    """P(T <= t) for Student's t with `degrees` (1 and up) degrees of freedom.

    The finite sums of Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4: exact for whole
    degrees, with that many / 2 terms.
    """
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom; the least is 1")
    theta = math.atan2(t, math.sqrt(degrees))
    sine, cosine_squared = math.sin(theta), math.cos(theta) ** 2
    odd = degrees % 2 == 1
    term = math.cos(theta) if odd else 1.0
    terms = [] if degrees == 1 else [term]
    for k in range(2 if odd else 1, degrees - 2, 2):
        term *= k / (k + 1) * cosine_squared
        terms.append(term)
    within = sine * math.fsum(terms)
    if odd:
        within = 2 / math.pi * (theta + within)
    return (1 + within) / 2


def student_t_quantile(p: float, degrees: int) -> float:
    """The t with P(T <= t) = p, by bisection of `student_t_cdf`; p in (0, 1), degrees 1 and up."""
    if _checked(p) < 0.5:
        return -student_t_quantile(1 - p, degrees)
    low, high = 0.0, 1.0
    while student_t_cdf(high, degrees) < p:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if student_t_cdf(middle, degrees) < p else (low, middle)
    return middle


def bootstrap_interval(
    values: Sequence[float], *, confidence: float = 0.95, resamples: int = 10_000, rng: np.random.Generator
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean, (low, high) (Efron and Tibshirani 1993, chapter 13).

    Assumes no shape, but is too narrow for small samples: with 20 values a 95% interval covers about 93%.

    Raises:
        ValueError: there are no values, no resamples, or the confidence is not in (0, 1).
    """
    if not values or resamples < 1:
        raise ValueError(f"{len(values)} values and {resamples} resamples; the least is 1 of each")
    tail = (1 - _checked(confidence)) / 2
    sample = np.asarray(values, dtype=np.float64)
    block = max(1, _BLOCK // len(sample))
    means = [
        rng.choice(sample, size=(min(block, resamples - done), len(sample))).mean(axis=1)
        for done in range(0, resamples, block)
    ]
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(low), float(high)


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a rate, (low, high) in [0, 1] (Wilson 1927); the intervals of the paper's Table 2.

    It holds its level for rates near 0 too, where the usual mean plus and minus two standard errors does not.

    Raises:
        ValueError: not 0 <= successes <= n, n is 0, or the confidence is not in (0, 1).
    """
    rate = _rate(successes, n)
    z = NormalDist().inv_cdf((1 + _checked(confidence)) / 2)
    center = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # At both ends the exact bound is the rate itself; rounding would miss it by a hair.
    return (0.0 if successes == 0 else center - reach, 1.0 if successes == n else center + reach)


@dataclass(frozen=True)
class TwoProportions:
    """How far two rates lie apart, and how often chance alone would put them so far."""

    z: float
    """Difference a - b in standard errors; 0 where neither or both always happened."""
    p: float
    """Two-sided p-value, in [0, 1]."""


def two_proportion_z_test(a: int, n_a: int, b: int, n_b: int) -> TwoProportions:
    """Whether a of n_a and b of n_b may come from one rate: the z-test with the pooled rate, two-sided (§6.2, Table 2).

    The normal approximation wants some five successes or more in each arm; below that read it with care.

    Raises:
        ValueError: not 0 <= successes <= n in an arm, or an arm is empty.
    """
    difference = _rate(a, n_a) - _rate(b, n_b)
    pooled = (a + b) / (n_a + n_b)
    stderr_of_difference = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    z = difference / stderr_of_difference if stderr_of_difference else 0.0
    return TwoProportions(z, math.erfc(abs(z) / math.sqrt(2)))


def _rate(successes: int, n: int) -> float:
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no rate")
    return successes / n


def _checked(probability: float) -> float:
    if not 0 < probability < 1:
        raise ValueError(f"{probability} is not a probability between 0 and 1")
    return probability
