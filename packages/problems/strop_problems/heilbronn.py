"""Heilbronn's problem: points of which no three make a small triangle, exact, on the floats as rational numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from strop import Construction, Malformed, Published, Task
from strop_problems.plain import listed, number, on_a_grid

Point: TypeAlias = tuple[int, int]
TRIANGLE = """
Place 11 points in a triangle so that the smallest triangle that three of them make is as large as possible.

`construct()` returns a list of 11 points, each a list [x, y], in the triangle with the corners (0, 0), (1, 0) and (0,
1): x >= 0, y >= 0 and x + y <= 1. The value is the area of the smallest triangle of three points divided by the area
of the whole triangle, which is 1/2.
"""
CONVEX = """
Place {points} points in the plane so that the smallest triangle that three of them make is as large as possible,
relative to their convex hull.

`construct()` returns a list of {points} points, each a list [x, y]. The value is the area of the smallest triangle of
three points divided by the area of the convex hull of all points.
"""
TRIANGLE_SEED = '''\
import numpy as np


def construct():
    """The best of some random placements."""
    rng = np.random.default_rng(0)
    triples = np.array([(a, b, c) for a in range(11) for b in range(a) for c in range(b)])
    best, found = -1.0, None
    for _ in range(2000):
        points = rng.random((11, 2))
        outside = points.sum(axis=1) > 1
        points[outside] = 1 - points[outside]
        a, b, c = (points[triples[:, k]] for k in range(3))
        area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).min()
        if area > best:
            best, found = area, points * (1 - 1e-12)
    return found.tolist()
'''
CONVEX_SEED = '''\
import numpy as np


def construct():
    """Points on a circle."""
    angles = 2 * np.pi * np.arange({points}) / {points}
    return np.column_stack([np.cos(angles), np.sin(angles)]).tolist()
'''
ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results (B.9, B.10)"
TOGETHER = "https://github.com/togethercomputer/EinsteinArena-new-SOTA"
PUBLISHED = {
    13: (Published(Fraction("0.030936889034896"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),),
    14: (
        Published(Fraction("0.0278355805"), "Together AI, EinsteinArena", "2026-04", TOGETHER),
        Published(Fraction("0.0278355715"), "AlphaEvolve", "2025-11", "https://arxiv.org/abs/2511.02864"),
    ),
}


def points_of(answer: Any, count: int) -> tuple[list[Point], int]:
    """Points on a grid of whole numbers, and how many of its steps are 1."""
    rows = [listed(row, f"point {place}", 2, 2) for place, row in enumerate(listed(answer, "the answer", count, count))]
    numbers = [number(value, f"point {place}") for place, row in enumerate(rows) for value in row]
    *grid, one = on_a_grid([*numbers, Fraction(1)])
    return list(zip(grid[::2], grid[1::2], strict=True)), one


def twice_area(a: Point, b: Point, c: Point) -> int:
    """Twice the signed area of a triangle, more than 0 if its corners go round to the left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def smallest(points: list[Point]) -> int:
    """Twice the area of the smallest triangle of three points. Raises Malformed where three lie on a line."""
    area, worst = min(
        (abs(twice_area(*(points[place] for place in three))), three) for three in combinations(range(len(points)), 3)
    )
    if area == 0:
        raise Malformed("points {}, {} and {} lie on a line".format(*worst))
    return area


def twice_hull(points: list[Point]) -> int:
    """Twice the area of the convex hull (Andrew's monotone chain)."""

    def chain(ordered: list[Point]) -> list[Point]:
        corners: list[Point] = []
        for point in ordered:
            while len(corners) > 1 and twice_area(corners[-2], corners[-1], point) <= 0:
                corners.pop()
            corners.append(point)
        return corners[:-1]

    ordered = sorted(points)
    corners = chain(ordered) + chain(ordered[::-1])
    return sum(twice_area(corners[0], b, c) for b, c in pairwise(corners))


def triangle_value(answer: Any) -> Fraction:
    """The smallest triangle of 11 points relative to the triangle that holds them."""
    points, one = points_of(answer, 11)
    for place, (x, y) in enumerate(points):
        if (beyond := max(-x, -y, x + y - one)) > 0:
            raise Malformed(f"point {place} is outside of the triangle by {float(Fraction(beyond, one)):.2g}")
    return Fraction(smallest(points), one**2)


def convex_value(answer: Any, count: int) -> Fraction:
    """The smallest triangle of the points relative to their convex hull."""
    points, _ = points_of(answer, count)
    return Fraction(smallest(points), twice_hull(points))


def _dots(points: list[tuple[float, float]]) -> str:
    low = [min(column) for column in zip(*points, strict=True)]
    size = max(max(column) - min(column) for column in zip(*points, strict=True)) or 1.0
    return "".join(
        f'<circle cx="{5 + 90 * (x - low[0]) / size:.3f}" cy="{95 - 90 * (y - low[1]) / size:.3f}" r="1.2" fill="currentColor"/>'
        for x, y in points
    )


def drawn(answer: Any) -> str:
    """The points."""
    return _dots([(float(x), float(y)) for x, y in answer])


def drawn_in_triangle(answer: Any) -> str:
    """The points in a triangle with equal sides: areas are the same but for a factor."""
    corners = '<polygon points="5,95 95,95 50,17.058"/>'
    dots = [(5 + 90 * (float(x) + float(y) / 2), 95 - 77.942 * float(y)) for x, y in answer]
    return corners + "".join(f'<circle cx="{x:.3f}" cy="{y:.3f}" r="1.2" fill="currentColor"/>' for x, y in dots)


def heilbronn_triangle() -> Task:
    """11 points in a triangle."""
    return Construction(
        name="heilbronn-triangle-11",
        what="places 11 points in a triangle",
        statement=TRIANGLE,
        seed=TRIANGLE_SEED,
        better="higher",
        verify=triangle_value,
        published=(
            Published(Fraction("0.03652988988003004"), "AlphaEvolve", "2025-05", ALPHAEVOLVE),
            Published(
                Fraction("0.036"),
                "Friedman's Packing Center",
                "2025",
                "https://erich-friedman.github.io/packing/heiltri/",
            ),
        ),
        scipy=True,
        draw=drawn_in_triangle,
    )


def heilbronn_convex(count: int) -> Task:
    """13 or 14 points in a convex region."""
    return Construction(
        name=f"heilbronn-convex-{count}",
        what=f"places {count} points in a convex region",
        statement=CONVEX.format(points=count),
        seed=CONVEX_SEED.format(points=count),
        better="higher",
        verify=lambda answer: convex_value(answer, count),
        published=PUBLISHED[count],
        scipy=True,
        draw=drawn,
    )


def heilbronn_convex_13() -> Task:
    """13 points in a convex region."""
    return heilbronn_convex(13)
