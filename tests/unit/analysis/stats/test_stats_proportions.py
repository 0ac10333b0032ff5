"""Rates and their uncertainty: Wilson's interval and the two-proportion test of the paper's Table 2."""

from __future__ import annotations

import math

import pytest

from strop.analysis.stats import two_proportion_z_test, wilson_interval

PRINTED = {
    "GPT-4": (42, 0.31, 0.57),
    "GPT-4, warned": (46, 0.35, 0.61),
    "GPT-3.5": (12, 0.07, 0.21),
    "GPT-3.5, warned": (17, 0.11, 0.27),
}
"""Row of Table 2 -> unsandboxed of 10,000, and the printed interval in percent."""


@pytest.mark.parametrize(("count", "low", "high"), PRINTED.values(), ids=PRINTED)
def test_wilson_interval_is_the_one_that_the_paper_prints(count: int, low: float, high: float) -> None:
    assert [round(100 * bound, 2) for bound in wilson_interval(count, 10_000)] == [low, high]


@pytest.mark.parametrize(("plain", "warned"), [(42, 46), (12, 17)], ids=["GPT-4", "GPT-3.5"])
def test_difference_between_the_arms_is_not_significant_as_the_paper_says(plain: int, warned: int) -> None:
    assert two_proportion_z_test(plain, 10_000, warned, 10_000).p > 0.05


@pytest.mark.parametrize(("successes", "n"), [(1, 10), (5, 10), (42, 10_000), (9_999, 10_000)])
def test_wilson_bounds_are_the_rates_that_the_score_test_just_accepts(successes: int, n: int) -> None:
    for bound in wilson_interval(successes, n, confidence=0.95):
        z = (successes / n - bound) / math.sqrt(bound * (1 - bound) / n)
        assert abs(z) == pytest.approx(1.959964, abs=1e-5)


def test_wilson_interval_reaches_the_end_when_nothing_or_everything_happened() -> None:
    low, high = wilson_interval(0, 20)
    assert low == 0.0 and high == pytest.approx(0.16113, abs=1e-5)  # z2 / (n + z2)
    assert wilson_interval(20, 20) == (pytest.approx(1 - high), 1.0)


def test_wilson_interval_is_wider_when_more_confidence_is_asked_for() -> None:
    narrow, wide = wilson_interval(3, 50, confidence=0.9), wilson_interval(3, 50, confidence=0.99)
    assert wide[0] < narrow[0] < 3 / 50 < narrow[1] < wide[1]


def test_two_proportion_test_agrees_with_the_hand_computation() -> None:
    result = two_proportion_z_test(20, 100, 35, 100)
    assert result.z == pytest.approx(-0.15 / math.sqrt(0.275 * 0.725 * 0.02), rel=1e-12)
    assert result.p == pytest.approx(0.01753, abs=2e-5)  # from a printed table of the normal


def test_two_proportion_test_knows_no_direction_and_no_difference() -> None:
    one, other = two_proportion_z_test(3, 40, 9, 50), two_proportion_z_test(9, 50, 3, 40)
    assert (one.z, one.p) == (pytest.approx(-other.z), pytest.approx(other.p))
    assert two_proportion_z_test(0, 10, 0, 30) == two_proportion_z_test(10, 10, 30, 30)
    assert two_proportion_z_test(0, 10, 0, 30).p == 1.0


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_rates_refuse_counts_that_are_none(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="invalid rate"):
        wilson_interval(successes, n)
    with pytest.raises(ValueError, match="invalid rate"):
        two_proportion_z_test(successes, n, 1, 2)
