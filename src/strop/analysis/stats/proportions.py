"""Rates, and whether two of them differ."""

from __future__ import annotations

import math
from statistics import NormalDist

from strop.analysis.stats.means import checked_probability
from strop.base.later import dataclass


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a rate, (low, high) in [0, 1] (Wilson 1927); the intervals of the paper's Table 2.

    It holds its level for rates near 0 too, where the usual mean plus and minus two standard errors does not.

    Raises:
        ValueError: not 0 <= successes <= n, n is 0, or the confidence is not in (0, 1).
    """
    rate = _rate(successes, n)
    z = NormalDist().inv_cdf((1 + checked_probability(confidence)) / 2)
    center = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # At both ends the exact bound is the rate itself; rounding would miss it by a hair.
    return (0.0 if successes == 0 else center - reach, 1.0 if successes == n else center + reach)


@dataclass(frozen=True)
class TwoProportions:
    """How far two rates lie apart, and how often chance alone puts them so far apart."""

    z: float
    """Difference of the two rates in standard errors. 0 if neither or both are 0 or 100%."""
    p: float
    """Two-sided p-value, from 0 to 1."""


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
        raise ValueError(f"invalid rate: {successes} of {n}")
    return successes / n
