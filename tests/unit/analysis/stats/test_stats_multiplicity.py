from __future__ import annotations

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis import stats

UNTIMED = settings(deadline=None)  # other work may keep the machine busy

P_VALUES = st.lists(st.floats(0.0, 1.0), max_size=12)


def test_holm_of_a_known_family() -> None:
    # Multiplied by 4, 3, 2, 1 in ascending order, never below the one before.
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@UNTIMED
@given(P_VALUES)
def test_holm_lies_between_the_raw_value_and_bonferroni(p_values: list[float]) -> None:
    for raw, adjusted in zip(p_values, stats.holm(p_values), strict=True):
        assert raw <= adjusted <= min(1.0, len(p_values) * raw)


@pytest.mark.heavy
@UNTIMED
@given(P_VALUES.filter(bool))
def test_benjamini_hochberg_agrees_with_scipy(p_values: list[float]) -> None:
    expected = scipy.stats.false_discovery_control(p_values, method="bh")
    assert stats.benjamini_hochberg(p_values) == pytest.approx(list(expected))


@pytest.mark.parametrize("adjust", [stats.holm, stats.benjamini_hochberg])
@UNTIMED
@given(p_values=P_VALUES, seed=st.integers(0, 99))
def test_adjustment_does_not_depend_on_the_order(adjust: object, p_values: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p_values))
    shuffled = adjust([p_values[i] for i in order])  # type: ignore[operator]
    assert shuffled == [adjust(p_values)[i] for i in order]  # type: ignore[operator]


@pytest.mark.parametrize("adjust", [stats.holm, stats.benjamini_hochberg])
@UNTIMED
@given(p_values=P_VALUES)
def test_adjustment_keeps_the_order_of_the_values(adjust: object, p_values: list[float]) -> None:
    pairs = sorted(zip(p_values, adjust(p_values), strict=True))  # type: ignore[operator]
    assert [adjusted for _, adjusted in pairs] == sorted(adjusted for _, adjusted in pairs)


def test_holm_makes_any_false_rejection_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(11)
    wrong = sum(min(stats.holm(rng.uniform(size=10).tolist())) <= 0.05 for _ in range(4000))
    assert 0.035 < wrong / 4000 < 0.064  # 0.05 expected for independent tests; four standard errors to each side


@pytest.mark.parametrize("adjust", [stats.holm, stats.benjamini_hochberg])
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_adjustment_refuses_what_is_no_p_value(adjust: object, p: float) -> None:
    with pytest.raises(ValueError, match="not a p-value"):
        adjust([0.5, p])  # type: ignore[operator]
