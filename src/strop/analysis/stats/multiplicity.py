"""Many comparisons at once: adjusted p-values."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Holm 1979), in the order given.

    Rejecting where the adjusted value is at most alpha makes any false rejection at all with probability alpha at most,
    however the tests depend on one another. Never weaker than Bonferroni.

    Raises:
        ValueError: a p-value is not in [0, 1].
    """
    order, n = _ascending(p_values), len(p_values)
    adjusted, so_far = [0.0] * n, 0.0
    for rank, index in enumerate(order):
        so_far = max(so_far, min(1.0, (n - rank) * p_values[index]))
        adjusted[index] = so_far
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's step-up adjustment (1995), in the order given.

    Rejecting where the adjusted value is at most q makes at most a share q of the rejections false, on average, for tests
    that are independent or positively dependent (Benjamini and Yekutieli 2001). Comparisons with one and the same
    baseline are positively dependent when one-sided.

    Raises:
        ValueError: a p-value is not in [0, 1].
    """
    order, n = _ascending(p_values), len(p_values)
    adjusted, so_far = [1.0] * n, 1.0
    for rank in range(n - 1, -1, -1):
        index = order[rank]
        so_far = min(so_far, n / (rank + 1) * p_values[index])
        adjusted[index] = so_far
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"{p} is not a p-value between 0 and 1")
    return sorted(range(len(p_values)), key=p_values.__getitem__)
