from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis.stats.sequential import EProcess, confidence_sequence, likely_most

UNTIMED = settings(deadline=None)  # other work may keep the machine busy

DIFFERENCES = st.lists(st.floats(-1.0, 1.0), max_size=40)


def after(values: list[float], **options: float) -> EProcess:
    process = EProcess(**options)
    for value in values:
        process.add(value)
    return process


@pytest.mark.parametrize(
    ("low", "high", "null"), [(-1.0, 1.0, 0.0), (0.0, 1.0, 0.3), (-0.2, 0.9, 0.5), (-1.0, 0.1, 0.0)]
)
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_e_process_neither_gains_nor_loses_on_average_under_its_null(
    low: float, high: float, null: float, steps: int
) -> None:
    # The two values at the ends of the range, with the odds that make their mean `null`: every path, so no chance is left.
    odds = {high: (null - low) / (high - low), low: (high - null) / (high - low)}
    expected = sum(
        math.prod(odds[x] for x in path) * math.exp(after(list(path), null=null, low=low, high=high).log_value)
        for path in product(odds, repeat=steps)
    )
    assert expected == pytest.approx(1.0, abs=1e-12)


@UNTIMED
@given(DIFFERENCES)
def test_e_process_remembers_its_highest_value(values: list[float]) -> None:
    process = EProcess()
    seen = [0.0]
    for value in values:
        process.add(value)
        seen.append(process.log_value)
    assert process.highest == max(seen)
    assert process.n == len(values)


@UNTIMED
@given(DIFFERENCES, st.integers(0, 39), st.floats(0.0, 1.0))
def test_e_process_never_falls_when_an_observation_rises(values: list[float], where: int, by: float) -> None:
    raised = [min(1.0, v + by) if i == where else v for i, v in enumerate(values)]
    assert after(raised).log_value >= after(values).log_value - 1e-12


@UNTIMED
@given(st.floats(0.05, 1.0), st.floats(0.001, 0.5))
def test_e_process_rejects_when_every_observation_is_positive(gain: float, alpha: float) -> None:
    assert after([gain] * 400).rejected(alpha)


def test_e_process_stays_rejected_when_its_capital_falls_again() -> None:
    process = after([0.9] * 20)
    assert process.rejected(0.05)
    for _ in range(40):
        process.add(-0.9)
    assert process.log_value < 0
    assert process.rejected(0.05)


def test_e_process_survives_the_worst_observation() -> None:
    assert math.isfinite(after([-1.0] * 1000).log_value)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.choice([0.55, 0.9], 100) - rng.choice([0.55, 0.9], 100),
        lambda rng: np.where(rng.random(100) < 0.9, 0.1, -0.9),
    ],
    ids=["pairs", "often a little better, rarely much worse"],
)
def test_e_process_ever_rejects_a_true_null_no_more_often_than_alpha(draw: object) -> None:
    rng = np.random.default_rng(6)
    wrong = sum(after(draw(rng).tolist()).rejected(0.1) for _ in range(1000))  # type: ignore[operator]
    assert wrong / 1000 < 0.1 + 0.038  # four standard errors of 1000 trials


def test_e_process_finds_a_gain_of_15_percent_in_60_pairs() -> None:
    rng = np.random.default_rng(7)
    found = sum(after(rng.normal(0.15, 0.22, 60).clip(-1, 1).tolist()).rejected(0.025) for _ in range(300))
    assert found / 300 > 0.9  # near 0.99 expected


@pytest.mark.parametrize("x", [-1.1, 1.1, math.nan, math.inf])
def test_e_process_refuses_an_observation_outside_its_range(x: float) -> None:
    process = after([0.5])
    with pytest.raises(ValueError, match="outside"):
        process.add(x)
    assert process.n == 1


@pytest.mark.parametrize(
    "options", [{"null": -1.0}, {"null": 1.0}, {"low": 0.5}, {"high": math.inf}, {"null": math.nan}]
)
def test_e_process_refuses_a_null_at_the_edge_of_its_range(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="range"):
        EProcess(**options)


@pytest.mark.parametrize("alpha", [0.0, 1.0, math.nan])
def test_e_process_refuses_a_level_that_is_no_probability(alpha: float) -> None:
    with pytest.raises(ValueError, match="not a probability"):
        EProcess().rejected(alpha)


