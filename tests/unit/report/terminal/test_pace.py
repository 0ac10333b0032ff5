from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from strop.base.events import (
    Evaluated,
    Event,
    ImproveFinished,
    IterationFinished,
    IterationStarted,
    RunResumed,
    RunStarted,
)
from strop.report.terminal.pace import Pace, in_all
from strop.report.terminal.progress import Progress
from strop.runs.cost_estimate import calls_of_iteration
from strop.runs.spec import RunSpec

SPEC = {"iterations": 2, "copies": 4, "max_responses": 3, "meta_budget": 9, "selection": "paper"}
"""An iteration is expected to take (3 + 1) * 4 downstream improvements."""


def improved(scope: str) -> ImproveFinished:
    return ImproveFinished(
        scope=scope,
        outcome="ok",
        detail="",
        solution="s",
        utility_calls=1,
        lm_calls=1,
        cpu_seconds=0.0,
        wall_seconds=0.0,
    )


class Run:
    """A run that takes a second for each downstream improvement."""

    def __init__(self, planned: int | None = None, **spec: object) -> None:
        self.progress = Progress()
        self.pace = Pace(self.progress, planned)
        self.now = 0.0
        self(RunStarted(scope="", spec=SPEC | spec, environment={}, posture={}))

    def __call__(self, event: Event) -> None:
        self.progress.add(event)
        self.pace.add(event, self.now)

    def work(self, count: int, scope: str = "t0/measure/copy0") -> None:
        for _ in range(count):
            self.now += 1
            self(improved(scope))

    @property
    def left(self) -> str:
        return self.pace.left(self.now)


@pytest.fixture
def end(make_iteration: Callable[..., IterationFinished]) -> IterationFinished:
    return make_iteration(0, False, (0.5,), (0.5,))


def test_pace_says_nothing_before_it_has_a_basis() -> None:
    run = Run()
    run(IterationStarted(scope="t0", t=0, improver="I"))
    run.work(2)
    assert run.left == ""


def test_pace_is_what_a_plan_expects_when_no_iteration_has_ended(end: IterationFinished) -> None:
    run = Run()
    run(IterationStarted(scope="t0", t=0, improver="I"))
    run.work(4)
    run(end)
    assert run.left == "about 35 s left"  # 2 * 16


def test_pace_is_what_finished_iterations_took_when_one_has_ended(end: IterationFinished) -> None:
    run = Run()
    run(IterationStarted(scope="t0", t=0, improver="I"))
    run.work(4)
    run(end)
    run(IterationStarted(scope="t1", t=1, improver="I"))
    run.work(100, "t1/improve/u-1#0/copy0")
    run(replace(end, t=1))
    assert run.left == "about 2:00 left"


def test_pace_says_nothing_when_the_last_iteration_takes_longer_than_planned(end: IterationFinished) -> None:
    run = Run(iterations=1)
    run(IterationStarted(scope="t1", t=1, improver="I"))
    run.work(17, "t1/improve/u-1#0/copy0")
    assert run.left == ""


def test_pace_counts_no_self_improvement_as_work() -> None:
    run = Run()
    run(IterationStarted(scope="t0", t=0, improver="I"))
    run.work(50, "t1/improve")
    assert run.left == ""


def test_pace_is_at_most_what_the_limit_of_time_leaves_when_a_run_goes_on() -> None:
    run = Run()
    run.now = 500.0
    spec = SPEC | {"max_time": 60.0}
    run(RunResumed(scope="", spec=spec, environment={}, posture={}, events=9, seconds=30.0))
    run(IterationStarted(scope="t0", t=0, improver="I"))
    run.work(4)
    assert run.left == "at most about 30 s left"


def test_pace_is_at_most_what_the_evaluations_take_when_a_program_is_improved(
    make_evaluated: Callable[..., Evaluated],
) -> None:
    run = Run(utility_budget=10)
    for number in range(4):
        run.now += 1
        run(make_evaluated(f"improve/u-{number}#0", "mine", "s", (0.5,)))
    assert run.left == "at most about 10 s left"


def test_pace_is_what_was_planned_when_that_is_known() -> None:
    run = Run(planned=20)
    run.work(10, "task/seed/copy0")
    assert run.left == "about 10 s left"


def test_run_is_expected_to_come_to_its_plan_before_an_iteration_and_then_to_what_the_finished_ones_took(
    end: IterationFinished,
) -> None:
    run = Run(iterations=3, model="offline")
    assert in_all(run.progress) is None
    run(replace(end, lm_calls=4))
    spec = RunSpec.from_json(json.dumps(SPEC | {"iterations": 3, "model": "offline"}))
    first, second, third = (calls_of_iteration(spec, t) for t in (1, 2, 3))
    assert in_all(run.progress) == (round(4 + first + second + third), 0)
    run(replace(end, t=1, lm_calls=1000))
    assert in_all(run.progress) == (round(1004 + (second + 1000) / 2 + (third + 1000) / 2), 0)
    run(replace(end, t=3, lm_calls=10))
    assert in_all(run.progress) == (1014, 0)


def test_run_is_expected_to_end_at_its_limit_of_calls(end: IterationFinished) -> None:
    run = Run(iterations=3, model="offline", max_calls=60)
    run(replace(end, lm_calls=4))
    assert in_all(run.progress) == (60, 0)
