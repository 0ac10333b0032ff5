"""What a function's time is charged with, by rows of known seconds: no program runs."""

from __future__ import annotations

import pytest

from strop.evaluation.paired import _charged
from strop.tasks.function.task import ALONE, CALLS, IDLE, OUTSIDE, SECONDS

Turn = list[dict[str, float]]


def turns(times: float, alone: float) -> list[Turn]:
    """Of an original and a candidate whose calls take `times` as long, and `alone` times as long where they are alone."""
    other = {CALLS: 10.0, IDLE: 0.0, OUTSIDE: 0.0}
    return [
        [{SECONDS: call, ALONE: 2 * call} | other, {SECONDS: times * call, ALONE: 2 * alone * call} | other]
        for call in (0.001, 0.002, 0.0015, 0.0012, 0.0018, 0.001)
    ]


def ratio(made: list[Turn]) -> float:
    """How many times as long the candidate is said to take."""
    before, after = zip(*_charged(made, made), strict=True)
    return sum(each[SECONDS] for each in after) / sum(each[SECONDS] for each in before)


@pytest.mark.parametrize("times", [0.5, 1.0, 1.1, 2.0])
def test_time_of_a_function_counts_once_what_its_calls_take_longer_alone_and_in_a_batch(times: float) -> None:
    assert ratio(turns(times, times)) == pytest.approx(times)


def test_time_of_a_function_is_charged_with_what_a_call_alone_takes_longer_beyond_that() -> None:
    assert ratio(turns(1.0, 2.0)) == pytest.approx(3.0)
    assert ratio(turns(2.0, 3.0)) == pytest.approx(4.0)
    assert ratio(turns(0.1, 1.0)) == pytest.approx(0.1)
