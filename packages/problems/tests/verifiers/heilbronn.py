"""Smallest triangles of points, checked a second time: integers, every float times 2**1100, and the hull by wrapping."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

from verifiers.circles import integer

Point = tuple[int, int]


def points_of(rows: Sequence[Sequence[float]]) -> list[Point]:
    return [(integer(x), integer(y)) for x, y in rows]


def twice(a: Point, b: Point, c: Point) -> int:
    """Twice the signed area of a triangle."""
    return a[0] * (b[1] - c[1]) + b[0] * (c[1] - a[1]) + c[0] * (a[1] - b[1])


def smallest(points: list[Point]) -> int:
    """Twice the area of the smallest triangle."""
    return min(abs(twice(a, b, c)) for a, b, c in combinations(points, 3))


def hull(points: list[Point]) -> int:
    """Twice the area of the convex hull, wrapped corner by corner."""
    start = min(points)
    corners = [start]
    while True:
        here = corners[-1]
        following = next(point for point in points if point != here)
        for point in points:
            turn = twice(here, following, point)
            farther = abs(point[0] - here[0]) + abs(point[1] - here[1]) > abs(following[0] - here[0]) + abs(
                following[1] - here[1]
            )
            if turn < 0 or (turn == 0 and farther):
                following = point
        if following == start:
            break
        corners.append(following)
    return abs(sum(twice(start, a, b) for a, b in pairwise(corners)))


def convex_value(rows: Sequence[Sequence[float]]) -> Fraction:
    points = points_of(rows)
    return Fraction(smallest(points), hull(points))


def triangle_value(rows: Sequence[Sequence[float]], corners: Sequence[Sequence[float]]) -> Fraction | None:
    """Smallest triangle by the area of the triangle that holds all points; None if a point is outside."""
    points, (a, b, c) = points_of(rows), points_of(corners)
    whole = twice(a, b, c)
    if whole < 0:
        b, c, whole = c, b, -whole
    if any(min(twice(a, b, point), twice(b, c, point), twice(c, a, point)) < 0 for point in points):
        return None
    return Fraction(smallest(points), whole)
