from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.analysis import stats
from strop.analysis.stats import means
from strop.base.results import added

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_mean_is_exact_where_a_plain_sum_is_not() -> None:
    assert stats.mean([0.1] * 10) == 0.1


def test_scores_are_added_from_left_to_right_whatever_sum_does_on_this_python() -> None:
    assert added([0.1] * 10) == 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 != 1.0
    assert added([]) == 0.0


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
    assert means.student_t_quantile(p, degrees) == pytest.approx(expected, abs=5.1e-4)


@given(st.floats(0.001, 0.999), st.integers(1, 60))
def test_t_quantile_inverts_the_distribution(p: float, degrees: int) -> None:
    assert means.student_t_cdf(means.student_t_quantile(p, degrees), degrees) == pytest.approx(p, abs=1e-12)


@given(st.floats(-50, 50))
def test_t_distribution_with_one_degree_is_that_of_cauchy(t: float) -> None:
    assert means.student_t_cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-14)


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0, math.nan])
def test_t_quantile_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(ValueError, match="not a probability"):
        means.student_t_quantile(p, 3)
