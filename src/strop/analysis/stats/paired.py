"""Differences of two things that were measured under the same conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Alternative: TypeAlias = Literal["two-sided", "greater"]

_BLOCK = 1_000_000
"""Signs drawn at a time: bounds the memory of a test."""
_ROUNDING = 1e-12
"""Sums this close, relative to the sum of magnitudes, count as equal: they differ by the order of addition."""


def differences(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a[i] - b[i], for every i. Raises ValueError where the two differ in length."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values cannot be paired with {len(b)}")
    return [x - y for x, y in zip(a, b, strict=True)]


def sign_flip_test(
    values: Sequence[float],
    *,
    alternative: Alternative = "two-sided",
    resamples: int = 10_000,
    rng: np.random.Generator,
) -> float:
    """p-value, in (0, 1], of the paired permutation test on differences (Fisher 1935, "The design of experiments", §21).

    If two things do not differ, either could have been called the first: every difference had either sign with equal chance.
    So the null is a distribution that is symmetric about 0, not only of mean 0. It assumes no shape beyond that. All 2^n ways
    to set the signs are tried where that is not more than `resamples`, else as many random ones, which with the observed one
    keep the level exactly (Phipson and Smyth 2010). With n differences p is never below 2^-n (two-sided 2^(1-n)).

    Raises:
        ValueError: there are no values or no resamples.
    """
    if not values or resamples < 1:
        raise ValueError(f"{len(values)} values and {resamples} resamples; the least is 1 of each")
    sample = np.asarray(values, dtype=np.float64)
    slack = _ROUNDING * float(np.abs(sample).sum())

    def as_extreme(signs: npt.NDArray[np.int8]) -> int:
        sums = signs @ sample
        observed = sample.sum()
        if alternative == "greater":
            return int((sums >= observed - slack).sum())
        return int((np.abs(sums) >= abs(observed) - slack).sum())

    n = len(sample)
    if n < 63 and 2**n <= resamples:
        patterns = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return as_extreme((2 * patterns - 1).astype(np.int8)) / float(2**n)
    extreme, block = 0, max(1, _BLOCK // n)
    for done in range(0, resamples, block):
        bits = rng.integers(0, 2, size=(min(block, resamples - done), n), dtype=np.int8)
        extreme += as_extreme(2 * bits - 1)
    return (1 + extreme) / (1 + resamples)
