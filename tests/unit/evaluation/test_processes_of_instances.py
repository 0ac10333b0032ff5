"""Which instances share a process, and that a program remembers nothing of those that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds, Task

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
    task = replace(TASK, score=lambda instance, answer: answer / 10, instances=3, isolate=isolate)
    assert scored(task, COUNTS, jail)[-1] == calls / 10
