"""The ratio of distances, computed a second time: decimal numbers of 120 digits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext


def squared_ratio(points: Sequence[Sequence[float]]) -> Decimal:
    """The largest squared distance over the smallest."""
    with localcontext(prec=120):
        rows = [[Decimal(value) for value in row] for row in points]
        squares = sorted(
            sum(((a - b) * (a - b) for a, b in zip(rows[i], rows[j], strict=True)), Decimal(0))
            for i in range(len(rows))
            for j in range(i)
        )
        return squares[-1] / squares[0]
