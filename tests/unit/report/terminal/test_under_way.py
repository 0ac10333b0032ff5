"""What a view says of evaluations that take long, by a clock that the test moves."""

from __future__ import annotations

import io
import json

import pytest

from strop.base.budget import UTILITY_CALLS
from strop.base.events import BudgetMoved, Evaluated, Event, ImproveFinished, ImproveStarted, RunFinished, RunStarted
from strop.report.terminal.live import JsonLines, Lines
from strop.report.terminal.under_way import UnderWay

BEGUN = RunStarted(scope="", spec={}, environment={}, posture={})


def asks(scope: str) -> BudgetMoved:
    return BudgetMoved(scope=f"{scope}/handles", counter=UTILITY_CALLS, amount=1, granted=True, used=1, limit=25)


def evaluated(scope: str, split: str = "train") -> Evaluated:
    facts = {
        "utility": "lpn",
        "solution": "s",
        "verdict": "ok",
        "value": 0.5,
        "scores": (),
        "verdicts": (),
        "error": "",
    }
    return Evaluated(scope=scope, split=split, cpu_seconds=0.1, wall_seconds=0.1, **facts)  # type: ignore[arg-type]


def starts(scope: str) -> ImproveStarted:
    return ImproveStarted(scope=scope, improver="i", initial_solution="s", utility="lpn")


def ended(scope: str) -> ImproveFinished:
    facts = {"outcome": "ok", "detail": "", "solution": "s", "utility_calls": 1, "lm_calls": 1}
    return ImproveFinished(scope=scope, cpu_seconds=0.1, wall_seconds=0.1, **facts)  # type: ignore[arg-type]


def words(*happened: tuple[float, Event], now: float, least: float = 10.0) -> str:
    under_way = UnderWay()
    for at, event in happened:
        under_way.add(event, at)
    return under_way.words(now, least)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([(0.0, BEGUN)], "evaluating the original for 1:04"),
        ([(0.0, BEGUN), (0.0, evaluated("original/train"))], ""),
        ([(0.0, asks("improve"))], "evaluating candidate 1 on the training split for 1:04"),
        ([(0.0, asks("improve")), (9.0, evaluated("improve/u-1#0"))], ""),
        (
            [(0.0, asks("improve")), (4.0, evaluated("improve/u-1#0")), (14.0, asks("improve"))],
            "evaluating candidate 2 on the training split for 50.0 s",
        ),
        (
            [
                (0.0, asks("t1/improve/u-ab#0/copy2")),
                (0.0, asks("t1/improve/u-ab#0/copy3")),
                (0.0, asks("t1/improve/u-ab#0/copy2")),
                (4.0, evaluated("t1/improve/u-ab#0/copy3/u-1#0")),
            ],
            "no evaluation has ended for 1:00; in progress: candidate 1 of t = 1, copy 2 on the training split, and 1 more",
        ),
        ([(0.0, ended("t2/gate/pair3/a"))], "evaluating the result of t = 2 on the training split for 1:04"),
        ([(0.0, ended("t1/improve"))], ""),
        (
            [(0.0, evaluated("t0/measure/copy0/result")), (14.0, evaluated("t0/measure/copy1/result"))],
            "no evaluation has ended for 50.0 s; in progress: the result of t = 0, copy 0 on the test split, and 1 more",
        ),
        (
            [
                (0.0, starts("t1/measure/copy0")),
                (0.0, starts("t1/measure/copy1")),
                (4.0, evaluated("t1/measure/copy1/result")),
            ],
            "",
        ),
        (
            [
                (0.0, starts("t1/measure/copy0")),
                (0.0, starts("t1/measure/copy1")),
                (4.0, evaluated("t1/measure/copy1/result")),
                (34.0, evaluated("t1/measure/copy0/result")),
            ],
            "no evaluation has ended for 30.0 s; in progress: the result of t = 1, copy 1 on the test split, and 1 more",
        ),
        ([(0.0, ended("improve"))], "evaluating the result for 1:04"),
        (
            [(0.0, ended("improve")), (14.0, evaluated("improved/train"))],
            "evaluating the result of the last comparison for 50.0 s",
        ),
        ([(0.0, ended("improve")), (1.0, RunFinished(scope="", status="finished"))], ""),
    ],
)
def test_words_name_what_has_been_evaluated_for_longest(happened: list[tuple[float, Event]], expected: str) -> None:
    assert words(*happened, now=64.0) == expected


def test_log_says_what_hangs_after_half_a_minute_and_then_ever_more_rarely() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, "", clock)
    lines(asks("improve"))
    for clock.now in range(5, 300, 5):
        lines.look()
    expected = [line for line in stream.getvalue().splitlines() if "evaluating" in line]
    assert [line.split(" for ")[1] for line in expected] == ["30.0 s", "1:00", "2:00", "4:00"]
    lines(evaluated("improve/u-1#0"))
    lines.look()
    lines(asks("improve"))
    clock.now += 31
    lines.look()
    assert "evaluating candidate 2 on the training split for 31.0 s" in stream.getvalue().splitlines()[-1]


def test_json_lines_say_it_too() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = JsonLines(stream, "", clock)
    lines(asks("improve"))
    clock.now = 40.0
    lines.look()
    assert json.loads(stream.getvalue())["message"] == "evaluating candidate 1 on the training split for 40.0 s"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now: float = 0.0

    def __call__(self) -> float:
        return self.now
