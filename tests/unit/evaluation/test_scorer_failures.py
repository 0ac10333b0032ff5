"""A scorer that fails on an answer is asked again with the original's: only if that scores is the answer at fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from strop.base.errors import ScorerFailed
from strop.base.results import Evaluation
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task

pytestmark = pytest.mark.process
SEEDS = SecretSeeds(b"s")
Measured = Callable[[Any, str], Evaluation]
ORIGINAL = "def f(n):\n    return [n, 1]\n"


def sample(rng: Any) -> dict[str, int]:
    return {"n": int(rng.integers(1, 9))}


@pytest.fixture
def measured(jail: JailedSandbox) -> Measured:
    def run(score: Any, program: str) -> Evaluation:
        task = Task("t", sample, score, ORIGINAL, "f", instances=3, score_limit=0.2, description="d")
        drawn = DrawnInstances(task, "train", SEEDS)
        return measure(task, Order("s", program, "t", "train", SEEDS, b"s"), drawn, jail).result()

    return run


def test_answer_on_which_alone_the_scorer_raises_is_malformed(measured: Measured) -> None:
    def score(instance: Instance, answer: Any) -> float:
        return 1 / answer[1]

    found = measured(score, "def f(n):\n    return [n, 0]\n")
    assert (found.verdict, found.value) == ("malformed", 0.0)
    assert "score() raised ZeroDivisionError" in found.error


@pytest.mark.parametrize("error", [ConnectionError("503"), ValueError("x"), SystemExit(1)])
def test_scorer_that_raises_on_the_originals_answer_too_stops_with_its_line(
    measured: Measured, error: BaseException
) -> None:
    calls = []

    def score(instance: Instance, answer: Any) -> float:
        calls.append(answer)
        if len(calls) > 1:  # a service that has gone
            raise error
        return 0.5

    with pytest.raises(
        ScorerFailed, match=r"on the original's answers, too, .* raised .* \(test_scorer_failures.py, line \d+\)"
    ):
        measured(score, "def f(n):\n    return [0, 2]\n")


def test_scorer_that_runs_out_of_time_is_asked_again_with_the_originals_answer(measured: Measured) -> None:
    def score(instance: Instance, answer: Any) -> float:
        while answer[1] == 2:
            pass
        return 0.5

    assert measured(score, "def f(n):\n    return [0, 2]\n").verdict == "malformed"
    with pytest.raises(ScorerFailed, match=r"took more than 0\.2 s"):
        measured(lambda instance, answer: score(instance, [0, 2]), "def f(n):\n    return [0, 2]\n")


def test_original_whose_own_answer_cannot_be_scored_stops(measured: Measured) -> None:
    with pytest.raises(ScorerFailed, match="raised KeyError"):
        measured(lambda instance, answer: {}["x"], ORIGINAL)


def test_answer_in_another_form_than_the_originals_never_reaches_the_scorer(measured: Measured) -> None:
    seen: list[Any] = []

    def score(instance: Instance, answer: Any) -> float:
        seen.append(answer)
        return 1.0

    assert measured(score, "def f(n):\n    return [n, 1j]\n").error == (
        "instance 0: malformed answer: answer[1] is a complex number; the original's is a number"
    )
    assert seen == []
