"""Circles in a rectangle, checked a second time: integers, every float times 2**1100."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

SHIFT = 1100


def integer(value: float | int) -> int:
    above, below = value.as_integer_ratio()
    assert (above << SHIFT) % below == 0
    return (above << SHIFT) // below


def broken_rule(circles: Sequence[Sequence[float]], width: float = 1, height: float = 1) -> str | None:
    """The rule that circles [x, y, r] in a rectangle from (0, 0) break, if they break one."""
    rows = [[integer(value) for value in row] for row in circles]
    for x, y, r in rows:
        if r <= 0:
            return "radius"
        if x < r or y < r or x + r > integer(width) or y + r > integer(height):
            return "outside"
    for (a, b, r), (c, d, s) in combinations(rows, 2):
        if (a - c) * (a - c) + (b - d) * (b - d) < (r + s) * (r + s):
            return "overlap"
    return None


def sum_of_radii(circles: Sequence[Sequence[float]]) -> Fraction:
    return Fraction(sum(integer(row[2]) for row in circles), 1 << SHIFT)
