"""Constructions as tasks: utilities, values, and what is kept of an answer."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import Malformed, ScorerFailed, TaskError
from strop.tasks.base import Instance, Task
from strop.tasks.construction import Construction, answer_as_json
from strop.tasks.problem import Problem, Published
from support.rows import table

HALF = Published(Fraction(1, 2), "everybody", "1900", "a page")
NONE = Instance({})


def smallest_distance(answer: Any) -> Fraction:
    if not isinstance(answer, list) or len(answer) != 3:
        raise Malformed("three numbers are needed")
    low, middle, high = sorted(map(Fraction, answer))
    if low < 0 or high > 1:
        raise Malformed("a number is outside of [0, 1]")
    return min(middle - low, high - middle)


def points(verify: Any = smallest_distance, better: Any = "higher") -> Task:
    return Construction("three-points", "spreads points", "Three numbers.", "", better, verify, (HALF,))


def problem(better: Any, best: float | None) -> Problem:
    known = () if best is None else (Published(Fraction(best), "everybody", "1900", "a page"),)
    return Problem("", better, smallest_distance, known, False, None)


def test_utility_is_one_half_at_the_best_known_value_and_an_answer_of_numpy_is_verified_as_plain_data() -> None:
    task = points()
    assert task.checked_score(NONE, [0, 0.5, 1]) == task.checked_score(NONE, np.array([0.0, 0.5, 1.0])) == 0.5
    assert answer_as_json((np.float64(0.25), [np.int64(3)], {"x": np.arange(2)})) == '[0.25, [3], {"x": [0, 1]}]'


def test_utility_of_a_value_beyond_the_best_known_one_by_3e_9_is_larger() -> None:
    circles = problem("higher", 2.635983)
    assert circles.utility_of(Fraction("2.635983003")) > circles.utility_of(Fraction(2.635983)) == 0.5


@given(st.floats(0.999, 1.001))
def test_value_near_the_best_known_one_is_kept_to_fifteen_digits(ratio: float) -> None:
    circles, value = problem("lower", 2.635983), 2.635983 * ratio
    assert math.isclose(circles.value_of(circles.utility_of(Fraction(value))), value, rel_tol=2e-15)


@table("answer", [[0, math.nan, 1], [0, math.inf, 1], [0, 1j, 1], np.array(["a"]), b"abc", object()])
def test_answer_that_is_no_finite_data_is_malformed(answer: Any) -> None:
    with pytest.raises(Malformed):
        points().checked_score(NONE, answer)


def test_answer_of_millions_of_characters_is_malformed() -> None:
    with pytest.raises(Malformed, match="more than 2,000,000 characters"):
        points().checked_score(NONE, [0.123456789] * 200_000)


@table(
    ("verify", "said"),
    [
        *((lambda answer, value=value: value, "a value must be a number") for value in (math.nan, "1", None, True)),
        (lambda answer: answer[9], r"three-points: score\(\) raised IndexError: .* line \d+"),
    ],
)
def test_verifier_that_returns_no_number_or_raises_breaks_the_task(verify: Any, said: str) -> None:
    with pytest.raises(ScorerFailed, match=said):
        points(verify).checked_score(NONE, [])


def test_direction_that_is_neither_higher_nor_lower_is_refused() -> None:
    with pytest.raises(TaskError, match="better must be 'higher' or 'lower', not 'max'"):
        points(better="max")


def test_description_names_no_published_value() -> None:
    told = points().u_str
    assert "Three numbers." in told and "no rule has a tolerance" in told and "0.5" not in told


@table("better", ("higher", "lower"))
@table("best", (None, 2.635983, 0.0, -3.0, 1e-3, 604.0))
def test_value_may_be_zero_or_negative_and_its_direction_decides(better: Any, best: Any) -> None:
    facts = problem(better, best)
    values = sorted([-1e6, -3.0, -1e-9, 0.0, 1e-9, 0.5, 2.6359829, 2.635983, 604.0, 1e6])
    utilities = [facts.utility_of(Fraction(value)) for value in values]
    assert all(0 < utility < 1 for utility in utilities)
    assert utilities == sorted(utilities, reverse=better == "lower") and len(set(utilities)) == len(utilities)
    for value, utility in zip(values, utilities, strict=True):
        assert facts.value_of(utility) == pytest.approx(value, rel=1e-6, abs=1e-9 * abs(best or 1))
    if best is not None:
        assert facts.utility_of(Fraction(best)) == 0.5 and facts.value_of(0.5) == best
