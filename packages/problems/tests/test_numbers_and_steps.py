"""Distances, step functions, whole numbers and the uncertainty inequality: exact values, and answers that break a rule."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from strop import Malformed, Task
from strop_problems.distances import ratio_in_space, ratio_in_the_plane
from strop_problems.integers import kissing_11, matrix_product, sums_and_differences
from strop_problems.plain import convolved
from strop_problems.steps import autocorrelation_1, autocorrelation_2, autocorrelation_3, erdos_overlap
from strop_problems.uncertainty import last_change, uncertainty
from support.rows import table
from verifiers import constructed

STEPS = (erdos_overlap, autocorrelation_1, autocorrelation_2, autocorrelation_3)
ORDERLESS = (ratio_in_the_plane, ratio_in_space, sums_and_differences, kissing_11, matrix_product, uncertainty)
"""Problems whose answers are sets."""
ALL = (*STEPS, *ORDERLESS)
SLIPS = (1e-12, 1e-9, 1e-6)


def deep(levels: int) -> Any:
    value: Any = 1.0
    for _ in range(levels):
        value = [value]
    return value


@table("make", ALL)
def test_a_seed_is_right_and_worse_than_the_best_published_value(make: Callable[[], Task]) -> None:
    task = make()
    value, best = task.problem.verify(constructed(task.seed)), task.problem.best_known.value
    assert value < best if task.problem.better == "higher" else value > best


@table("bad", [None, True, 1.0, "", "1/2", b"1", {}, [], [[]], [None] * 16, [[None]], deep(50), np.ones((16, 2))])
@table("make", ALL)
def test_an_answer_of_another_form_is_malformed(make: Callable[[], Task], bad: Any) -> None:
    with pytest.raises(Malformed):
        make().problem.verify(bad)


@table("bad", [math.nan, math.inf, -math.inf, True, None, "1", [1.0], 1j, 10**400, Fraction(1, 2), np.float32(1)])
@table("make", ALL)
def test_an_answer_with_one_number_that_is_none_is_malformed(make: Callable[[], Task], bad: Any) -> None:
    task = make()
    answer = constructed(task.seed)
    part = answer
    while isinstance(part[-1], list):
        part = part[-1]
    part[-1] = bad
    with pytest.raises(Malformed) as raised:
        task.problem.verify(answer)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 200


@table("make", ORDERLESS)
def test_another_order_keeps_the_value(make: Callable[[], Task]) -> None:
    task = make()
    answer = constructed(task.seed)
    shuffled = random.Random(0).sample(answer, len(answer))
    assert shuffled != answer
    assert task.problem.verify(shuffled) == task.problem.verify(answer)


@table("slip", SLIPS)
def test_a_distance_that_changes_by_little_changes_the_ratio_by_exactly_that(slip: float) -> None:
    grid = [[float(x), float(y)] for x in range(4) for y in range(4)]
    assert ratio_in_the_plane().problem.verify(grid) == 18
    grid[0][0] -= slip
    assert ratio_in_the_plane().problem.verify(grid) == (3 + Fraction(slip)) ** 2 + 9
    grid[0] = [2.0, 2.0]
    with pytest.raises(Malformed, match="points 0 and 10 are the same"):
        ratio_in_the_plane().problem.verify(grid)


def plain_convolution(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    return [
        sum((a[i] * b[k - i] for i in range(len(a)) if 0 <= k - i < len(b)), Fraction(0))
        for k in range(len(a) + len(b) - 1)
    ]


@table("count", [1, 2, 7, 20])
def test_step_functions_have_the_values_of_plain_rational_arithmetic(count: int) -> None:
    rng = random.Random(count)
    floats = [rng.random() for _ in range(count)]
    a = [Fraction(value) for value in floats]
    c = plain_convolution(a, a)
    assert autocorrelation_1().problem.verify(floats) == 2 * count * max(c) / sum(a) ** 2
    squares = sum(2 * left**2 + left * right for left, right in zip(c, [*c[1:], Fraction(0)], strict=True))
    assert autocorrelation_2().problem.verify(floats) == squares / (3 * sum(c) * max(c))
    signed = [value - 0.3 for value in floats] if count > 2 else [-1.0, 3.0][:count]
    s = [Fraction(value) for value in signed]
    assert autocorrelation_3().problem.verify(signed) == 2 * count * max(plain_convolution(s, s)) / sum(s) ** 2
    assert autocorrelation_3().problem.verify(signed[::-1]) == autocorrelation_3().problem.verify(signed)
    h = [1 + value for value in a]
    h = [value * count / (2 * sum(h)) for value in h]
    rest = [1 - value for value in h]
    expected = Fraction(2, count) * max(plain_convolution(h, rest[::-1]))
    assert erdos_overlap().problem.verify([1 + value for value in floats]) == pytest.approx(expected, rel=1e-15)


@table("make", STEPS)
def test_a_height_that_needs_rounding_never_makes_a_value_better(make: Callable[[], Task]) -> None:
    task = make()
    coarse, fine = [1.0, 0.75, 1.0, 0.875], [1.0, 0.75, 1.0, 0.875 + 2**-53]
    tiny = [*coarse, 1e-300, 5e-324]
    exact, rounded = task.problem.verify([*coarse, 0.0, 0.0]), task.problem.verify(tiny)
    assert rounded >= exact if task.problem.better == "lower" else rounded <= exact
    assert float(rounded) == pytest.approx(float(exact), rel=1e-15)
    assert task.problem.verify(fine) != task.problem.verify(coarse)


def test_a_tiny_height_that_raises_the_peak_is_rounded_up() -> None:
    """The last height is more than 160 binary digits below the others, and its share of the peak outweighs that of the sum."""
    heights = [3.0, 4.0, 1.0, 2.0, 1.0, 5.0, 1e-60]
    a = [Fraction(value) for value in heights]
    exact = 14 * max(plain_convolution(a, a)) / sum(a) ** 2
    for make in (autocorrelation_1, autocorrelation_3):
        value = make().problem.verify(heights)
        assert exact <= value <= exact * (1 + Fraction(1, 10**40))


@table("slip", SLIPS)
def test_a_height_below_zero_or_above_one_by_little_is_malformed(slip: float) -> None:
    for make in (erdos_overlap, autocorrelation_1, autocorrelation_2):
        with pytest.raises(Malformed, match="height 1 is negative"):
            make().problem.verify([1.0, -slip, 1.0])
    with pytest.raises(Malformed, match="height 0 is above 1"):
        erdos_overlap().problem.verify([1 + slip, 0.5, 0.5, 0.0])
    assert erdos_overlap().problem.verify([1 - slip, 0.5, 0.5, 0.0]) > 0


def test_heights_without_an_integral_are_malformed() -> None:
    for make in STEPS:
        with pytest.raises(Malformed):
            make().problem.verify([0.0, 0.0])
    for heights in ([1.0, -1.0], [1.0, -1.0, 1e-30]):
        with pytest.raises(Malformed, match="too close"):
            autocorrelation_3().problem.verify(heights)


def test_a_value_does_not_change_when_all_heights_are_doubled_or_read_backwards() -> None:
    heights = [random.Random(3).random() for _ in range(30)]
    for make in STEPS[1:]:
        value = make().problem.verify(heights)
        assert (
            make().problem.verify([2 * height for height in heights]) == make().problem.verify(heights[::-1]) == value
        )


def test_long_lists_are_convolved_as_python_would() -> None:
    rng = random.Random(1)
    left, right = [rng.getrandbits(130) for _ in range(40)], [rng.getrandbits(90) for _ in range(25)]
    expected = [sum(left[i] * right[k - i] for i in range(40) if 0 <= k - i < 25) for k in range(64)]
    assert convolved(left, right) == expected
    assert convolved([0, 0], [5]) == [0, 0]


def test_directions_are_too_close_when_one_coordinate_of_many_digits_is_off_by_one() -> None:
    points = constructed(kissing_11().seed)
    large = [[10**12 * value for value in point] for point in points]
    assert kissing_11().problem.verify(large) == 220
    longer = [[(1 + place) * value for value in point] for place, point in enumerate(points)]
    assert kissing_11().problem.verify(longer) == 220  # directions count, not lengths
    large[0][10] += 1
    with pytest.raises(Malformed, match="less than 60 degrees"):
        kissing_11().problem.verify(large)
    for twice in ([*points, points[0]], [*points, [2 * value for value in points[0]]]):
        with pytest.raises(Malformed, match="less than 60 degrees"):
            kissing_11().problem.verify(twice)
    with pytest.raises(Malformed, match="origin"):
        kissing_11().problem.verify([*points, [0] * 10 + [[0, 0]]])


@table(("p", "q"), [(0, 1), (99, -70), (-99, 70), (3, 2), (141421356237309, -(10**14)), (-141421356237309, 10**14)])
def test_coordinates_with_the_root_of_two_are_compared_exactly(p: int, q: int) -> None:
    """(1, 0), and (1, t) at 60 degrees for t = sqrt(3): t is above it or not."""
    value = Fraction(p) + Fraction(q) * Fraction(math.isqrt(2 * 10**80), 10**40)
    points = [[1] + [0] * 10, [1, [p, q]] + [0] * 9]
    if abs(value) > Fraction(math.isqrt(3 * 10**80), 10**40):
        assert kissing_11().problem.verify(points) == 2
    else:
        with pytest.raises(Malformed, match="less than 60 degrees"):
            kissing_11().problem.verify(points)


def test_a_product_of_matrices_with_one_wrong_coefficient_is_malformed() -> None:
    task = matrix_product()
    triples = constructed(task.seed)
    assert task.problem.verify(triples) == 40
    negative = [[[-x for x in u], [-x for x in v], w] for u, v, w in triples]
    assert task.problem.verify(negative) == 40
    with pytest.raises(Malformed, match="entry 9 of C"):
        task.problem.verify(triples[:-1])
    triples[0][0][1] = 1
    with pytest.raises(Malformed, match="wrong coefficient"):
        task.problem.verify(triples)


def test_sums_and_differences_are_counted_as_sets() -> None:
    numbers = [0, 1, 3, 6, 13, 17, 21]
    value = sums_and_differences().problem.verify(numbers)
    expected = 1 + math.log(39 / 26) / math.log(43)
    assert float(value) == pytest.approx(expected, rel=1e-14)
    assert sums_and_differences().problem.verify([0, 1]) == 1
    for bad in ([1, 2], [0, 1, 1], [0, -1], [0, 10**18 + 1], [0.0, 1.0], list(range(4001))):
        with pytest.raises(Malformed):
            sums_and_differences().problem.verify(bad)


def test_the_last_change_of_a_sign_is_enclosed_from_above() -> None:
    assert last_change([1, 0, 1]) is None
    for root in (Fraction(1, 3), Fraction(7), Fraction(10**6, 7)):
        place = last_change([-root.numerator, root.denominator])
        assert place is not None and root <= place <= root * (1 + Fraction(1, 10**15))
    place = last_change(
        [
            int(value)
            for value in plain_convolution([Fraction(-2), Fraction(1)], [Fraction(26), Fraction(-10), Fraction(1)])
        ]
    )
    assert place is not None and 2 <= place < Fraction(2000000000000001, 10**15)  # the other roots are 5 + i and 5 - i


@table("slip", SLIPS)
def test_double_roots_moved_by_little_give_another_bound(slip: float) -> None:
    task = uncertainty()
    value = task.problem.verify([3.5, 6.0])
    assert 0 < abs(task.problem.verify([3.5, 6.0 + slip]) - value) < 1000 * slip
    for bad in ([3.5, 3.5], [0.25], [-1.0], [1001.0], [float(z) for z in range(1, 16)]):
        with pytest.raises(Malformed):
            task.problem.verify(bad)


@table("make", [ratio_in_the_plane, ratio_in_space, *STEPS])
def test_a_drawing_is_shapes_with_plain_numbers(make: Callable[[], Task]) -> None:
    task = make()
    assert task.problem.draw is not None
    drawing = task.problem.draw(constructed(task.seed))
    assert drawing.startswith("<") and "nan" not in drawing and "inf" not in drawing and "script" not in drawing
