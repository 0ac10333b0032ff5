"""What a function's time is charged with, by rows of known seconds: no program runs."""

from __future__ import annotations

import math

import pytest

from strop.core.metric_change import Gain, gain
from strop.evaluation.laws import BatchTimes, log_speedup
from strop.tasks.function.batch_metrics import ALONE, CALLS, DESCRIBING, OPENING, SECONDS
from strop.tasks.objective_facts import MetricFacts
from support.rows import table

TIMES = (0.001, 0.002, 0.0015, 0.0012, 0.0018, 0.001, 0.0011, 0.0016)
"""Seconds of a call of the original in each of eight batches of ten calls."""


def gained(
    times: float = 1.0, *, alone: float | None = None, opening: float = 0.0, describing: float = 0.0, noise: float = 0.0
) -> Gain:
    """The gain of a program whose calls take `times` as long as the original's, and `alone` times as long where they are alone.
    Beside them its processes take so many times the original's calls more, and by chance `noise` seconds more or fewer."""
    before = [{SECONDS: a_call, CALLS: 10.0, OPENING: 0.05, DESCRIBING: 0.03, ALONE: a_call} for a_call in TIMES]
    after = [
        row
        | {SECONDS: times * row[SECONDS], ALONE: (times if alone is None else alone) * row[SECONDS]}
        | {OPENING: 0.05 + opening * 10 * row[SECONDS], DESCRIBING: 0.03 + describing * 10 * row[SECONDS] + noise}
        for row, noise in zip(before, (noise, -0.9 * noise) * 4, strict=True)
    ]
    found = gain(MetricFacts(SECONDS, "min", reader="time", resolution=0.03), after, before, chosen=False)
    assert found is not None and found.interval is not None
    return found


@table("times", [0.1, 0.5, 1.0, 1.1, 2.0])
def test_time_of_a_function_is_that_of_its_calls_where_nothing_else_differs_but_by_chance(times: float) -> None:
    found = gained(times)
    assert found.amount == pytest.approx(1 / times) and found.after == pytest.approx(times * found.before)
    assert found.interval == pytest.approx((1 / times / 1.03, 1.03 / times))
    assert gained(times, noise=0.02).amount == pytest.approx(1 / times)


@table(
    ("where", "wanted", "ends"),
    [
        ({"opening": 0.9}, 1.0, (1.0, 1.0)),
        ({"describing": 0.9}, 1.0, (1.0, 1.0)),
        ({"opening": 0.9, "describing": -0.9}, 1.0, (1.0, 10.0)),
        ({"opening": 4.9}, 0.2, (0.2, 0.2)),
        ({"opening": -3.0}, 10.0, (10.0, 20.0)),
    ],
    ids=["before its calls", "after them", "less after them", "more than it saves", "less beside them"],
)
def test_time_of_a_function_is_charged_with_work_that_it_moves_beside_its_calls(
    where: dict[str, float], wanted: float, ends: tuple[float, float]
) -> None:
    found = gained(0.1, **where)
    assert found.amount == pytest.approx(wanted)
    assert found.interval == pytest.approx((ends[0] / 1.03, ends[1] * 1.03))
    assert found.verdict == ("better" if ends[0] > 1.03 else "worse" if ends[1] < 1 / 1.03 else "no significant change")


@table(
    ("alone", "low", "verdict"),
    [(0.1, 10.0, "better"), (0.5, 2.0, "better"), (1.0, 1.0, "no significant change"), (0.05, 10.0, "better")],
)
def test_cautious_end_is_that_of_calls_alone_where_it_is_lower(alone: float, low: float, verdict: str) -> None:
    found = gained(0.1, alone=alone)
    assert found.interval == pytest.approx((low / 1.03, 10 * 1.03)) and found.verdict == verdict
    assert found.amount == pytest.approx(10.0)


def test_call_alone_that_takes_no_longer_than_a_message_decides_nothing_and_one_of_the_original_s_everything() -> None:
    assert gained(0.1, alone=-0.1).interval == gained(0.1).interval
    before = [0.001] * 8
    low, high = log_speedup(BatchTimes(before, before, alone=([-0.1] * 8, before)), confidence=0.95).interval or (0, 0)
    assert low < -100 and high == 0.0


def test_each_batch_counts_once_however_many_there_are() -> None:
    for count in (8, 20, 50):
        before = [0.001 + 0.00001 * number for number in range(count)]
        found = log_speedup(BatchTimes(before, [value / 2 for value in before]), confidence=0.95)
        assert found.n == count and found.interval == pytest.approx((math.log(2), math.log(2)))
    assert log_speedup(BatchTimes(before[:5], before[:5]), confidence=0.95).interval is None


def test_work_that_is_moved_is_found_whatever_the_program_burns_in_one_of_its_processes() -> None:
    calls, nothing = [0.02] * 22, [0.0001] * 22
    for burned in (0.0, 0.5, 4.0):
        moved = [0.02] * 21 + [0.02 + burned]
        change = log_speedup(BatchTimes(calls, nothing, [moved]), confidence=0.95)
        assert change.interval is not None and change.interval[0] < 0 < change.interval[1] + 0.01
