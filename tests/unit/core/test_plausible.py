"""What is beyond the best known value."""

from __future__ import annotations

import pytest

from strop.core.plausible import is_beyond


@pytest.mark.parametrize(
    ("value", "known", "more", "beyond"),
    [
        (2.64, 2.635983, True, True),
        (2.63598308, 2.635983, True, False),
        (2.635996, 2.635983, True, True),
        (2.6, 2.635983, True, False),
        (9.0, 10.0, False, True),
        (10.0, 10.0, False, False),
        (-1.0, -2.0, True, True),
        (0.1, 0.0, True, True),
        (0.94, 0.9, True, False),
        (0.96, 0.9, True, True),
        (1.00001, 1.0, True, True),
    ],
)
def test_value_is_beyond_the_best_known_one_by_more_than_a_millionth_and_its_rounding(
    value: float, known: float, more: bool, beyond: bool
) -> None:
    assert is_beyond(value, known, more_is_better=more) == beyond
