"""Differences of two things that were measured under the same conditions."""

from __future__ import annotations

from collections.abc import Sequence


def differences(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a[i] - b[i], for every i. Raises ValueError where the two differ in length."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values cannot be paired with {len(b)}")
    return [x - y for x, y in zip(a, b, strict=True)]
