"""What ends a process of the jail, and which instances share one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from strop.base.errors import GuestLost
from strop.evaluation import workers
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.evaluation.workers import JailedWorker
from strop.sandbox.fork_server_host import server_template
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task
from support.processes import descendants, kill_and_wait, leaves, parent_of
from support.rows import table

WAITS = "import time\ncalls = []\ndef algorithm(x):\n    calls.append(x)\n    time.sleep(60 * (len(calls) > 1))\n    return x\n"


def disturbed(disturbances: list[Callable[[], None]], seed: str = "") -> Task:
    """Each of the disturbances comes once, after an answer, while the program works on the next instance."""

    def score(instance: Instance, answer: object) -> float:
        if disturbances:
            disturbances.pop()()
        return float(answer == instance["x"])

    return Task(
        "same",
        lambda rng: {"x": int(rng.integers(100))},
        score,
        seed,
        instances=3,
        description="Return x.",
        time_limit=5.0,
    )


def evaluated(jail: JailedSandbox, program: str, disturb: Callable[[], None] = lambda: None) -> OrderResult:
    task, order = disturbed([disturb]), Order("at", program, "same", "train", SecretSeeds(b"s"), b"secret")
    return measure(task, order, DrawnInstances(task, "train", order.seeds), jail)


def kill_guests() -> None:
    """All guests, and no fork server that has none yet: the next attempt would take that one, and die otherwise."""
    assert server_template.pid is not None
    found = {pid: generation(pid) for pid in leaves(server_template.pid)}
    kill_and_wait(*(pid for pid, number in found.items() if number == max(found.values())))


def generation(pid: int) -> int:
    """How far below the template of fork servers a process is."""
    return 0 if pid == server_template.pid else 1 + generation(parent_of(pid))


def kill_servers() -> None:
    """All fork servers and what they are forked from."""
    assert server_template.pid is not None
    kill_and_wait(server_template.pid, *descendants(server_template.pid))


@table("disturb", [kill_guests, kill_servers])
def test_kill_of_a_process_of_the_jail_is_a_failure_of_the_host(
    jail: JailedSandbox, disturb: Callable[[], None]
) -> None:
    with pytest.raises(GuestLost):
        evaluated(jail, WAITS, disturb)
    measured = evaluated(jail, "def algorithm(x):\n    return x\n")
    assert measured.evaluation is not None and measured.evaluation.scores == (1.0, 1.0, 1.0), disturb


def of_worker(jail: JailedSandbox, program: str, disturbances: list[Callable[[], None]], seed: str = "") -> OrderResult:
    """What a worker makes of it."""
    order = Order("at", program, "same", "train", SecretSeeds(b"s"), b"secret")
    return JailedWorker([disturbed(disturbances, seed)], jail).measure(order)


def test_program_that_is_killed_is_measured_again_and_dies_by_itself_if_that_comes_again(
    jail: JailedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program, kills, verdict in ((WAITS.replace("60", "2"), 1, "ok"), (WAITS, 2, "died")):
        disturbances = [kill_guests] * kills
        evaluation = of_worker(jail, program, disturbances).evaluation
        assert evaluation is not None and evaluation.verdict == verdict and not disturbances
    with pytest.raises(GuestLost, match="and again in a second try"):  # what is the original's fault is no program's
        of_worker(jail, WAITS, [kill_guests] * 2, seed=WAITS)
    counts = iter(range(9))
    monkeypatch.setattr(workers, "oom_kills", lambda: next(counts))
    with pytest.raises(GuestLost, match="this machine has too little memory"):
        of_worker(jail, WAITS, [kill_guests])


SELF_KILLS = {
    "kill": "import os\n    os.kill(os.getpid(), 9)",
    "terminate": "import os, signal\n    os.kill(os.getpid(), signal.SIGTERM)",
    "raise": "import signal\n    signal.raise_signal(signal.SIGKILL)",
    "limit": "import resource\n    resource.setrlimit(resource.RLIMIT_CPU, (0, 0))\n    while True: pass",
    "timer": "import ctypes\n    libc = ctypes.CDLL(None, use_errno=True)\n    event = (ctypes.c_int * 16)(0, 0, 9)\n"
    "    assert libc.timer_create(0, event, ctypes.byref(ctypes.c_void_p())) == 0",
    "descriptor": "import fcntl, os, signal\n    ends = os.pipe()\n    fcntl.fcntl(ends[0], 10, signal.SIGKILL)",
}


@table("how", SELF_KILLS)
def test_program_cannot_send_itself_the_signals_that_others_send(jail: JailedSandbox, how: str) -> None:
    measured = evaluated(jail, f"def algorithm(x):\n    {SELF_KILLS[how]}\n")
    assert measured.evaluation is not None and measured.evaluation.verdicts == ("raised",), how


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


@table("is_final", [True, False])
def test_program_that_remembers_rows_scores_as_one_that_does_not(jail: JailedSandbox, is_final: bool) -> None:
    """In the final comparison, and where the task asks for it."""
    task = TASK if is_final else replace(TASK, isolate="instance")
    assert scored(task, REMEMBERS, jail, is_final=is_final) == scored(task, HONEST, jail, is_final=is_final), is_final


@table(("isolate", "calls"), [("", 3), ("instance", 1)])
def test_task_that_asks_for_it_gives_each_instance_a_process(jail: JailedSandbox, isolate: str, calls: int) -> None:
    task = replace(TASK, seed=COUNTS, score=lambda instance, answer: answer / 10, instances=3, isolate=isolate)
    assert scored(task, COUNTS, jail)[-1] == calls / 10, (isolate, calls)
