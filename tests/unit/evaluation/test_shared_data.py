"""Instances that share data run apart: what counts as shared, and that a program then remembers nothing."""

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
SERIES = np.random.default_rng(2).normal(size=300)
PROSE = " ".join(f"word{i}" for i in np.random.default_rng(3).integers(0, 1000, 400))
TABLE = {f"key{i}": i % 3 for i in range(40)}


def rows(rng: Any) -> Any:
    order = rng.permutation(60)
    labels = np.arange(60) % 2
    return {"x": DATA[order[:40]], "y": labels[order[:40]], "asked": DATA[order[40:]]}, labels[order[40:]]


def windows(rng: Any) -> Any:
    at = int(rng.integers(0, 250))
    return {"past": SERIES[at : at + 40].tolist()}, float(SERIES[at + 40])


def pieces_of_a_text(rng: Any) -> Any:
    at = int(rng.integers(0, len(PROSE) - 900))
    return {"text": PROSE[at : at + 800]}, PROSE[at + 800]


def parts_of_a_table(rng: Any) -> Any:
    keys = [f"key{i}" for i in rng.permutation(40)]
    return {"known": {key: TABLE[key] for key in keys[:30]}, "asked": keys[30:]}, [TABLE[key] for key in keys[30:]]


def fresh_rows(rng: Any) -> Any:
    return {"x": rng.normal(size=(40, 3)), "y": rng.integers(0, 2, 40)}, 1


def few_bits(rng: Any) -> Any:
    return {"bits": rng.integers(0, 2, (80, 10)), "edges": rng.integers(0, 20, (40, 2)).tolist()}, 1


def a_constant(rng: Any) -> Any:
    return {"x": DATA, "n": int(rng.integers(100))}, 1


def nothing_hidden(rng: Any) -> Any:
    return rows(rng)[0]


def small_tables(rng: Any) -> Any:
    return {"jobs": {f"job{i}": int(rng.integers(1, 40)) for i in range(25)}}, 1


def task(sample: Any, **changes: Any) -> Task:
    return Task("shared", sample, lambda instance, answer: 0.5, "def f(**k): pass", "f", description="x", **changes)


@pytest.mark.parametrize(
    ("sample", "where"),
    [(rows, "x"), (windows, "past"), (pieces_of_a_text, "text"), (parts_of_a_table, "known")],
)
def test_instances_share(sample: Any, where: str) -> None:
    assert f" of {where} " in DrawnInstances(task(sample), "train", SEEDS).isolated


@pytest.mark.parametrize("sample", [fresh_rows, few_bits, a_constant, nothing_hidden, small_tables])
def test_instances_share_nothing_that_tells(sample: Any) -> None:
    assert DrawnInstances(task(sample), "train", SEEDS).isolated == ""


REMEMBERS = """
known = {}
def f(x, y, asked):
    known.update((row.tobytes(), int(label)) for row, label in zip(x, y))
    return [known.get(row.tobytes(), 0) for row in asked]
"""
HONEST = "def f(x, y, asked):\n    return [0 for row in asked]\n"


def right(instance: Any, answer: Any) -> float:
    return float(np.mean(np.asarray(answer) == instance.hidden))


def scored(program: str, jail: JailedSandbox, **changes: Any) -> Any:
    made = replace(task(rows), score=right, instances=12, **changes)
    drawn = DrawnInstances(made, "train", SEEDS)
    return measure(made, Order("s", program, "shared", "train", SEEDS, b"s"), drawn, jail).result()


def test_program_that_remembers_rows_scores_as_one_that_does_not(jail: JailedSandbox) -> None:
    remembering, honest = scored(REMEMBERS, jail), scored(HONEST, jail)
    assert remembering.scores == honest.scores
    assert remembering.isolated == "pieces of x occur in several instances"


COUNTS = "calls = 0\ndef f(x, y):\n    global calls\n    calls += 1\n    return calls\n"


@pytest.mark.parametrize(("isolate", "calls"), [("shared data", 3), ("instance", 1)])
def test_task_that_asks_for_it_gives_each_instance_a_process(isolate: Any, calls: int, jail: JailedSandbox) -> None:
    made = replace(task(fresh_rows), score=lambda i, a: a / 10, instances=3, isolate=isolate)
    drawn = DrawnInstances(made, "train", SEEDS)
    result = measure(made, Order("s", COUNTS, "shared", "train", SEEDS, b"s"), drawn, jail).result()
    assert result.scores[-1] == calls / 10
    assert bool(result.isolated) == (isolate == "instance")
