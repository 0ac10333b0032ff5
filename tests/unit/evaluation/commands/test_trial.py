"""The original's scores apart and in one process."""

from __future__ import annotations

import math

import pytest

from strop.evaluation.commands.trial import OriginalTrial


@pytest.mark.parametrize("shared", [0.7, sum([0.1] * 7), 0.7 * (1 + 1e-14)])
def test_score_is_equal_apart_when_only_the_order_of_a_sum_differs(shared: float) -> None:
    assert OriginalTrial({"score": 0.7}, [{"score": shared}]).is_equal


def test_score_that_is_no_number_is_equal_to_itself() -> None:
    assert OriginalTrial({"score": math.nan}, [{"score": math.nan}]).is_equal


@pytest.mark.parametrize("shared", [{"score": 0.7 * (1 + 1e-12)}, {"score": -0.7}, {"score": math.nan}, {"other": 0.7}])
def test_score_is_not_equal_apart_when_it_differs_by_more_than_rounding(shared: dict[str, float]) -> None:
    assert not OriginalTrial({"score": 0.7}, [shared]).is_equal
