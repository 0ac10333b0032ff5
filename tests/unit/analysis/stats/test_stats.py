from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis import stats

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_mean_is_exact_where_a_plain_sum_is_not() -> None:
    assert stats.mean([0.1] * 10) == 0.1


def test_mean_refuses_no_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        stats.mean([])


def test_stderr_of_a_known_sample() -> None:
    # Deviations -2, -1, 0, 1, 2: sample variance 10 / 4, over n = 5.
    assert stats.stderr([1, 2, 3, 4, 5]) == pytest.approx(math.sqrt(0.5))


def test_stderr_is_none_when_there_is_one_value() -> None:
    assert stats.stderr([0.5]) is None


@given(SAMPLES)
def test_stderr_agrees_with_numpy(values: list[float]) -> None:
    expected = np.std(values, ddof=1) / math.sqrt(len(values))
    assert stats.stderr(values) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_estimate_says_mean_stderr_and_size() -> None:
    assert stats.estimate([0.5, 0.5]) == stats.Estimate(0.5, 0.0, 2)


@pytest.mark.parametrize(
    ("degrees", "p", "expected"),
    [  # The printed tables of Student's t, to their last digit.
        (1, 0.975, 12.706),
        (2, 0.975, 4.303),
        (3, 0.95, 2.353),
        (4, 0.975, 2.776),
        (5, 0.995, 4.032),
        (9, 0.975, 2.262),
        (19, 0.975, 2.093),
        (30, 0.995, 2.750),
        (120, 0.975, 1.980),
        (100_000, 0.975, 1.960),
    ],
)
def test_t_quantile_is_the_one_of_the_tables(degrees: int, p: float, expected: float) -> None:
    assert stats.student_t_quantile(p, degrees) == pytest.approx(expected, abs=5.1e-4)


@given(st.floats(0.001, 0.999), st.integers(1, 60))
def test_t_quantile_inverts_the_distribution(p: float, degrees: int) -> None:
    assert stats.student_t_cdf(stats.student_t_quantile(p, degrees), degrees) == pytest.approx(p, abs=1e-12)


@given(st.floats(-50, 50))
def test_t_distribution_with_one_degree_is_that_of_cauchy(t: float) -> None:
    assert stats.student_t_cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-14)


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0, math.nan])
def test_t_quantile_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(ValueError, match="not a probability"):
        stats.student_t_quantile(p, 3)


def test_paired_difference_of_a_known_sample() -> None:
    # Student's own ten patients (1908): extra sleep 1.58 h, t = 4.062, 95% interval 0.70 to 2.46.
    laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    found = stats.paired_difference(laevo, dextro)
    assert found.stderr is not None
    assert found.interval == pytest.approx((0.7001142, 2.4598858), abs=1e-7)
    assert found.mean / found.stderr == pytest.approx(4.0621, abs=1e-4)


def test_paired_difference_has_no_interval_when_there_is_one_pair() -> None:
    assert stats.paired_difference([0.75], [0.5]) == stats.Estimate(0.25, None, 1)


def test_paired_difference_refuses_samples_of_unequal_length() -> None:
    with pytest.raises(ValueError, match="2 values cannot be paired with 1"):
        stats.paired_difference([1, 2], [1])


def test_paired_difference_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.7, 1.0, (2000, 5)), rng.normal(0.2, 2.0, (2000, 5))
    intervals = [stats.paired_difference(list(x), list(y)).interval for x, y in zip(a, b, strict=True)]
    covered = sum(interval is not None and interval[0] <= 0.5 <= interval[1] for interval in intervals) / 2000
    assert 0.935 < covered < 0.965  # 95% give or take three standard errors of 2000 trials


@pytest.mark.heavy
def test_bootstrap_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    samples = rng.normal(0.5, 1.0, (1000, 20))
    intervals = [stats.bootstrap_interval(list(sample), resamples=500, rng=rng) for sample in samples]
    covered = sum(low <= 0.5 <= high for low, high in intervals) / 1000
    assert 0.90 < covered < 0.96  # the percentile bootstrap is known to be narrow at n = 20


def test_bootstrap_interval_is_the_normal_one_when_the_sample_is_large() -> None:
    values = list(np.random.default_rng(3).normal(0.0, 1.0, 4000))
    low, high = stats.bootstrap_interval(values, resamples=2000, rng=np.random.default_rng(4))
    reach = 1.96 * (stats.stderr(values) or 0.0)
    assert (low, high) == pytest.approx((stats.mean(values) - reach, stats.mean(values) + reach), abs=0.1 * reach)


def test_bootstrap_interval_repeats_with_its_generator() -> None:
    first, second = (stats.bootstrap_interval([0, 1, 5], rng=np.random.default_rng(7)) for _ in range(2))
    assert first == second


@given(SAMPLES)
def test_bootstrap_interval_stays_within_the_sample(values: list[float]) -> None:
    low, high = stats.bootstrap_interval(values, resamples=50, rng=np.random.default_rng(0))
    slack = 1e-9 * max(1.0, max(map(abs, values)))
    assert min(values) - slack <= low <= high <= max(values) + slack


def test_bootstrap_interval_of_one_resample_is_a_point() -> None:
    low, high = stats.bootstrap_interval([0, 1, 5], resamples=1, rng=np.random.default_rng(7))
    assert 0 <= low == high <= 5


def test_bootstrap_interval_refuses_no_values() -> None:
    with pytest.raises(ValueError, match="0 values"):
        stats.bootstrap_interval([], rng=np.random.default_rng(0))
