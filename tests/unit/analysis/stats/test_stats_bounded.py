"""The interval of bounded scores, its decision, and how often both err."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis import stats
from strop.analysis.stats import bounded
from strop.analysis.stats.sequential import EProcess

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


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60))
def test_interval_leaves_out_0_exactly_when_the_bets_have_won(pairs: list[tuple[float, float]]) -> None:
    difference = stats.score_difference(*zip(*pairs, strict=True))
    above, below = EProcess(), EProcess()
    for a, b in pairs:
        above.add(a - b)
        below.add(b - a)
    least = math.log(40)
    won = int(above.log_value >= least) - int(below.log_value >= least)
    if min(abs(above.log_value - least), abs(below.log_value - least)) > 1e-6:
        assert stats.decided(difference) == won


def test_difference_turns_its_sign_with_its_arguments() -> None:
    one, other = stats.score_difference([0.9] * 30, [0.2] * 30), stats.score_difference([0.2] * 30, [0.9] * 30)
    assert one.interval is not None and other.interval == (-one.interval[1], -one.interval[0])
    assert (stats.decided(one), stats.decided(other)) == (1, -1)


def test_five_values_show_no_difference_however_large() -> None:
    assert stats.decided(stats.score_difference([1.0] * 5, [0.0] * 5)) == 0
    assert stats.decided(stats.score_difference([1.0] * 6, [0.0] * 6)) == 1
    assert stats.least_shown(5) is None


@pytest.mark.parametrize(("size", "least"), [(1.0, 6), (0.2, 23), (0.05, 84)])
def test_least_number_of_observations_shows_the_difference_and_one_fewer_does_not(size: float, least: int) -> None:
    assert bounded.least_to_show(size) == bounded.least_to_show(-size) == least
    shown = [stats.decided(stats.score_difference([size] * n, [0.0] * n)) for n in (least - 1, least)]
    assert shown == [0, 1]
    assert (stats.least_shown(least) or 1) <= size < (stats.least_shown(least - 1) or 1.1)


def test_too_few_says_what_so_many_can_show_and_how_many_it_takes() -> None:
    five, ten = stats.score_difference([0.5] * 5, [0.3] * 5), stats.score_difference([0.5] * 10, [0.3] * 10)
    assert stats.too_few(five, "copy") == "5 copies cannot show any difference, and one of 0.200 needs at least 23"
    assert (
        stats.too_few(ten, "copy")
        == "10 copies cannot show a difference below 0.498, and one of 0.200 needs at least 23"
    )
    assert not stats.too_few(stats.score_difference([0.5] * 40, [0.3] * 40), "copy")
    assert not stats.too_few(stats.score_difference([0.5], [0.5]), "copy")


@pytest.mark.parametrize(("a", "b"), [([0.5], [0.5, 0.5]), ([], []), ([1.1], [0.0]), ([math.nan], [0.0])])
def test_difference_refuses_what_are_no_paired_scores(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match=r"paired|no values|outside"):
        stats.score_difference(a, b)


def test_further_observations_are_hopeless_when_nothing_ever_differs_and_not_when_a_gain_shows() -> None:
    assert stats.hopeless([0.0] * 100, 20) and not stats.hopeless([0.1] * 20, 100)
    assert not stats.hopeless([-0.1] * 20, 100)  # it can still be shown to be worse


@pytest.mark.parametrize("often", [0.01, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("n", [6, 10, 16, 40, 100])
def test_rare_large_losses_are_called_better_or_worse_no_more_often_than_promised(often: float, n: int) -> None:
    # Each gains `often`, but for those that lose 1 - often: the mean is 0. The interval depends on how many these are.
    rates = [0.0, 0.0, 0.0]
    for losses in range(n + 1):
        a, b = [often] * (n - losses) + [0.0] * losses, [0.0] * (n - losses) + [1 - often] * losses
        chance = math.comb(n, losses) * often**losses * (1 - often) ** (n - losses)
        rates[stats.decided(stats.score_difference(a, b))] += chance
    assert sum(rates) == pytest.approx(1) and rates[1] <= 0.025 and rates[-1] <= 0.025
