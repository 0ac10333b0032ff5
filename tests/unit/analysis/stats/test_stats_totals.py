"""The ratio of two totals and its interval."""

from __future__ import annotations

import math

import numpy as np
import pytest

from strop.analysis.stats import has_ratio, log_ratio_of_totals

RNG = np.random.default_rng(5)


def test_ratio_is_of_the_totals_not_the_mean_of_the_ratios() -> None:
    found = log_ratio_of_totals((1.0, [10.0, 1.0, 1.0], [5.0, 4.0, 3.0]))
    assert math.isclose(math.exp(found.mean), 1.0) and found.n == 3


def test_equal_ratios_have_an_interval_without_width() -> None:
    found = log_ratio_of_totals((1.0, [2.0, 4.0, 6.0], [1.0, 2.0, 3.0]))
    assert found.interval is not None and math.isclose(found.mean, math.log(2))
    assert found.interval[1] - found.interval[0] < 1e-12


def test_single_pair_has_no_interval() -> None:
    assert log_ratio_of_totals((1.0, [2.0], [1.0])).interval is None


@pytest.mark.parametrize("spread", [0.0, 1.0, 2.0])
def test_interval_keeps_its_level_where_few_pairs_make_up_the_totals(spread: float) -> None:
    """2,000 samples of six pairs: within three standard errors of 5%, or below."""
    misses = 0
    for _ in range(2000):
        sizes = np.exp(RNG.normal(0, spread, 6))
        after, before = sizes * np.exp(RNG.normal(0, 0.02, 6)), sizes * np.exp(RNG.normal(0, 0.02, 6))
        low, high = log_ratio_of_totals((1.0, after.tolist(), before.tolist())).interval or (0.0, 0.0)
        misses += not low <= 0 <= high
    assert misses / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_several_measures_add_up_by_their_weights() -> None:
    found = log_ratio_of_totals((0.75, [1.0, 1.0], [2.0, 2.0]), (-0.25, [2.0, 2.0], [1.0, 1.0]))
    assert math.isclose(found.mean, -math.log(2))


def test_totals_that_rest_on_one_pair_or_are_negative_have_no_ratio() -> None:
    assert has_ratio([1.0, 0.0, 2.0], [1.0, 1.0, 1.0])
    assert not has_ratio([1.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert not has_ratio([1.0, -1.0, 3.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="no ratio"):
        log_ratio_of_totals((1.0, [0.0], [1.0]))
    with pytest.raises(ValueError, match="length"):
        log_ratio_of_totals((1.0, [1.0, 2.0], [1.0]))
