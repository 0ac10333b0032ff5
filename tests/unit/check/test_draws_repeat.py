"""Whether a task measures on its sealed split what it measures in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from strop.checks.draws import draws_repeat
from strop.tasks.base import Task


@pytest.mark.parametrize(
    ("sample", "repeats"),
    [
        (lambda rng: {"n": 26}, True),
        (lambda rng: {"n": int(rng.integers(2))}, True),
        (lambda rng: {"n": float(rng.random())}, False),
        (lambda rng: ({"n": 26}, float(rng.random())), False),
        (lambda rng: [], False),
    ],
    ids=["a constant", "two values", "fresh numbers", "fresh hidden data", "broken"],
)
def test_draws_repeat_if_every_sealed_instance_is_one_of_training(sample: Callable[[Any], Any], repeats: bool) -> None:
    task = Task(
        name="t",
        sample=sample,
        score=lambda instance, answer: 0.5,
        seed="def f(n):\n    return n\n",
        entry="f",
        instances=20,
    )
    assert draws_repeat(task) == repeats
