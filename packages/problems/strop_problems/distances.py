"""The smallest ratio of the largest to the smallest distance of points: exact, on the floats as rational numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from strop import Construction, Malformed, Published, Task
from strop_problems.plain import listed, number, on_a_grid

STATEMENT = """
Place {points} points in {space} so that the ratio of their largest distance to their smallest distance is as small as
possible.

`construct()` returns a list of {points} points, each a list of {dimension} numbers. No two points are the same. The
value is the SQUARE of the ratio: (largest distance / smallest distance)**2. Lower is better.

It is computed exactly: every float is the rational number that it is, and nothing is rounded.
"""
SEED = '''\
import numpy as np


def construct():
    """{points} points of a grid."""
    side = np.arange({side})
    grid = np.stack(np.meshgrid(*[side] * {dimension}), axis=-1).reshape(-1, {dimension})
    return grid[:{points}].tolist()
'''
ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results (B.8)"
TOGETHER = "https://github.com/togethercomputer/EinsteinArena-new-SOTA/tree/main/min-distance-ratio-2d"
PUBLISHED = {
    2: (
        Published(Fraction("12.889230"), "Together AI", "2026-03", TOGETHER),
        Published(
            Fraction("12.88924"),
            "Berthold and others (FICO Xpress, SCIP)",
            "2026-01",
            "https://arxiv.org/abs/2601.05943",
        ),
        Published(Fraction("12.889266112"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),
        Published(
            Fraction("12.890"), "Friedman's Packing Center", "2025", "https://erich-friedman.github.io/packing/maxmin/"
        ),
    ),
    3: (
        Published(Fraction("4.165783474580"), "auto-discovery", "2026", "https://github.com/XinmingTu/auto-discovery"),
        Published(Fraction("4.165849767"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),
        Published(
            Fraction("4.168"), "Friedman's Packing Center", "2025", "https://erich-friedman.github.io/packing/maxmin3/"
        ),
    ),
}


def squared_ratio(answer: Any, points: int, dimension: int) -> Fraction:
    rows = [
        listed(row, f"point {place}", dimension, dimension)
        for place, row in enumerate(listed(answer, "the answer", points, points))
    ]
    numbers = [number(value, f"point {place}") for place, row in enumerate(rows) for value in row]
    grid = on_a_grid(numbers)
    places = [grid[start : start + dimension] for start in range(0, len(grid), dimension)]
    squares = []
    for first, second in combinations(range(points), 2):
        squares.append(sum((a - b) ** 2 for a, b in zip(places[first], places[second], strict=True)))
        if squares[-1] == 0:
            raise Malformed(f"points {first} and {second} are the same")
    return Fraction(max(squares), min(squares))


def drawn(answer: Any) -> str:
    """Points of the plane; of points in space, their first two coordinates."""
    points = [[float(value) for value in row[:2]] for row in answer]
    low = [min(column) for column in zip(*points, strict=True)]
    size = max(max(column) - min(column) for column in zip(*points, strict=True)) or 1.0
    return "".join(
        f'<circle cx="{5 + 90 * (x - low[0]) / size:.3f}" cy="{95 - 90 * (y - low[1]) / size:.3f}" r="1.5"/>'
        for x, y in points
    )


def distance_ratio(points: int, dimension: int) -> Task:
    """16 points in the plane or 14 in space."""
    space = "the plane" if dimension == 2 else "space"
    return Construction(
        name=f"distance-ratio-{dimension}d",
        what=f"spreads {points} points in {space}",
        statement=STATEMENT.format(points=points, space=space, dimension=dimension),
        seed=SEED.format(points=points, dimension=dimension, side=4 if dimension == 2 else 3),
        better="lower",
        verify=lambda answer: squared_ratio(answer, points, dimension),
        published=PUBLISHED[dimension],
        scipy=True,
        draw=drawn,
    )


def ratio_in_the_plane() -> Task:
    """16 points in the plane."""
    return distance_ratio(16, 2)


def ratio_in_space() -> Task:
    """14 points in space."""
    return distance_ratio(14, 3)
