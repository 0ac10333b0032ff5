from __future__ import annotations

from strop.base.results import added


def test_scores_are_added_from_left_to_right_whatever_sum_does_on_this_python() -> None:
    assert added([0.1] * 10) == 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 != 1.0
    assert added([]) == 0.0
