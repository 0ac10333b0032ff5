"""Verifiers of distances, whole numbers and the uncertainty inequality beside verifiers in other arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from strop import Malformed
from strop.tasks.registry import problems
from support.rows import table
from verifiers import constructed, distances, uncertainty, whole_numbers

RNG = np.random.default_rng(7)


def value(name: str, answer: Any) -> float:
    return float(problems()[name].problem.verify(answer))


@table(("name", "shape"), [("distance-ratio-2d", (16, 2)), ("distance-ratio-3d", (14, 3))])
def test_ratios_are_those_of_decimal_numbers(name: str, shape: tuple[int, int]) -> None:
    for scale in (1e-3, 1.0, 1e6):
        points = (RNG.normal(size=shape) * scale).tolist()
        assert math.isclose(value(name, points), float(distances.squared_ratio(points)), rel_tol=1e-15)


def test_sets_are_worth_what_counting_says() -> None:
    for size, top in ((3, 9), (40, 300), (200, 10**15)):
        numbers = sorted({0, *(int(number) for number in RNG.integers(1, top, size))})
        assert math.isclose(value("sums-and-differences", numbers), whole_numbers.exponent(numbers), rel_tol=1e-13)


@table("change", [0, 1, -1])
def test_spheres_kiss_where_decimal_numbers_say_so(change: int) -> None:
    points = constructed(problems()["kissing-11"].seed)[:60]
    first = [p if isinstance(p, int) else list(p) for p in points[0]]
    place = next(at for at, p in enumerate(first) if p)
    large = [[1000 * p if isinstance(p, int) else [1000 * p[0], 1000 * p[1]] for p in point] for point in points]
    entry = large[0][place]
    large[0][place] = entry + change if isinstance(entry, int) else [entry[0] + change, entry[1]]
    if whole_numbers.is_kissing(large):
        assert value("kissing-11", large) == 60
    else:
        with pytest.raises(Malformed):
            value("kissing-11", large)
    assert whole_numbers.is_kissing(large) is (change == 0)


def test_products_multiply_where_matrices_say_so() -> None:
    triples = constructed(problems()["matrix-product-245"].seed)
    assert whole_numbers.multiplies(triples) and value("matrix-product-245", triples) == 40
    for part in range(3):
        changed = [[list(one) for one in triple] for triple in triples]
        changed[11][part][next(at for at, number in enumerate(changed[11][part]) if number)] += 1
        assert not whole_numbers.multiplies(changed)
        with pytest.raises(Malformed):
            value("matrix-product-245", changed)


@table("roots", [[3.3], [3.5, 5.7], [3.1, 4.4, 6.2]])
def test_last_sign_change_is_where_decimal_numbers_find_it(roots: list[float]) -> None:
    assert math.isclose(value("uncertainty", roots), float(uncertainty.value(roots)), rel_tol=1e-14)
