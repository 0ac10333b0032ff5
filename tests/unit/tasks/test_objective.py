"""The metric, constraints, and the utility made of them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.base.results import Evaluation
from strop.tasks.command.config import parse_constraint
from strop.tasks.command.objective import Constraint, Metric, Objective, held_to
from support.rows import table

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def objective(metric: Metric, *constraints: Constraint) -> Objective:
    return Objective(metric, dict.fromkeys([metric.name, *(one.name for one in constraints)], "([0-9.]+)"), constraints)


@table(("metric", "value"), ((Metric("m", "max"), 20.0), (Metric("m", "min"), 5.0)))
def test_utility_is_two_thirds_when_a_candidate_is_twice_as_good(metric: Metric, value: float) -> None:
    assert objective(metric).utility({"m": value}, {"m": 10.0}) == pytest.approx(2 / 3)
    assert objective(metric).utility({"m": 10.0}, {"m": value}) == pytest.approx(1 / 3)


@given(value=NUMBERS)
def test_utility_is_one_half_when_a_candidate_is_as_good_as_the_original(value: float) -> None:
    for goal in ("max", "min"):
        assert objective(Metric("m", goal)).utility({"m": value}, {"m": value}) == 0.5  # type: ignore[arg-type]


@given(values=st.lists(NUMBERS, min_size=2, max_size=2), original=NUMBERS)
def test_gain_never_falls_when_a_value_gets_better(values: list[float], original: float) -> None:
    low, high = sorted(values)
    for goal, order in (("max", (low, high)), ("min", (high, low))):
        worse, better = (Metric("m", goal).gain(value, original) for value in order)  # type: ignore[arg-type]
        assert math.isfinite(worse) and math.isfinite(better)
        assert worse <= better


@given(value=NUMBERS, original=NUMBERS)
def test_utility_is_a_number_from_0_to_1_whatever_is_measured(value: float, original: float) -> None:
    for goal in ("max", "min"):
        found = objective(Metric("m", goal))  # type: ignore[arg-type]
        assert 0.0 <= found.utility({"m": value}, {"m": original}) <= 1.0


@table("original", (-3.0, 0.0, 2.0))
def test_gain_rises_strictly_through_zero(original: float) -> None:
    gains = [Metric("m").gain(value, original) for value in (-5.0, -1.0, 0.0, 0.5, 1.0, 4.0)]
    assert all(a < b for a, b in itertools.pairwise(gains)), original


MET = [("=", 1.0), ("=", 0.1 + 0.9), (">=", 1.0), (">=", 1.1), ("<=", 1.0), ("<=", 0.9)]
UNMET = [("=", 0.93), (">=", 0.9), ("<=", 1.1)]


def test_constraint_is_met_or_is_named_with_its_value() -> None:
    for relation, value in MET + UNMET:
        met = Constraint("tests", relation, 1.0).is_met(value)  # type: ignore[arg-type]
        assert met is ((relation, value) in MET), (relation, value)
    found = objective(Metric("time", "min"), Constraint("tests", "=", 1.0))
    assert found.unmet({"time": 1.0, "tests": 0.93}) == "constraint tests=1 not met: 0.93"
    assert found.unmet({"time": 1.0, "tests": 1.0}) == ""
    assert found.goals == "minimise time; tests=1 is required"


RELATIVE = [
    ("memory<=1.1x", 1.1, ""),
    ("memory<=1.1x", 1.9, "memory 1.9x the original's, where 1.1x is the most"),
    ("memory>=0.5x", 0.25, "memory 0.25x the original's, where 0.5x is the least"),
    ("memory=1x", 2.0, "memory 2x the original's, where 1x is required"),
    ("memory<=1.1", 1.0, "constraint memory<=1.1 not met: 50"),
]


@table(("text", "times", "why"), RELATIVE)
def test_constraint_holds_a_multiple_of_the_original_s_mean_when_its_bound_ends_in_x(
    text: str, times: float, why: str
) -> None:
    constraint = parse_constraint(text)
    rows = ({"memory": 40.0 * times}, {"memory": 60.0 * times}), ({"memory": 40.0}, {"memory": 60.0})
    measured = Evaluation(0.7, "ok", (0.7, 0.7), ("ok", "ok"), metrics=rows[0], original_metrics=rows[1])
    found = held_to([constraint], measured)
    assert (str(constraint), found.error, found.value) == (text, why, 0.0 if why else 0.7)
    assert (
        objective(Metric("time", "min"), constraint).unmet({"memory": 50.0})
        == held_to([constraint], measured, is_original=True).error
        == (why if "x" not in text else "")
    )


@table(("name", "constraints"), {"a": (), "b": (Constraint("b", "=", 1.0),)}.items())
def test_objective_is_refused_when_something_that_counts_has_no_score(name: str, constraints: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"metric {name}: there is no score of that name"):
        Objective(Metric("a"), {} if name == "a" else {"a": "time"}, constraints)
