"""Looks of a comparison: which there are, what part of the error each has, and where a comparison ends."""

from __future__ import annotations

import math

import pytest

from strop.analysis.stats import Estimate, is_enough, least_pairs, levels
from support.rows import table


@table(
    ("pairs", "confidence", "after"),
    [
        (6, 0.95, [6]),
        (8, 0.95, [8]),
        (9, 0.95, [8, 9]),
        (12, 0.975, [12]),  # eight pairs have no interval at a part of this level
        (32, 0.95, [8, 16, 32]),
        (50, 0.95, [8, 16, 32, 50]),
        (50, 0.975, [16, 32, 50]),
    ],
)
def test_looks_share_the_error_of_a_comparison_and_each_has_an_interval(
    pairs: int, confidence: float, after: list[int]
) -> None:
    found = levels(pairs, confidence)
    assert [*found] == after and all(least_pairs(level) <= number for number, level in found.items())
    assert math.fsum(1 - level for level in found.values()) == pytest.approx(1 - confidence)


@table(
    ("mean", "interval", "is_ratio", "ends"),
    [
        (math.log(2), (math.log(1.6), math.log(2.6)), True, True),  # 1.6 lies within 35% of the log
        (math.log(2), (math.log(1.5), math.log(2.1)), True, False),
        (-math.log(2), (-math.log(2.6), -math.log(1.6)), True, True),  # twice as slow
        (0.05, (0.01, 0.09), True, True),  # within 7.5%
        (0.05, (0.01, 0.09), False, False),  # of a difference nobody knows what is little
        (0.05, (-0.01, 0.11), True, False),
        (0.05, None, True, False),
    ],
)
def test_comparison_ends_where_equal_is_left_out_and_the_near_end_is_near(
    mean: float, interval: tuple[float, float] | None, is_ratio: bool, ends: bool
) -> None:
    assert is_enough(Estimate(mean, None, 8, interval), is_ratio=is_ratio) is ends
