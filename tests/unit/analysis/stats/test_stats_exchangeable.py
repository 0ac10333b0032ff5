"""Intervals of differences: what they are of, that they agree with a count of all exchanges, and how often they err."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis.stats import (
    Estimate,
    comparisons_decided_by,
    confidence_of,
    decided,
    group_difference,
    least_copies,
    least_pairs,
    levels,
    pairs_needed,
    sign_test,
)
from strop.analysis.stats import score_difference as pairs
from support.rows import table

UNTIMED = settings(deadline=None)  # other work may keep the machine busy
SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=9)
GROUP = st.lists(st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0]), min_size=4, max_size=5)


def ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.interval is not None
    return estimate.interval


@UNTIMED
@given(SCORES)
def test_interval_of_pairs_leaves_out_0_exactly_when_the_sign_flips_do(scores: list[tuple[float, float]]) -> None:
    a, b = zip(*scores, strict=True)
    values = np.round(np.array(a) - np.array(b), 3)
    flips = np.array(list(product([1, -1], repeat=len(values)))) @ values
    above = float(np.mean(flips >= values.sum() - 1e-9)) <= 0.025
    assert (decided(pairs(values.tolist(), [0.0] * len(values))) > 0) == above


@UNTIMED
@given(GROUP, GROUP)
def test_interval_of_groups_leaves_out_0_exactly_when_all_deals_do(a: list[float], b: list[float]) -> None:
    def statistic(chosen: tuple[int, ...]) -> float:
        one, other = [pool[i] for i in chosen], [pool[i] for i in range(len(pool)) if i not in chosen]
        spread = np.var(one, ddof=1) / len(one) + np.var(other, ddof=1) / len(other)
        difference = np.mean(one) - np.mean(other)
        return (
            float(difference / math.sqrt(spread)) if spread > 1e-15 else float(np.sign(np.round(difference, 9))) * 1e9
        )

    pool = [*a, *b]
    found = [statistic(chosen) for chosen in combinations(range(len(pool)), len(a))]
    above = sum(value >= found[0] - 1e-7 for value in found) / len(found) <= 0.025
    assert (decided(group_difference([a], [b])) > 0) == above


@given(SCORES)
def test_difference_of_pairs_turns_its_sign_with_its_sides_and_holds_its_mean(
    scores: list[tuple[float, float]],
) -> None:
    a, b = zip(*scores, strict=True)
    one, other = pairs(a, b), pairs(b, a)
    assert ends(one) == pytest.approx([-ends(other)[1], -ends(other)[0]])
    assert ends(one)[0] - 1e-9 <= one.mean <= ends(one)[1] + 1e-9


def test_difference_of_groups_is_the_mean_over_tasks_and_turns_its_sign_with_its_sides() -> None:
    a, b = [[0.2, 0.3, 0.4, 0.3], [0.8, 0.9]], [[0.1, 0.2, 0.3, 0.2], [0.5, 0.4]]
    one, other = group_difference(a, b), group_difference(b, a)
    assert one.mean == pytest.approx((0.1 + 0.4) / 2) and one.n == 6
    assert ends(one) == pytest.approx([-ends(other)[1], -ends(other)[0]])


def test_groups_of_several_tasks_are_dealt_within_each_task() -> None:
    # Over tasks of very different levels the gain of 0.1 is the same in all: it shows only if tasks are not mixed.
    a = [[level + 0.1 + step / 100 for step in range(4)] for level in (0.0, 0.4, 0.8)]
    b = [[level + step / 100 for step in range(4)] for level in (0.0, 0.4, 0.8)]
    assert decided(group_difference(a, b)) == 1
    assert decided(group_difference([[x for each in a for x in each]], [[x for each in b for x in each]])) == 0


@table(("confidence", "fewest", "copies"), [(0.95, 6, 4), (0.975, 7, 5), (0.995, 9, 6)])
def test_fewer_observations_than_the_least_have_no_interval(confidence: float, fewest: int, copies: int) -> None:
    assert (least_pairs(confidence), least_copies(confidence)) == (fewest, copies)
    for n, shown in ((fewest - 1, 0), (fewest, 1)):
        found = pairs([1.0] * n, [0.0] * n, confidence=confidence)
        assert (decided(found), found.interval is None) == (shown, not shown)
    for n, shown in ((copies - 1, 0), (copies, 1)):
        found = group_difference([[1.0] * n], [[0.0] * n], confidence=confidence)
        assert (decided(found), found.interval is None) == (shown, not shown)


def test_comparisons_of_one_run_share_its_error_and_none_is_promised_that_has_no_interval() -> None:
    assert [round(confidence_of(number), 6) for number in (1, 2, 3)] == [0.95, 0.975, 0.9875]
    assert [round(confidence_of(number, 20), 6) for number in (1, 2)] == [0.9975, 0.99875]
    assert sum((1 - confidence_of(number)) / 2 for number in range(1, 30)) < 0.05 + 1e-9
    for n in (1, 5, 6, 7, 10, 13, 14, 20, 50):
        last = [levels(n, confidence_of(k))[n] for k in range(1, 16)]
        have = [pairs([1.0] * n, [0.0] * n, confidence=level).interval is not None for level in last]
        assert have == sorted(have, reverse=True) and sum(have) == comparisons_decided_by(n), n


def test_thousands_of_pairs_have_an_interval_and_a_sign_test() -> None:
    assert (
        decided(pairs([1.0] * 2000, [0.0] * 2000)) and comparisons_decided_by(2000) > 9 and sign_test(1100, 900) < 1e-5
    )


def test_interval_is_the_same_every_time_although_subsets_and_deals_are_drawn() -> None:
    a, b = np.random.default_rng(5).random((2, 30)).tolist()
    assert pairs(a, b) == pairs(a, b) and group_difference([a], [b]) == group_difference([a], [b])


@table(("a", "b"), [([0.5], [0.5, 0.5]), ([], [])])
def test_differences_refuse_what_cannot_be_compared(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match=r"paired|at least one"):
        pairs(a, b)
    with pytest.raises(ValueError, match=r"shorter|longer|at least one"):
        group_difference([a] * len(a), [b] * len(b))


@pytest.mark.heavy
def test_equal_improvers_of_very_unequal_spread_are_rarely_told_apart_and_a_large_gain_is_usually_shown() -> None:
    # Nominal 0.05, which is exact where the spreads are equal. bench/stats.py draws thousands, also of more copies.
    rng = np.random.default_rng(6)
    equal = [(rng.normal(0.5, 0.02, 4).tolist(), rng.normal(0.5, 0.2, 4).tolist()) for _ in range(80)]
    assert sum(abs(decided(group_difference([a], [b]))) for a, b in equal) / 80 < 0.13
    better = [(rng.normal(0.85, 0.19, 12).tolist(), rng.normal(0.56, 0.19, 12).tolist()) for _ in range(10)]
    assert sum(decided(group_difference([a], [b])) > 0 for a, b in better) >= 8


def test_number_of_pairs_comes_from_the_spread_alone() -> None:
    wide, shifted = [0.0, 0.2, 0.4, 0.2] * 4, [0.5, 0.7, 0.9, 0.7] * 4
    assert pairs_needed(wide, 0.1, 60) == pairs_needed(shifted, 0.1, 60) == 17
    assert pairs_needed(wide, 0.01, 60) == 60 and pairs_needed([0.1] * 3, 0.1, 60) == 6
    assert pairs_needed(wide, 0.1, 60, confidence=confidence_of(3)) == 24
    assert pairs_needed([0.1] * 10, 0.1, 60) == 10 and pairs_needed([0.1], 0.1, 4) == 4


@given(st.integers(0, 30), st.integers(0, 30))
def test_sign_test_has_the_p_value_of_the_exact_binomial_test(wins: int, losses: int) -> None:
    from scipy.stats import binomtest  # here: it takes half a second, of each process that collects the tests

    exact = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(exact, rel=1e-12)