@pytest.mark.parametrize(
    ("values", "remaining", "alpha", "hopeless"),
    [
        ([], 60, 0.025, False),
        ([], 0, 0.1, True),
        ([0.1] * 5, 0, 0.1, True),
        ([0.9] * 20, 0, 0.1, False),
        ([-0.3, -0.2, -0.4, -0.1, -0.3] * 2, 50, 0.025, True),
        ([0.0] * 10, 2, 0.025, True),
        ([0.0] * 5, 55, 0.025, False),
        ([0.0] * 10, 50, 0.025, True),
    ],
    ids=["new", "none", "nothing remains", "decided", "worse", "few remain", "five ties", "ten ties"],
)
def test_comparison_is_hopeless_when_what_remains_cannot_be_expected_to_decide_it(
    values: list[float], remaining: int, alpha: float, hopeless: bool
) -> None:
    assert after(values).hopeless(remaining, alpha) is hopeless


@UNTIMED
@given(DIFFERENCES, st.integers(0, 40))
def test_ties_cost_no_evidence(values: list[float], ties: int) -> None:
    with_ties = after([*values[: len(values) // 2], *[0.0] * ties, *values[len(values) // 2 :]])
    assert with_ties.log_value == pytest.approx(after(values).log_value, abs=1e-9)
    assert with_ties.highest == pytest.approx(after(values).highest, abs=1e-9)


def test_room_that_is_likely_shrinks_with_what_was_seen_and_is_never_more_than_the_range() -> None:
    assert likely_most([0.0] * 5, 10) > likely_most([0.0] * 50, 10) > 0.0
    assert likely_most([0.9, 1.0], 10) == 1.0


@UNTIMED
@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20), st.integers(1, 50))
def test_comparison_that_the_best_of_luck_could_still_decide_is_called_hopeless_only_when_the_guess_says_so(
    values: list[float], remaining: int
) -> None:
    process = after(values)
    if after(values + [1.0] * remaining).rejected(0.05):
        return
    assert process.hopeless(remaining, 0.05)


@pytest.mark.heavy
def test_futility_costs_little_power() -> None:
    rng = np.random.default_rng(8)
    found = given_up = 0
    for _ in range(400):
        path, process = rng.normal(0.12, 0.22, 60).clip(-1, 1).tolist(), EProcess()
        hopeless_at = 0
        for n, x in enumerate(path, 1):
            process.add(x)
            if n % 5 == 0 and not hopeless_at and process.hopeless(60 - n, 0.025):
                hopeless_at = n
        found += process.rejected(0.025)
        given_up += process.rejected(0.025) and hopeless_at > 0
    assert found > 250
    assert given_up / found < 0.05  # 0.01 measured


@pytest.mark.heavy
@UNTIMED
@given(st.lists(st.floats(-1.0, 1.0), max_size=30))
def test_confidence_sequence_only_ever_narrows(values: list[float]) -> None:
    intervals = [confidence_sequence(values[:n]) for n in range(len(values) + 1)]
    for (low, high), (later_low, later_high) in pairwise(intervals):
        assert low <= later_low + 1e-9
        assert later_high <= high + 1e-9


def test_confidence_sequence_comes_down_from_the_range_to_the_mean() -> None:
    assert confidence_sequence([], low=0.0, high=1.0) == (0.0, 1.0)
    low, high = confidence_sequence((np.random.default_rng(12).normal(0.2, 0.2, 2000).clip(-1, 1)).tolist())
    assert 0.15 < low < 0.2 < high < 0.25


@UNTIMED
@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=40))
def test_confidence_sequence_mirrors_its_values(values: list[float]) -> None:
    low, high = confidence_sequence(values)
    assert confidence_sequence([-value for value in values]) == pytest.approx((-high, -low), abs=1e-9)


@UNTIMED
@given(st.lists(st.floats(-0.2, 1.0), min_size=5, max_size=40))
def test_confidence_sequence_leaves_out_0_exactly_when_the_e_process_rejects(values: list[float]) -> None:
    low, _ = confidence_sequence(values, confidence=0.9)
    if abs(after(values).highest - math.log(20)) > 1e-6:
        assert (low > 0) == after(values).rejected(0.05)


@pytest.mark.heavy
def test_confidence_sequence_holds_the_mean_at_all_times_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(500):
        # That it holds after 100 values means that it held after each: it only narrows.
        low, high = confidence_sequence(rng.beta(2, 1, 100).tolist(), low=0.0, high=1.0)
        held += low <= 2 / 3 <= high
    assert held / 500 > 0.95 - 0.039  # four standard errors of 500 trials


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([1.5], {}, "outside"),
        ([math.nan], {}, "outside"),
        ([0.5], {"low": 1.0, "high": 1.0}, "invalid range"),
        ([0.5], {"low": -math.inf}, "invalid range"),
        ([0.5], {"confidence": 1.0}, "not a probability"),
    ],
)
def test_confidence_sequence_refuses(values: list[float], options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        confidence_sequence(values, **options)
