"""Step functions, valued a second time from their integrals: decimal numbers of 120 digits and plain double sums."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import pairwise


def autoconvolution(heights: Sequence[Decimal]) -> list[Decimal]:
    """Values at the corners of the autoconvolution, for steps of width 1."""
    n = len(heights)
    return [
        sum((heights[i] * heights[k - i] for i in range(max(0, k - n + 1), min(n, k + 1))), Decimal(0))
        for k in range(2 * n - 1)
    ]


def peak(heights: Sequence[float]) -> Decimal:
    """The maximum of f*f over the squared integral of f, f on an interval of length 1/2."""
    with localcontext(prec=120):
        values, width = [Decimal(height) for height in heights], Decimal(1) / (2 * len(heights))
        top = max(autoconvolution(values)) * width
        return top / (sum(values) * width) ** 2


def flatness(heights: Sequence[float]) -> Decimal:
    """||F||_2^2 / (||F||_1 ||F||_inf) of F = f*f, which is linear between its corners: Simpson's rule is exact for its square."""
    with localcontext(prec=120):
        corners = [Decimal(0), *autoconvolution([Decimal(height) for height in heights]), Decimal(0)]
        squares = absolute = Decimal(0)
        for a, b in pairwise(corners):
            squares += (a * a + 4 * ((a + b) / 2) ** 2 + b * b) / 6
            absolute += (a + b) / 2
        return squares / (absolute * max(corners))


def overlap(heights: Sequence[float]) -> Decimal:
    """The largest overlap of h and 1 - h on [0, 2], where h has the integral 1."""
    with localcontext(prec=120):
        values = [Decimal(height) for height in heights]
        width, total = Decimal(2) / len(values), sum(values)
        h = [value / (total * width) for value in values]
        n = len(h)
        return max(
            sum((h[i] * (1 - h[i + k]) for i in range(n) if 0 <= i + k < n), Decimal(0)) * width
            for k in range(1 - n, n)
        )
