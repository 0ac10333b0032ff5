"""Bootstrap intervals of a mean: they assume no shape."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from strop.analysis.stats.checks import checked_probability

_BLOCK = 1_000_000
"""Values drawn at a time: bounds the memory of a bootstrap at some 16 MB."""
_ROUNDING = 1e-12
"""Means this close, relative to the largest value, are equal."""


def bootstrap_interval(
    values: Sequence[float], *, confidence: float = 0.95, resamples: int = 10_000, rng: np.random.Generator
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean, (low, high) (Efron and Tibshirani 1993, chapter 13).

    Assumes no shape, but is too narrow for small samples: with 20 values a 95% interval covers about 93%.

    Raises:
        ValueError: there are no values, no resamples, or the confidence is not in (0, 1).
    """
    tail = (1 - checked_probability(confidence)) / 2
    low, high = np.quantile(_resampled_means(values, resamples, rng), [tail, 1 - tail])
    return float(low), float(high)


def bca_interval(
    values: Sequence[float], *, confidence: float = 0.95, resamples: int = 10_000, rng: np.random.Generator
) -> tuple[float, float]:
    """The bias-corrected and accelerated bootstrap interval of the mean, (low, high) (Efron 1987; the book, chapter 14.3).

    It shifts the percentiles by the median bias of the resampled means and by the skewness of the sample: better than the
    plain percentiles for skewed values, still too narrow for few of them. Where all values are equal it is that one point.

    Raises:
        ValueError: there are no values, no resamples, or the confidence is not in (0, 1).
    """
    tail = (1 - checked_probability(confidence)) / 2
    means = _resampled_means(values, resamples, rng)
    sample = np.asarray(values, dtype=np.float64)
    if np.ptp(sample) == 0.0:
        return float(sample[0]), float(sample[0])
    # A resample of the same values in another order has the same mean, but for rounding: half of the ties count as below.
    slack = _ROUNDING * float(np.abs(sample).max())
    below = (np.mean(means < sample.mean() - slack) + np.mean(means <= sample.mean() + slack)) / 2
    normal = NormalDist()
    # With no mean on one side the correction would be infinite.
    bias = normal.inv_cdf(float(np.clip(below, 0.5 / resamples, 1 - 0.5 / resamples)))
    acceleration = _acceleration(sample)

    def level(probability: float) -> float:
        z = bias + normal.inv_cdf(probability)
        return normal.cdf(bias + z / (1 - acceleration * z))

    low, high = np.quantile(means, [level(tail), level(1 - tail)])
    return float(low), float(high)


def _acceleration(sample: npt.NDArray[np.float64]) -> float:
    """A sixth of the skewness of the mean, by the jackknife: leaving out x moves the mean by (mean - x) / (n - 1)."""
    moved = sample - sample.mean()
    moved /= np.abs(moved).max()  # the ratio below has no unit; this keeps its cubes from vanishing
    return float((moved**3).sum() / (6 * (moved**2).sum() ** 1.5))


def _resampled_means(values: Sequence[float], resamples: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    if not values or resamples < 1:
        raise ValueError(f"{len(values)} values and {resamples} resamples; the least is 1 of each")
    sample = np.asarray(values, dtype=np.float64)
    block = max(1, _BLOCK // len(sample))
    means = [
        rng.choice(sample, size=(min(block, resamples - done), len(sample))).mean(axis=1)
        for done in range(0, resamples, block)
    ]
    return np.concatenate(means)
