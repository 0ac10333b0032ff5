"""The second verifiers of circles, Heilbronn points and hexagons know right and wrong answers by themselves."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verifiers import circles, heilbronn, hexagons


@pytest.mark.parametrize("slip", [1e-12, 1e-9, 1e-6])
def test_a_second_verifier_of_circles_sees_overlap_and_walls_when_a_radius_is_too_large_by_little(slip: float) -> None:
    right = [[0.25, 0.25, 0.25], [0.75, 0.25, 0.25]]
    assert circles.broken_rule(right) is None
    assert circles.sum_of_radii(right) == Fraction(1, 2)
    assert circles.broken_rule([[0.25, 0.25, 0.25], [0.75 - slip, 0.25, 0.25]]) == "overlap"
    assert circles.broken_rule([[0.25, 0.25, 0.25], [0.75 + slip, 0.25, 0.25]]) == "outside"


def test_a_second_verifier_of_heilbronn_points_finds_the_smallest_triangle_of_a_square_and_its_center() -> None:
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert heilbronn.convex_value(square) == Fraction(1, 2)
    assert heilbronn.convex_value([*square, [0.5, 0.25]]) == Fraction(1, 8)
    assert heilbronn.triangle_value([[0, 0], [2, 0], [0, 2], [0.5, 0.5]], [[0, 0], [2, 0], [0, 2]]) == Fraction(1, 4)
    assert heilbronn.triangle_value([[0, 0], [2, 0], [0, 2], [1, 1 + 1e-12]], [[0, 0], [2, 0], [0, 2]]) is None


@pytest.mark.parametrize("slip", [1e-12, 1e-9, 1e-6])
def test_a_second_verifier_of_hexagons_sees_overlap_and_walls_when_one_is_moved_by_little(slip: float) -> None:
    outer = [0.0, 0.0, 0.0, 4.0]
    assert hexagons.broken_rule([[-1.0, 0.0, 0.0], [1.0 + 1e-13, 0.0, 0.0]], outer) is None
    assert hexagons.broken_rule([[-1.0, 0.0, 0.0], [1.0 - slip, 0.0, 0.0]], outer) == "overlap"
    assert hexagons.broken_rule([[3.0, 0.0, 0.0]], outer) is None
    assert hexagons.broken_rule([[3.0 + slip, 0.0, 0.0]], outer) == "outside"
