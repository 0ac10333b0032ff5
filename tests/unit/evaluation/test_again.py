"""What something other than the program ends is measured again, and which instances share a process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from strop.base.errors import GuestLost, SandboxError
from strop.base.standstill import TICK_SECONDS, RunningClock
from strop.evaluation.again import HABIT, MOST_KILLS, undisturbed
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.fork_server_host import template
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task
from support.processes import all_end, descendants, handles_of, kill, leaves

SLOW = "import time\ndef algorithm(x):\n    time.sleep(0.2)\n    return x\n"


class Clocks:
    """A monotonic clock and a CPU clock that a test sets."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.clock = RunningClock(lambda: self.now, lambda: self.used)
        self.clock()

    def pass_time(self, seconds: float, used: float = 0.0) -> None:
        self.now += seconds
        self.used += used


def test_running_clock_leaves_out_the_time_in_which_the_process_stood_still() -> None:
    clocks = Clocks()
    clocks.pass_time(20.0)
    assert clocks.clock() == pytest.approx(TICK_SECONDS)
    clocks.pass_time(0.2)
    assert clocks.clock() == pytest.approx(TICK_SECONDS + 0.2)


def test_running_clock_counts_the_time_in_which_one_thread_kept_the_others_from_running() -> None:
    clocks = Clocks()
    clocks.pass_time(20.0, used=19.0)
    assert clocks.clock() == 20.0


def killed(*points: tuple[int, float] | None) -> tuple[Callable[[bool], str], list[bool]]:
    """A measurement that is killed at these points (calls, CPU seconds), one after another, and then is not."""
    left, asked = [*points], list[bool]()

    def attempt(believe: bool) -> str:
        asked.append(believe)
        if believe or not left:
            return "died" if believe else "measured"
        point = left.pop(0)
        raise GuestLost("killed", *(point or ()))

    return attempt, asked


def test_measurement_is_made_again_when_its_program_was_killed_at_different_points() -> None:
    attempt, asked = killed((0, 0.1), (1, 0.1), (0, 2.0), None)
    result, times = undisturbed(attempt)
    assert (result, times) == ("measured", 4) and not any(asked)


def test_program_is_believed_to_kill_itself_when_it_is_killed_at_one_point_again_and_again() -> None:
    attempt, asked = killed(*[(2, 0.1)] * MOST_KILLS)
    result, times = undisturbed(attempt)
    assert (result, times) == ("died", 0) and asked == [False] * HABIT + [True]


def test_host_reports_a_measurement_that_is_killed_at_other_points_every_time() -> None:
    attempt, _ = killed(*[(number, 0.1) for number in range(MOST_KILLS)])
    with pytest.raises(SandboxError, match="10 times in a row, so that there is no score"):
        undisturbed(attempt)


def evaluated(jail: JailedSandbox, program: str, disturb: Callable[[], None] = lambda: None) -> OrderResult:
    """`disturb` is called once, after the first answer, while the program works on the next instance."""
    disturbances = [disturb]

    def score(instance: Instance, answer: object) -> float:
        while disturbances:
            disturbances.pop()()
        return float(answer == instance["x"])

    task = Task("same", lambda rng: {"x": int(rng.integers(100))}, score, "", instances=3, description="Return x.")
    seeds = SecretSeeds(b"s")
    order = Order("at", program, "same", "train", seeds, b"secret")
    return measure(task, order, DrawnInstances(task, "train", seeds), jail)


def kill_guests() -> None:
    handles = handles_of(leaves(os.getpid()))
    kill(handles)
    assert handles and all_end(handles)


def kill_servers() -> None:
    """All fork servers and what they are forked from."""
    assert template.pid is not None
    handles = handles_of([template.pid, *descendants(template.pid)])
    kill(handles)
    assert all_end(handles)


@pytest.mark.parametrize("disturb", [kill_guests, kill_servers])
def test_evaluation_is_as_if_left_alone_when_processes_of_the_jail_are_killed(
    jail: JailedSandbox, disturb: Callable[[], None]
) -> None:
    measured = evaluated(jail, SLOW, disturb)
    assert measured.evaluation is not None and measured.evaluation.scores == (1.0, 1.0, 1.0)
    assert measured.killed == 1


def test_program_that_kills_itself_has_died(jail: JailedSandbox) -> None:
    measured = evaluated(jail, "import os\ndef algorithm(x):\n    os.kill(os.getpid(), 9)\n")
    assert measured.evaluation is not None and measured.evaluation.verdict == "died"
    assert measured.evaluation.verdicts == ("died",) and measured.killed == 0


SEEDS = SecretSeeds(b"s" * 32)
DATA = np.random.default_rng(1).normal(size=(60, 3))
REMEMBERS = """
known = {}
def f(x, y, asked):
    known.update((row.tobytes(), int(label)) for row, label in zip(x, y))
    return [known.get(row.tobytes(), 0) for row in asked]
"""
HONEST = "def f(x, y, asked):\n    return [0 for row in asked]\n"
COUNTS = "calls = 0\ndef f(x, y, asked):\n    global calls\n    calls += 1\n    return calls\n"


def rows(rng: Any) -> Any:
    order = rng.permutation(60)
    labels = np.arange(60) % 2
    return {"x": DATA[order[:40]], "y": labels[order[:40]], "asked": DATA[order[40:]]}, labels[order[40:]]


def right(instance: Any, answer: Any) -> float:
    return float(np.mean(np.asarray(answer) == instance.hidden))


TASK = Task("rows", rows, right, HONEST, "f", instances=12, description="Tell the labels.")


def scored(task: Task, program: str, jail: JailedSandbox, **order: Any) -> tuple[float, ...]:
    drawn = DrawnInstances(task, "train", SEEDS)
    return measure(task, Order("s", program, task.name, "train", SEEDS, b"s", **order), drawn, jail).result().scores


@pytest.mark.parametrize("decides", [True, False])
def test_program_that_remembers_rows_scores_as_one_that_does_not(jail: JailedSandbox, decides: bool) -> None:
    """In the last comparison, and where the task asks for it."""
    task = TASK if decides else replace(TASK, isolate="instance")
    assert scored(task, REMEMBERS, jail, decides=decides) == scored(task, HONEST, jail, decides=decides)


@pytest.mark.parametrize(("isolate", "calls"), [("", 3), ("instance", 1)])
def test_task_that_asks_for_it_gives_each_instance_a_process(isolate: Any, calls: int, jail: JailedSandbox) -> None:
    task = replace(TASK, seed=COUNTS, score=lambda instance, answer: answer / 10, instances=3, isolate=isolate)
    assert scored(task, COUNTS, jail)[-1] == calls / 10
