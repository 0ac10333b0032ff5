from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis import stats
from strop.analysis.stats import has_ratio, log_ratio_of_totals, two_proportion_z_test, wilson_interval
from strop.base.results import added
from support.rows import table


def test_estimate_has_an_exact_mean_and_the_error_of_its_values() -> None:
    assert stats.estimate([0.5, 0.5]) == stats.Estimate(0.5, 0.0, 2)
    assert stats.mean([0.1] * 10) == 0.1, "a plain sum is not exact"
    assert stats.stderr([1, 2, 3, 4, 5]) == pytest.approx(math.sqrt(0.5)), "sample variance 10 / 4, over n = 5"
    assert stats.stderr([0.5]) is None
    with pytest.raises(ValueError, match="at least one data point"):
        stats.mean([])


def test_scores_are_added_from_left_to_right_whatever_sum_does_on_this_python() -> None:
    assert added([0.1] * 10) == 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 != 1.0
    assert added([]) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_stderr_agrees_with_numpy(values: list[float]) -> None:
    expected = np.std(values, ddof=1) / math.sqrt(len(values))
    assert stats.stderr(values) == pytest.approx(expected, rel=1e-9, abs=1e-9)


PRINTED = {
    "GPT-4": (42, 0.31, 0.57),
    "GPT-4, warned": (46, 0.35, 0.61),
    "GPT-3.5": (12, 0.07, 0.21),
    "GPT-3.5, warned": (17, 0.11, 0.27),
}
"""Row of Table 2 -> unsandboxed of 10,000, and the printed interval in percent."""


@table(("count", "low", "high"), PRINTED.values())
def test_wilson_interval_is_the_one_that_the_paper_prints(count: int, low: float, high: float) -> None:
    assert [round(100 * bound, 2) for bound in wilson_interval(count, 10_000)] == [low, high]


@table(("plain", "warned"), [(42, 46), (12, 17)])
def test_difference_between_the_arms_is_not_significant_as_the_paper_says(plain: int, warned: int) -> None:
    assert two_proportion_z_test(plain, 10_000, warned, 10_000).p > 0.05


@table(
    ("successes", "n", "confidence", "least"),
    [
        *((successes, n, 0.95, 1.959964) for successes, n in ((1, 10), (5, 10), (42, 10_000), (9_999, 10_000))),
        (3, 50, 0.9, 1.644854),
        (3, 50, 0.99, 2.575829),
    ],
)
def test_wilson_bounds_are_the_rates_that_the_score_test_just_accepts(
    successes: int, n: int, confidence: float, least: float
) -> None:
    low, high = wilson_interval(successes, n, confidence=confidence)
    assert low < successes / n < high
    for bound in (low, high):
        z = (successes / n - bound) / math.sqrt(bound * (1 - bound) / n)
        assert abs(z) == pytest.approx(least, abs=1e-5)


def test_wilson_interval_reaches_the_end_when_nothing_or_everything_happened() -> None:
    low, high = wilson_interval(0, 20)
    assert low == 0.0 and high == pytest.approx(0.16113, abs=1e-5)  # z2 / (n + z2)
    assert wilson_interval(20, 20) == (pytest.approx(1 - high), 1.0)


def test_two_proportion_test_agrees_with_the_hand_computation() -> None:
    result = two_proportion_z_test(20, 100, 35, 100)
    assert result.z == pytest.approx(-0.15 / math.sqrt(0.275 * 0.725 * 0.02), rel=1e-12)
    assert result.p == pytest.approx(0.01753, abs=2e-5)  # from a printed table of the normal


def test_two_proportion_test_knows_no_direction_and_no_difference() -> None:
    one, other = two_proportion_z_test(3, 40, 9, 50), two_proportion_z_test(9, 50, 3, 40)
    assert (one.z, one.p) == (pytest.approx(-other.z), pytest.approx(other.p))
    assert two_proportion_z_test(0, 10, 0, 30) == two_proportion_z_test(10, 10, 30, 30)
    assert two_proportion_z_test(0, 10, 0, 30).p == 1.0


@table(("successes", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_rates_refuse_counts_that_are_none(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="invalid rate"):
        wilson_interval(successes, n)
    with pytest.raises(ValueError, match="invalid rate"):
        two_proportion_z_test(successes, n, 1, 2)


def test_ratio_is_of_the_totals_not_the_mean_of_the_ratios() -> None:
    found = log_ratio_of_totals([10.0, 1.0, 1.0], [5.0, 4.0, 3.0])
    assert math.isclose(math.exp(found.mean), 1.0) and found.n == 3


def test_equal_ratios_have_an_interval_without_width() -> None:
    found = log_ratio_of_totals([2.0, 4.0, 6.0] * 2, [1.0, 2.0, 3.0] * 2)
    assert found.interval is not None and found.interval == pytest.approx((math.log(2), math.log(2)), abs=1e-9)


def test_fewer_than_six_pairs_have_no_interval() -> None:
    assert log_ratio_of_totals([2.0] * 5, [1.0] * 5).interval is None


def test_pair_without_any_cost_does_not_stand_for_a_gain() -> None:
    low, high = log_ratio_of_totals([2.0] * 6 + [0.0], [1.0] * 6 + [0.0]).interval or (0.0, 0.0)
    assert low == pytest.approx(math.log(2)) and high == pytest.approx(math.log(2)), "seven pairs leave out one subset"
    low, high = log_ratio_of_totals([2.0] * 5 + [0.0], [1.0] * 5 + [0.0]).interval or (0.0, 0.0)
    assert (low, high) == (-math.inf, math.inf)


def test_interval_keeps_its_level_where_few_pairs_make_up_the_totals() -> None:
    """Of six pairs: within three standard errors of 5%, or below; bench/stats.py draws thousands."""
    rng = np.random.default_rng(5)
    for spread in (0.0, 1.0, 2.0):
        misses = 0
        for _ in range(100):
            sizes = np.exp(rng.normal(0, spread, 6))
            after, before = sizes * np.exp(rng.normal(0, 0.02, 6)), sizes * np.exp(rng.normal(0, 0.02, 6))
            low, high = log_ratio_of_totals(after.tolist(), before.tolist()).interval or (0.0, 0.0)
            misses += not low <= 0 <= high
        assert misses / 100 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 100), spread


def test_totals_that_rest_on_one_pair_or_are_negative_have_no_ratio() -> None:
    assert has_ratio([1.0, 0.0, 2.0], [1.0, 1.0, 1.0])
    assert not has_ratio([1.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert not has_ratio([1.0, -1.0, 3.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="no ratio"):
        log_ratio_of_totals([0.0], [1.0])
    with pytest.raises(ValueError, match="length"):
        log_ratio_of_totals([1.0, 2.0], [1.0])
