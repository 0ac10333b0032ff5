"""Circles and Heilbronn points: right, slightly wrong and malformed answers, beside verifiers in other arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from strop import Malformed
from strop.tasks.registry import problems
from strop_problems.circles import in_rectangle, in_square
from strop_problems.heilbronn import convex_value, triangle_value
from strop_problems.hexagons import outer_side
from support.rows import table
from verifiers import circles, constructed, heilbronn, hexagons

GRID = [[(column + 0.5) / 8, (row + 0.5) / 8, 0.0625] for row in range(8) for column in range(8)][:26]
"""Touching circles whose coordinates and radii are exact as floats."""


def changed(circle: int, place: int, by: float) -> list[list[float]]:
    return [
        [value + by * (number == circle and at == place) for at, value in enumerate(row)]
        for number, row in enumerate(GRID)
    ]


def test_circles_that_touch_are_worth_the_sum_of_their_radii() -> None:
    assert in_square(GRID, 26) == Fraction(26, 16)


@table("slip", [1e-15, 1e-12, 1e-9, 1e-6])
def test_circles_that_overlap_or_leave_the_square_by_little_are_refused(slip: float) -> None:
    with pytest.raises(Malformed, match=r"circles 9 and 10 overlap by about \d"):
        in_square(changed(9, 0, slip), 26)
    with pytest.raises(Malformed, match="circle 0 leaves its rectangle by"):
        in_square(changed(0, 0, -slip), 26)
    with pytest.raises(Malformed):
        in_square(changed(12, 2, slip), 26)


@table(
    "answer",
    [None, [], GRID[:25], [*GRID, GRID[0]], [[0.5, 0.5]] * 26, [[0.5, 0.5, math.nan]] * 26, [[0.5, 0.5, True]] * 26, "x" * 26,
     [[0.5, 0.5, -0.1]] * 26, [[0.5, 0.5, 0]] * 26, [[0.5, 0.5, 10**400]] * 26, [GRID[0]] * 26, {0: GRID[0]}],
)  # fmt: skip
def test_answer_that_is_no_packing_is_refused(answer: Any) -> None:
    with pytest.raises(Malformed):
        in_square(answer, 26)


def test_rectangle_is_part_of_the_answer() -> None:
    packed = [[0.0625 + 0.125 * column, 0.0625 + 0.125 * row, 0.0625] for row in range(3) for column in range(7)]
    assert in_rectangle([0.875, packed]) == Fraction(21, 16) == in_rectangle([1.5, packed])
    with pytest.raises(Malformed, match="circle 6 leaves its rectangle"):
        in_rectangle([0.874, packed])
    with pytest.raises(Malformed, match="the width is not between 0 and 2"):
        in_rectangle([2.5, packed])


def test_packings_are_valued_as_a_verifier_in_other_arithmetic_values_them() -> None:
    rng, right = np.random.default_rng(1), 0
    for scale in (0.3, 0.9, 1.0, 1.0 + 1e-12, 1.1):
        for _ in range(20):
            centers = rng.random((26, 2)) * 0.98 + 0.01
            away = np.sqrt(((centers[:, None] - centers) ** 2).sum(axis=2)) + 9 * np.eye(26)
            radii = np.minimum(away.min(axis=1) / 2, np.minimum(centers, 1 - centers).min(axis=1)) * scale
            answer = np.column_stack([centers, radii]).tolist()
            if circles.broken_rule(answer) is None:
                assert in_square(answer, 26) == circles.sum_of_radii(answer)
                right += 1
            else:
                with pytest.raises(Malformed):
                    in_square(answer, 26)
    assert 40 <= right < 100


def test_smallest_triangle_is_valued_as_a_verifier_in_other_arithmetic_values_it() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        points = rng.normal(size=(13, 2)).tolist()
        assert convex_value(points, 13) == heilbronn.convex_value(points)
        inside = rng.dirichlet([1, 1, 1], size=11)[:, :2].tolist()
        assert triangle_value(inside) == heilbronn.triangle_value(inside, [[0, 0], [1, 0], [0, 1]])


def test_order_of_points_does_not_matter() -> None:
    points = np.random.default_rng(3).normal(size=(14, 2))
    assert convex_value(points.tolist(), 14) == convex_value(points[::-1].tolist(), 14)


@table("slip", [1e-15, 1e-12, 1e-9, 1e-6])
def test_point_outside_of_the_triangle_by_little_is_refused(slip: float) -> None:
    points = np.random.default_rng(4).dirichlet([1, 1, 1], size=11)[:, :2].tolist()
    points[3] = [0.5, 0.5]
    assert triangle_value(points) > 0
    points[3] = [0.5, 0.5 + slip]
    with pytest.raises(Malformed, match="point 3 is outside of the triangle by"):
        triangle_value(points)


def test_three_points_on_a_line_are_refused() -> None:
    points = np.random.default_rng(5).normal(size=(13, 2)).tolist()
    points[:3] = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]
    with pytest.raises(Malformed, match="points 0, 1 and 2 lie on a line"):
        convex_value(points, 13)


@table("slip", [1e-12, 1e-9, 1e-6])
def test_hexagons_that_overlap_or_leave_the_outer_one_by_little_are_refused(slip: float) -> None:
    outer = [0.0, 0.0, 0.0, 4.0]
    row = [[-1.0, 0.0, 0.0], [1.0 + 1e-13, 0.0, 0.0]]
    assert hexagons.broken_rule(row, outer) is None
    assert outer_side([outer, row], 2) == 4
    with pytest.raises(Malformed, match="hexagons 0 and 1 overlap"):
        outer_side([outer, [row[0], [1.0 - slip, 0.0, 0.0]]], 2)
    assert outer_side([outer, [[3.0 - slip, 0.0, 0.0]]], 1) == 4
    with pytest.raises(Malformed, match="hexagon 0 is not inside the outer hexagon"):
        outer_side([outer, [[3.0 + slip, 0.0, 0.0]]], 1)


def test_hexagons_are_right_where_a_verifier_in_other_arithmetic_finds_them_right() -> None:
    rng, (outer, inner), right = np.random.default_rng(6), constructed(problems()["hexagons-11"].seed), 0
    for spread in (1.0, 1.0, 1.0 + 1e-9, 1.02, 1.1, 1.2):
        for turn in (0.0, 0.3, 7.0):
            moved = [[x * spread, y * spread, degrees + turn * rng.random()] for x, y, degrees in inner]
            around = [outer[0], outer[1], outer[2] + 60, outer[3] * (1.0 + 0.15 * rng.random())]
            if hexagons.broken_rule(moved, around) is None:
                assert outer_side([around, moved], 11) == Fraction(around[3])
                right += 1
            else:
                with pytest.raises(Malformed):
                    outer_side([around, moved], 11)
    assert 3 <= right <= 15


@table(
    "answer",
    [None, [], [[0, 0, 0, 4]], [[0, 0, 0, 0], [[0, 0, 0]]], [[0, 0, 0, math.inf], [[0, 0, 0]]], [[0, 0, 0, 4], [[0, 0]]],
     [[0, 0, 0, 4], [[0, 0, 1e300]]], [[0, 0, 0, 4000], [[0, 0, 0]]], [[0, 0, 0, 4], [[0, 0, True]]]],
)  # fmt: skip
def test_answer_that_is_no_packing_of_hexagons_is_refused(answer: Any) -> None:
    with pytest.raises(Malformed):
        outer_side(answer, 1)
