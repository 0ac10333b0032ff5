"""Student's t: its distribution, and the interval of a mean that rests on it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from strop.analysis.stats.checks import checked_probability
from strop.analysis.stats.means import Estimate, estimate


def t_estimate(values: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """Mean and standard error with Student's t interval (Student 1908, "The probable error of a mean").

    The interval is None for a single value. It assumes a sample that is near normal.

    Raises:
        ValueError: there are no values, or the confidence is not in (0, 1).
    """
    sample = estimate(values)
    quantile = student_t_quantile((1 + checked_probability(confidence)) / 2, max(sample.n - 1, 1))
    if sample.stderr is None:
        return sample
    reach = quantile * sample.stderr
    return Estimate(sample.mean, sample.stderr, sample.n, (sample.mean - reach, sample.mean + reach))


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
    if checked_probability(p) < 0.5:
        return -student_t_quantile(1 - p, degrees)
    low, high = 0.0, 1.0
    while student_t_cdf(high, degrees) < p:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if student_t_cdf(middle, degrees) < p else (low, middle)
    return middle
