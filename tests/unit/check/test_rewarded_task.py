"""Scorers of a strop.Task that reward spoiled answers are found out before anything is paid; honest ones are not accused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.results import Evaluation
from strop.checks.rewarded import EXECUTES, SECONDS
from strop.checks.rewarded_task import TaskTrial
from strop.evaluation.commands.apart import REWARDED
from strop.sandbox.jail import JailedSandbox

pytestmark = pytest.mark.process
MEASURED = Evaluation(0.5, "ok")


def sample(rng: Any) -> tuple[dict[str, Any], Any]:
    xs = rng.integers(0, 9, 12).tolist()
    return {"xs": xs}, sorted(xs)


def task(score: Any, seed: str = "def algorithm(xs):\n    return sorted(xs[:4]) + xs[4:]\n", **more: Any) -> strop.Task:
    return strop.Task(name="sort", sample=sample, score=score, seed=seed, description="Sort.", **more)


def places(instance: Any, answer: Any) -> float:
    """The share of right places, of all that were asked for."""
    if not isinstance(answer, list):
        raise strop.Malformed("an answer is a list")
    return sum(a == b for a, b in zip(answer, instance.hidden, strict=False)) / len(instance.hidden)


def order(instance: Any, answer: Any) -> float:
    """The share of neighbours in order: of none, all are."""
    pairs = list(pairwise(answer))
    return sum(a <= b for a, b in pairs) / len(pairs) if pairs else 1.0


def words(instance: Any, answer: Any) -> float:
    return sum(a == b for a, b in zip(eval(str(answer)), instance.hidden, strict=False)) / 12


def noisy(instance: Any, answer: Any) -> float:
    return places(instance, answer) / 2 + 0.4 * np.random.default_rng().random()


@pytest.mark.parametrize(
    ("score", "begin"), [(order, REWARDED), (words, EXECUTES), (places, ""), (noisy, "")], ids=lambda one: str(one)[:20]
)
def test_trial_says_why_a_better_score_proves_nothing_where_a_spoiled_answer_pays(
    jail: JailedSandbox, score: Any, begin: str
) -> None:
    found = TaskTrial(task(score), jail, b"s")(MEASURED)
    assert found.startswith(begin) if begin else found == ""


def test_scorer_is_whole_where_the_task_declares_the_form_of_its_answers(jail: JailedSandbox) -> None:
    declared = strop.Answer(int, shape=(12,))
    assert TaskTrial(task(order, answer=declared), jail, b"s")(MEASURED) == ""


def test_trial_is_made_once_and_not_where_a_record_knows_its_result_or_an_evaluation_takes_long(
    jail: JailedSandbox,
) -> None:
    trial = TaskTrial(task(order), jail, b"s")
    slow = Evaluation(0.5, "ok", wall_seconds=SECONDS + 1)
    assert TaskTrial(task(order), jail, b"s")(slow) == ""
    assert trial(MEASURED) == trial(slow) != ""
    assert TaskTrial(task(order), jail, b"s", known="")(MEASURED) == ""
