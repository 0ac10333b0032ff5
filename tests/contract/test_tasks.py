"""Every built-in task passes the conformance kit of tasks, and the kit bites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from strop.base.errors import StropError
from strop.tasks.base import Task
from strop.tasks.registry import PAPER
from support.kits import task as kit


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PAPER)
def test_built_in_task_conforms(name: str, check: Callable[[Task], None]) -> None:
    check(PAPER[name]())


SHARED = np.ones(3)
BROKEN: dict[str, dict[str, Any]] = {
    "seed_solution_defines_the_entry_point": {"entry": "elsewhere"},
    "instances_are_the_same_when_drawn_again": {"sample": lambda rng: {"x": float(np.random.default_rng().random())}},
    "instances_differ_when_the_secret_or_the_index_or_the_split_does": {"sample": lambda rng: {"x": 1}},
    "inputs_can_be_sent_to_a_guest": {"sample": lambda rng: {"x": [object()]}},
    "editing_inputs_changes_no_other_draw": {"sample": lambda rng: {"x": SHARED}},
    "odd_answers_are_malformed_or_scored_within_bounds": {"score": lambda i, a: len(a) * 6.0, "answer": None},
    "scoring_is_deterministic": {"score": lambda i, a: float(np.random.default_rng().random()), "answer": None},
    "scoring_leaves_the_instance_as_it_was": {
        "score": lambda i, a: float(i["train_parity"].fill(7) is None),
        "answer": None,
    },
    "description_tells_no_seed": {"description": "instance i comes from seed 4321 + i"},
}


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_kit_finds_a_task_that_breaks_its_contract(check: Callable[[Task], None]) -> None:
    broken = replace(PAPER["lpn"](), **BROKEN[check.__name__])
    with pytest.raises((AssertionError, StropError, TypeError, ValueError)):
        check(broken)
