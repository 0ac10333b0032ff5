"""What is too good to be true: beyond the best known value, or a leap that no other program came near."""

from __future__ import annotations

import pytest

from strop.core.metric_change import MetricFacts
from strop.core.plausible import is_beyond, is_leap

SCORE = MetricFacts("score", "max", reader="$.score")
LOSS = MetricFacts("loss", "min", reader="$.loss")


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


@pytest.mark.parametrize(
    ("metric", "result", "others", "leap"),
    [
        (SCORE, (1e9, 2.0), [(3.0, 2.0)], True),
        (SCORE, (1e10, 2.0), [(1e9, 2.0), (1e10, 2.0)], True),
        (SCORE, (100.0, 2.0), [], False),
        (SCORE, (50_000.0, 2.0), [(400.0, 2.0)], False),
        (SCORE, (0.99, 1e-6), [], False),
        (SCORE, (5.0, 0.0), [], False),
        (SCORE, (1e9, 0.0), [], True),
        (SCORE, (1e9, -3.0), [], True),
        (SCORE, (1.0, 2.0), [], False),
        (LOSS, (1e-16, 0.5), [], False),
        (LOSS, (0.0, 0.5), [], False),
        (LOSS, (-1e9, 0.5), [(0.4, 0.5)], True),
        (MetricFacts("time", "min", reader="time"), (1e-9, 1e3), [], False),
        (MetricFacts("tests", "max", reader="tests"), (1.0, 1e-6), [], False),
    ],
    ids=[
        "NaN's radius",
        "several cheats confirm nobody",
        "an honest gain of 50x",
        "steps of less than 1,000",
        "a score up to 1 of a poor original",
        "an original of 0",
        "a leap from 0",
        "a leap from below 0",
        "worse",
        "an error that vanishes",
        "an error of 0",
        "a cost below 0",
        "time",
        "tests",
    ],
)
def test_leap_is_further_from_the_original_than_a_thousand_times_every_other_program(
    metric: MetricFacts, result: tuple[float, float], others: list[tuple[float, float]], leap: bool
) -> None:
    assert is_leap(metric, result, others) == leap
