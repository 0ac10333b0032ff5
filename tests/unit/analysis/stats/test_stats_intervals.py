from __future__ import annotations

import math

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis import stats

UNTIMED = settings(deadline=None)  # other work may keep the machine busy

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)
SKEWED = [0.1, 0.11, 0.13, 0.16, 0.2, 0.31, 0.35, 0.62, 0.64, 2.9]


@pytest.mark.heavy
@UNTIMED
@given(SAMPLES)
def test_t_estimate_agrees_with_scipy(values: list[float]) -> None:
    found = stats.t_estimate(values, confidence=0.9)
    if found.stderr and found.stderr > 1e-9 * abs(found.mean):
        expected = scipy.stats.t.interval(0.9, len(values) - 1, loc=found.mean, scale=scipy.stats.sem(values))
        assert found.interval == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.heavy
@UNTIMED
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=20).filter(lambda values: len(set(values)) > 1))
def test_t_test_agrees_with_scipy(values: list[int]) -> None:
    expected = scipy.stats.ttest_1samp(values, 0.0).pvalue
    assert stats.t_test(values) == pytest.approx(expected, abs=1e-12)


def test_t_test_of_a_difference_without_noise_is_certain() -> None:
    assert stats.t_test([0.1, 0.1, 0.1]) == 0.0


@pytest.mark.parametrize("values", [[0.4], [0.0, 0.0], [0.5, -0.5]], ids=["one value", "zeros", "opposites"])
def test_t_test_shows_nothing_when_there_is_nothing_to_show(values: list[float]) -> None:
    assert stats.t_test(values) == 1.0


@pytest.mark.heavy
@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("values", [SKEWED, [-value for value in SKEWED], [0.0, 1.0, 5.0, 5.0]])
def test_bca_interval_agrees_with_scipy(values: list[float], confidence: float) -> None:
    resamples = 40_000
    found = stats.bca_interval(values, confidence=confidence, resamples=resamples, rng=np.random.default_rng(1))
    theirs = scipy.stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=confidence,
        n_resamples=resamples,
        method="BCa",
        rng=np.random.default_rng(2),
    ).confidence_interval
    # Two sets of resamples: 3% of the width, five times what their quantiles differ by here.
    assert found == pytest.approx(tuple(theirs), abs=0.03 * (theirs.high - theirs.low))


def test_bca_interval_lies_further_out_on_the_long_side_than_the_percentiles() -> None:
    plain = stats.bootstrap_interval(SKEWED, rng=np.random.default_rng(1))
    corrected = stats.bca_interval(SKEWED, rng=np.random.default_rng(1))
    assert corrected[0] > plain[0]
    assert corrected[1] > plain[1] + 0.1


def test_bca_interval_is_a_point_when_all_values_are_equal() -> None:
    assert stats.bca_interval([0.7] * 5, rng=np.random.default_rng(0)) == (0.7, 0.7)


@UNTIMED
@given(SAMPLES)
def test_bca_interval_stays_within_the_sample(values: list[float]) -> None:
    low, high = stats.bca_interval(values, resamples=50, rng=np.random.default_rng(0))
    slack = 1e-9 * max(1.0, max(map(abs, values)))
    assert min(values) - slack <= low <= high <= max(values) + slack


@UNTIMED
@given(SAMPLES, st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_bca_interval_moves_and_scales_with_the_values(values: list[float], shift: float, scale: float) -> None:
    low, high = stats.bca_interval(values, resamples=50, rng=np.random.default_rng(0))
    moved = stats.bca_interval([scale * v + shift for v in values], resamples=50, rng=np.random.default_rng(0))
    size = scale * max(map(abs, values)) + abs(shift) + 1
    if high - low > 1e-6 * max(map(abs, values)):  # else rounding decides which means are equal
        assert moved == pytest.approx((scale * low + shift, scale * high + shift), abs=1e-6 * size)


@pytest.mark.heavy
def test_bca_interval_covers_a_skewed_mean_about_as_often_as_it_says_when_there_are_many_values() -> None:
    rng = np.random.default_rng(5)
    samples = rng.exponential(1.0, (600, 60))
    covered = sum(
        low <= 1.0 <= high for low, high in (stats.bca_interval(list(s), resamples=400, rng=rng) for s in samples)
    )
    assert 0.90 < covered / 600 < 0.97  # expected 0.937: four standard errors of 600 trials to each side


@pytest.mark.parametrize(
    "made", [stats.bca_interval, stats.bootstrap_interval], ids=["bca_interval", "bootstrap_interval"]
)
@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([], {}, "0 values"),
        ([1.0], {"resamples": 0}, "0 resamples"),
        ([1.0], {"confidence": 1.0}, "not a probability"),
        ([1.0], {"confidence": math.nan}, "not a probability"),
    ],
)
def test_bootstrap_refuses(made: object, values: list[float], options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(values, rng=np.random.default_rng(0), **options)  # type: ignore[operator]


@pytest.mark.parametrize("made", [stats.t_estimate, stats.t_test])
def test_t_refuses_no_values(made: object) -> None:
    with pytest.raises(ValueError, match="no values"):
        made([])  # type: ignore[operator]
