"""The conformance kit of tasks: small named checks of what every task must do.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_task(check):
        check(my_task)

The kit does not check that solutions run (`strop score` does) or that a task cannot be fooled (`strop check` does).
"""

from __future__ import annotations

import ast
import contextlib
import copy
from typing import Any, get_args

import numpy as np

from strop.base.errors import Malformed
from strop.base.syntax import syntax_tree
from strop.sandbox.wire import encoded
from strop.tasks.base import PublishedSeeds, SecretSeeds, Split, Task

ODD_ANSWERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    -0.0,
    2**63,
    10**400,
    1e308,
    5e-324,
    float("nan"),
    float("inf"),
    "",
    "x" * 1000,
    [],
    {},
    [[]],
    [None],
    [[0], [1, 0]],
    [1e308] * 3,
    list(range(1000)),
    {"score": 1.0},
    np.zeros((0,)),
    np.full((3, 3), np.nan),
    np.ones((2, 2, 2), dtype=np.int8),
    np.array([object()]),
)
"""Answers that a hostile or careless solution may give."""


def seed_solution_defines_the_entry_point(task: Task) -> None:
    """The initial solution is a Python program that defines a function of the entry's name."""
    defined = [node.name for node in ast.walk(syntax_tree(task.seed)) if isinstance(node, ast.FunctionDef)]
    assert task.entry in defined, f"the seed solution must define {task.entry}()"


def instances_are_the_same_when_drawn_again(task: Task) -> None:
    """An instance depends only on its seed."""
    for split in get_args(Split):
        one, again = (task.instance(split, 0, SecretSeeds(b"one")) for _ in range(2))
        assert _bytes(one.inputs) == _bytes(again.inputs), f"instance 0 of {split} must be the same when drawn again"


def instances_differ_when_the_secret_or_the_index_or_the_split_does(task: Task) -> None:
    """Many instances are all different, so that nothing learned on one split answers the other; a construction has only one."""
    if task.problem is not None:
        return
    seeds = [SecretSeeds(b"one"), SecretSeeds(b"two")]
    drawn = [_bytes(task.instance(split, i, s).inputs) for s in seeds for split in get_args(Split) for i in range(3)]
    assert len(set(drawn)) > len(drawn) // 2, "instances must differ with secret, split and index"


def inputs_can_be_sent_to_a_guest(task: Task) -> None:
    """Inputs are numbers, strings, lists, dicts or numeric arrays."""
    encoded({**copy.deepcopy(task.instance("train", 0, PublishedSeeds()).inputs)})


def editing_inputs_changes_no_other_draw(task: Task) -> None:
    """Instances are fresh copies."""
    before = _bytes(task.instance("train", 1, PublishedSeeds()).inputs)
    for value in task.instance("train", 1, PublishedSeeds()).inputs.values():
        if isinstance(value, np.ndarray):
            value.fill(0)
        elif isinstance(value, (list, dict)):
            value.clear()
    assert _bytes(task.instance("train", 1, PublishedSeeds()).inputs) == before, "inputs must be fresh copies"


def odd_answers_are_malformed_or_scored_within_bounds(task: Task) -> None:
    """`score` returns a number in [0, 1] or raises Malformed for any answer."""
    instance = task.instance("train", 0, PublishedSeeds())
    for answer in ODD_ANSWERS:
        with contextlib.suppress(Malformed):
            task.checked_score(instance, answer)


def scoring_is_deterministic(task: Task) -> None:
    """Equal answers to equal instances score the same."""
    instance = task.instance("train", 0, PublishedSeeds())
    for answer in ODD_ANSWERS:
        scores = []
        for _ in range(2):
            try:
                scores.append(task.checked_score(instance, copy.deepcopy(answer)))
            except Malformed:
                scores.append(-1.0)
        assert scores[0] == scores[1], f"the answer {answer!r:.40} must score the same twice"


def scoring_leaves_the_instance_as_it_was(task: Task) -> None:
    """`score` does not change inputs, so that the order of scoring does not matter."""
    instance = task.instance("train", 0, PublishedSeeds())
    before = _bytes(instance.inputs)
    for answer in ODD_ANSWERS:
        copied = copy.deepcopy(answer)
        with contextlib.suppress(Malformed):
            task.checked_score(instance, copied)
        assert _bytes(instance.inputs) == before, f"scoring the answer {answer!r:.40} must not edit the inputs"


def description_tells_no_seed(task: Task) -> None:
    """u_str is not empty and does not reveal the seeds of instances."""
    assert task.u_str.strip() != "", "the description must not be empty"
    assert "4321" not in task.u_str and "5678" not in task.u_str, "the description must not tell the published seeds"


def _bytes(inputs: Any) -> bytes:
    return encoded({**copy.deepcopy(inputs)})


CHECKS = (
    seed_solution_defines_the_entry_point,
    instances_are_the_same_when_drawn_again,
    instances_differ_when_the_secret_or_the_index_or_the_split_does,
    inputs_can_be_sent_to_a_guest,
    editing_inputs_changes_no_other_draw,
    odd_answers_are_malformed_or_scored_within_bounds,
    scoring_is_deterministic,
    scoring_leaves_the_instance_as_it_was,
    description_tells_no_seed,
)
"""Every check, most basic first."""
