"""Bets that aim at the goal by the last observation keep their level, find more than constant bets, and fit the interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis.stats import TargetedEvidence, targeted_interval
from strop.analysis.stats.targeted import likely_most
from support.rows import table

DIFFERENCES = st.lists(st.floats(-1, 1), max_size=40)


def after(values: list[float], alpha: float = 0.025, horizon: int = 60, **options: float) -> TargetedEvidence:
    evidence = TargetedEvidence(alpha, horizon, **options)
    for value in values:
        evidence.add(value)
    return evidence


def drawn(kind: str, rng: np.random.Generator) -> list[float]:
    """60 differences of mean 0."""
    match kind:
        case "candidate fails in 10%":
            return np.where(rng.random(60) < 0.1, -0.9, 0.1).tolist()
        case "incumbent wins in 5%":
            return np.where(rng.random(60) < 0.05, -0.76, 0.04).tolist()
        case "right or wrong":
            return (rng.integers(0, 2, 60) - rng.integers(0, 2, 60)).astype(float).tolist()
        case _:
            return rng.normal(0, 0.2, 60).clip(-1, 1).tolist()


@table("kind", ("candidate fails in 10%", "incumbent wins in 5%", "right or wrong", "normal"))
def test_evidence_of_no_gain_reaches_the_goal_no_more_often_than_its_level(kind: str) -> None:
    rng = np.random.default_rng(27)
    rejected = sum(after(drawn(kind, rng)).rejected for _ in range(600))
    assert rejected <= 600 * 0.025 + 2 * (600 * 0.025 * 0.975) ** 0.5


def test_evidence_finds_a_gain_of_half_a_deviation_in_most_cases() -> None:
    rng = np.random.default_rng(28)
    found = sum(after(rng.normal(0.08, 0.12, 60).clip(-1, 1).tolist()).rejected for _ in range(200))
    assert found > 110


@table(
    ("values", "horizon", "most", "hopeless"),
    [
        ([], 60, None, False),
        ([0.1] * 5, 5, None, True),
        ([0.9] * 20, 20, None, False),
        ([-0.3, -0.2, -0.4, -0.1, -0.3] * 2, 60, None, True),
        ([-0.3, -0.2, -0.4, -0.1] * 3, 60, None, True),
        ([0.0] * 10, 12, None, True),
        ([0.0] * 4, 60, None, False),
        ([0.0] * 30, 60, None, True),
        ([0.0] * 60, 60, None, True),
        ([0.3] * 60, 60, None, False),
        ([0.1] * 4, 60, None, False),
        ([0.1] * 4, 60, 0.03, True),  # too little is left to gain
        ([0.05] * 10, 60, 0.01, True),
        ([0.05] * 10, 60, 0.5, False),
    ],
)
def test_comparison_is_hopeless_when_what_remains_cannot_be_expected_to_decide_it(
    values: list[float], horizon: int, most: float | None, hopeless: bool
) -> None:
    assert after(values, horizon=horizon).hopeless(most=most) is hopeless


@pytest.mark.heavy
def test_futility_costs_little_power() -> None:
    rng, found, given_up = np.random.default_rng(8), 0, 0
    for _ in range(400):
        evidence, hopeless = TargetedEvidence(0.025, 60), False
        for n, x in enumerate(rng.normal(0.12, 0.22, 60).clip(-1, 1).tolist(), 1):
            evidence.add(x)
            hopeless |= n % 5 == 0 and evidence.hopeless()
        found += evidence.rejected
        given_up += evidence.rejected and hopeless
    assert found > 250 and given_up / found < 0.05


def test_room_that_is_likely_shrinks_with_what_was_seen_and_is_never_more_than_the_range() -> None:
    assert likely_most([0.0] * 5, 10) > likely_most([0.0] * 50, 10) > 0.0
    assert likely_most([0.9, 1.0], 10) == 1.0


@table("x", (-1.1, 1.1, math.nan, math.inf))
def test_evidence_refuses_an_observation_outside_its_range(x: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        after([0.5]).add(x)


@table("options", [{"null": -1.0}, {"null": 1.0}, {"low": 0.5}, {"high": math.inf}, {"null": math.nan}])
def test_evidence_refuses_a_null_at_the_edge_of_its_range(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="does not lie inside the range"):
        TargetedEvidence(0.1, 10, **options)


def test_evidence_counts_nothing_that_an_observation_could_not_lose() -> None:
    assert after([-1.0] * 5 + [1.0] * 30).log_value > -25  # a bet of everything would be at minus infinity


@given(DIFFERENCES)
def test_evidence_is_what_it_was_however_often_one_looks(values: list[float]) -> None:
    evidence = TargetedEvidence(0.1, 40)
    highest = 0.0
    for value in values:
        evidence.add(value)
        highest = max(highest, evidence.log_value)
        assert evidence.highest == highest
    assert evidence.rejected == (highest >= np.log(10))


@given(DIFFERENCES)
def test_interval_leaves_out_0_exactly_when_0_is_rejected(values: list[float]) -> None:
    low, high = targeted_interval(values, 40, confidence=0.8)
    if low < high:
        assert (low > 0) == after(values, 0.1, 40).rejected
        assert (high < 0) == after([-value for value in values], 0.1, 40).rejected


@pytest.mark.heavy
@table("kind", ("candidate fails in 10%", "normal"))
def test_interval_holds_the_mean_as_often_as_it_says_whenever_one_stops(kind: str) -> None:
    rng, held = np.random.default_rng(29), 0
    for _ in range(60):
        values = drawn(kind, rng)
        stop = next((n for n in range(8, 60, 8) if after(values[:n]).rejected), 60)
        low, high = targeted_interval(values[:stop], 60, confidence=0.9)
        held += low <= 0.0 <= high
    assert held >= 50


def test_interval_is_the_range_before_the_first_value() -> None:
    assert targeted_interval([], 60, confidence=0.95) == (-1.0, 1.0)
