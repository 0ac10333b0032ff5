"""The interval of a mean score: where it lies, and how often it errs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis import stats
from support.rows import table

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(SCORES)
def test_interval_holds_the_mean_and_stays_where_scores_can_be(values: list[float]) -> None:
    estimate = stats.score_estimate(values)
    assert estimate.interval is not None
    low, high = estimate.interval
    assert 0 <= low <= estimate.mean + 1e-9 and estimate.mean - 1e-9 <= high <= 1


@given(SCORES, st.booleans())
def test_interval_of_a_utility_holds_the_utility_when_one_failing_instance_makes_it_0(
    values: list[float], failed: bool
) -> None:
    utility = 0.0 if failed else sum(values) / len(values)
    interval = stats.utility_interval(utility, values)
    assert interval is None or interval[0] - 1e-9 <= utility <= interval[1] + 1e-9
    assert (interval is None) == (failed and sum(values) > 1e-9 * len(values))


@given(SCORES, st.randoms())
def test_interval_does_not_depend_on_the_order(values: list[float], random: object) -> None:
    again = values[:]
    random.shuffle(again)  # type: ignore[attr-defined]
    one, other = stats.score_estimate(values).interval, stats.score_estimate(again).interval
    assert one == pytest.approx(other, abs=1e-9)


@table("values", [[1.1], [-0.1], [math.nan]])
def test_estimate_refuses_what_is_no_score(values: list[float]) -> None:
    with pytest.raises(ValueError, match="outside"):
        stats.score_estimate(values)


@pytest.mark.heavy
@table("often", (0.01, 0.05, 0.1, 0.3))
@table("n", (5, 10, 16, 40, 100))
def test_interval_misses_the_mean_of_scores_that_rarely_fail_no_more_often_than_promised(often: float, n: int) -> None:
    above = below = total = 0.0
    for failures in range(n + 1):
        interval = stats.score_estimate([0.8] * (n - failures) + [0.0] * failures).interval or (0.0, 1.0)
        chance = math.comb(n, failures) * often**failures * (1 - often) ** (n - failures)
        above, below = (
            above + chance * (interval[0] > 0.8 * (1 - often)),
            below + chance * (interval[1] < 0.8 * (1 - often)),
        )
        total += chance
    assert total == pytest.approx(1) and above <= 0.025 and below <= 0.025
