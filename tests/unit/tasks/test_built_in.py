"""The six tasks of the paper: the published instances, what they score, and what can be reached."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.errors import Malformed
from strop.sandbox.wire import encoded
from strop.tasks.base import Instance, PublishedSeeds, SecretSeeds, Split, Task
from strop.tasks.paper.facts import SPLITS
from strop.tasks.registry import PAPER
from support.rows import table

PUBLISHED = PublishedSeeds()

DIGESTS = {
    ("lpn", "train"): "174d0977167f82f7",
    ("lpn", "test"): "f4b560770d6e5d9a",
    ("string-grid-distance", "train"): "88443db4d2ca1cb8",
    ("string-grid-distance", "test"): "c8ad2713f20fc52f",
    ("modified-qap", "train"): "26cccea9948f9ef0",
    ("modified-qap", "test"): "a9324b2e1b5947e2",
    ("3sat", "train"): "e7c5c029a9095483",
    ("3sat", "test"): "249c218d78317139",
    ("maxcut", "train"): "acba0312e57c2231",
    ("maxcut", "test"): "be859c89d6d1ad13",
    ("parity", "train"): "0f7644aa3a5ee5aa",
    ("parity", "test"): "bc36872a310ddbe5",
}
"""Of the instances whose seed utilities are the published ones (docs/reference/paper-tasks.md)."""


def digest(task: Task, split: Split) -> str:
    """Of the inputs and the hidden data of every published instance of a split."""
    whole = hashlib.sha256()
    for index in range(task.count(split)):
        instance = task.instance(split, index, PUBLISHED)
        whole.update(encoded({"inputs": dict(instance.inputs), "hidden": instance.hidden}))
    return whole.hexdigest()[:16]


@pytest.mark.heavy
@table("split", SPLITS)
@table("name", PAPER)
def test_built_in_task_draws_the_published_instances_when_asked_to(split: Split, name: str) -> None:
    assert digest(PAPER[name](), split) == DIGESTS[name, split]


def test_formula_is_satisfied_by_the_hidden_values_and_has_four_clauses_a_variable() -> None:
    task = PAPER["3sat"]()
    for index in range(30):
        instance = task.instance("train", index, PUBLISHED)
        formula, hidden = instance["formula"], instance.hidden
        assert len(formula) == 4 * len(hidden) and 5 <= len(hidden) <= 50
        assert all(len({abs(x) for x in clause}) == 3 for clause in formula)
        assert task.checked_score(instance, [None, *hidden]) == 1.0
        assert task.checked_score(instance, broken(formula, hidden)) == 0.01


@table(
    ("name", "split", "percent", "within"),
    [
        ("string-grid-distance", "train", 48.2935, 0.0001),
        ("string-grid-distance", "test", 43.8875, 0.0001),
        ("modified-qap", "train", 19.6, 0.3),
        ("modified-qap", "test", 20.3, 0.3),
    ],
)
def test_seed_solution_has_the_published_utility(name: str, split: Split, percent: float, within: float) -> None:
    task = PAPER[name]()
    algorithm = defined(task)
    instances = [task.instance(split, index, PUBLISHED) for index in range(task.count(split))]
    scores = [task.checked_score(each, algorithm(*each.inputs.values())) for each in instances]
    assert 100 * np.mean(scores) == pytest.approx(percent, abs=within)


@pytest.mark.process
@table(
    ("name", "floor"),
    [
        ("lpn", 1e-6),
        ("3sat", 0.01),
        ("maxcut", 0.01),
        ("modified-qap", 0.01),
        ("parity", 0),
        ("string-grid-distance", 0),
    ],
)
def test_program_that_fails_has_the_published_least_utility_by_which_an_improver_may_divide(
    name: str, floor: float
) -> None:
    fails, no_program = (
        strop.score(text, task=name).value for text in ("def algorithm(*inputs):\n    raise ValueError\n", "\n\n1")
    )
    assert (fails, no_program) == (floor, floor)


@table(
    ("name", "accepted", "refused"),
    [
        ("string-grid-distance", lambda i: "A" * len(i["t"]), lambda i: "C" * len(i["t"])),
        ("string-grid-distance", lambda i: i["t"], lambda i: i["t"] + "A"),
        ("modified-qap", lambda i: list(range(15)), lambda i: [0] * 15),
        ("modified-qap", lambda i: np.arange(15.0), lambda i: np.arange(15) + 0.5),
        ("modified-qap", lambda i: np.arange(15)[::-1], lambda i: np.arange(16)),
        ("3sat", lambda i: [0, *i.hidden], lambda i: [0, *i.hidden][: top(i)]),
        ("3sat", lambda i: [None, *i.hidden, None], lambda i: [0, *[None] * len(i.hidden)]),
        ("3sat", lambda i: np.array([0, *i.hidden]) * 2.0 - 1, lambda i: None),
        ("maxcut", lambda i: [True] * nodes(i), lambda i: [[1]] * nodes(i)),
        ("maxcut", lambda i: np.where(np.arange(nodes(i)) % 2, 1, -1), lambda i: np.arange(nodes(i))),
        ("maxcut", lambda i: np.arange(nodes(i)) % 2 * 0.5, lambda i: np.arange(nodes(i)) % 3),
        ("maxcut", lambda i: [0] * nodes(i), lambda i: [0] * (nodes(i) + 1)),
        ("parity", lambda i: i.hidden[:, None], lambda i: i.hidden * 2),
    ],
)
def test_built_in_task_accepts_its_answers_and_refuses_all_others(name: str, accepted: Any, refused: Any) -> None:
    task = PAPER[name]()
    for index in range(3):
        instance = task.instance("train", index, SecretSeeds(b"forms"))
        assert 0.0 <= task.checked_score(instance, accepted(instance)) <= 1.0
        with pytest.raises(Malformed):
            task.checked_score(instance, refused(instance))


@table("name", PAPER)
def test_description_tells_the_limit_and_the_code_that_measures(name: str) -> None:
    told = PAPER[name]().u_str
    assert (
        "def sample(rng" in told and "def score(instance" in told and f"measured on {PAPER[name]().instances}" in told
    )
    assert "4321" not in told and "5678" not in told


def broken(formula: list[list[int]], values: list[bool]) -> list[bool]:
    """The values, changed so that the first clause is not satisfied."""
    changed = [False, *values]
    for literal in formula[0]:
        changed[abs(literal)] = literal < 0
    return changed


def top(instance: Instance) -> int:
    return max(abs(x) for clause in instance["formula"] for x in clause)


def nodes(instance: Instance) -> int:
    return len(instance["adjacency_matrix"])


def defined(task: Task) -> Any:
    """The seed's entry point. Our own program, so the host may run it."""
    space: dict[str, Any] = {}
    exec(compile(task.seed, "seed", "exec"), space)
    return space[task.entry]
