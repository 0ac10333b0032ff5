from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis import stats

UNTIMED = settings(deadline=None)  # other work may keep the machine busy

WHOLE = st.integers(-20, 20)
SAMPLE = st.lists(WHOLE, min_size=2, max_size=12).filter(lambda values: len(set(values)) > 1)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@UNTIMED
@given(st.lists(WHOLE, min_size=1, max_size=8))
def test_sign_flip_test_counts_every_way_to_set_the_signs_when_there_are_few(values: list[int]) -> None:
    sums = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in product([-1, 1], repeat=len(values))
    ]
    expected = sum(each >= abs(sum(values)) for each in sums) / len(sums)
    assert stats.sign_flip_test(values, rng=rng()) == expected


@pytest.mark.heavy
@UNTIMED
@given(st.lists(WHOLE, min_size=2, max_size=12).filter(any))
def test_sign_flip_test_agrees_with_scipy(values: list[int]) -> None:
    for ours in ("two-sided", "greater"):
        theirs = scipy.stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=ours
        )
        assert stats.sign_flip_test(values, alternative=ours, rng=rng()) == pytest.approx(theirs.pvalue)


def test_sign_flip_test_finds_darwins_maize_as_fisher_did() -> None:
    # Fisher 1935, section 21: 15 pairs, differences in eighths of an inch; 1,726 of 32,768 signs are as extreme.
    darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert stats.sign_flip_test(darwin, resamples=2**15, rng=rng()) == 1726 / 32768


def test_sign_flip_test_by_random_signs_is_near_the_exact_one() -> None:
    darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    # 20,000 random signs have a standard error of 0.0016; the margin is four of them.
    assert stats.sign_flip_test(darwin, resamples=20_000, rng=rng()) == pytest.approx(1726 / 32768, abs=0.0064)


def test_sign_flip_test_does_not_count_a_tie_as_smaller_when_sums_round_differently() -> None:
    assert stats.sign_flip_test([0.1, 0.2, 0.3], rng=rng()) == 2 / 8
    assert stats.sign_flip_test([0.3, -0.1, -0.2], rng=rng()) == 1.0


def test_sign_flip_test_is_never_0_when_signs_are_drawn() -> None:
    assert stats.sign_flip_test([1.0] * 100, resamples=99, rng=rng()) == 0.01


@pytest.mark.parametrize(("values", "resamples"), [([], 10), ([1.0], 0)])
def test_sign_flip_test_refuses_nothing_to_do(values: list[float], resamples: int) -> None:
    with pytest.raises(ValueError, match="the least is 1"):
        stats.sign_flip_test(values, resamples=resamples, rng=rng())
