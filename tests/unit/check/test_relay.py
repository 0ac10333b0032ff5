"""Scorers that reward spoiled answers are refused before anything is paid; honest ones are not accused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.errors import ConfigurationError, ScorerAtLimit
from strop.checks.before_run import refuse_rewarding
from strop.checks.relay import spoiled_answers
from strop.checks.relays import NO_ANSWERS, relay_of, to_relay
from strop.checks.spoiling import MARK, TEXTS, NotApplicable, spoil_text
from strop.evaluation.workers import JailedWorker
from strop.sandbox.jail import JailedSandbox
from support.commands_here import here
from support.rows import table


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


def noisy(instance: Any, answer: Any) -> float:
    return places(instance, answer) / 2 + 0.4 * np.random.default_rng().random()


def nearest(instance: Any, answer: Any) -> float:
    """By the distance of the items that there are: a part has fewer."""
    return 1 / (1 + sum(abs(a - b) for a, b in zip(answer, instance.hidden, strict=False)))


def plain(instance: Any, answer: Any) -> float:
    return sum(a == b for a, b in zip(answer, instance.hidden, strict=False)) / 24


def truths(instance: Any, answer: Any) -> float:
    """No number where an answer has another length: the sum is an array's then."""
    return sum(np.asarray(answer) == np.asarray(instance.hidden)) / 12  # type: ignore[no-any-return]


def wrong(instance: Any, answer: Any) -> float:
    return 1.0 if answer == instance.hidden[::-1] else 0.2


def fewer(instance: Any, answer: Any) -> float:
    """No answer gets what the original's gets, and another instance's gets less."""
    return 0.1 if type(answer) is list and answer[0] not in instance["xs"] else 0.2


@pytest.mark.process
@table(
    ("score", "seed", "words"),
    [
        (nearest, {}, "its scorer rewards a spoiled answer: "),
        (wrong, {}, "gives the same score to all that was tried in place of the original's answers"),
        (lambda instance, answer: wrong(instance, answer) - 0.2 + 0.2 * (answer == []), {}, ""),
        (fewer, {}, ""),
        (plain, {}, ""),
        (truths, {}, ""),
        (places, {}, ""),
        (places, {"seed": "def algorithm(xs):\n    return sorted(xs)\n"}, ""),
        (noisy, {}, ""),
    ],
    ids=["part", "wrong gets a share", "wrong gets 0", "read in part", "zip", "no number", "whole", "perfect", "noisy"],
)
def test_task_is_refused_where_a_spoiled_answer_pays(
    jail: JailedSandbox, score: Any, seed: dict[str, Any], words: str
) -> None:
    sorting = task(score, **seed)
    if not words:
        return refuse_rewarding([sorting], here(sorting, jail=jail), b"s")
    with pytest.raises(ConfigurationError, match="task sort: its scorer ") as refused:
        refuse_rewarding([sorting], here(sorting, jail=jail), b"s")
    assert words in str(refused.value) and ("rewards" not in words or "trust_scorer" in str(refused.value))


class Printed:
    """What a program printed on three runs, and a judge of it."""

    def __init__(
        self, judge: Callable[[str], float | None], outputs: Sequence[str], *, is_perfect: bool = False
    ) -> None:
        self.judge, self.outputs, self.is_perfect, self.executed = judge, outputs, is_perfect, False
        self.unacceptable = NO_ANSWERS

    def ways(self) -> Sequence[tuple[str, Any]]:
        return [(name, None) for name in TEXTS]

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        try:
            scores = [self.judge(spoil_text(name, output) if name else output) for output in self.outputs]
        except (NotApplicable, ValueError):
            return None
        self.executed = any(MARK in output for output in self.outputs)
        return None if None in scores else [score for score in scores if score is not None]


ENDED = "the scorer reached its limit on spoiled answer 2 of 13 (60 s reached); no more spoiled answers were tried"


def first_number(output: str) -> float | None:
    return float(output.split()[0]) if output.strip() else None


@table(
    ("judge", "is_perfect", "begin"),
    [
        (lambda output: 0.5 if first_number(output) else None, False, ""),
        (lambda output: 0.9 if not output else 0.5, False, "output spoiled (no output) scores 0.900"),
        (lambda output: 1.0, True, "output spoiled (no output) scores 1.000"),
        (lambda output: 1.0 if output.count("\n") == 2 and "n" not in output else None, True, ""),
        (lambda output: 0.6 if "1e308" in output else 0.5, False, ""),  # odd numbers may be a little better
        (lambda output: 0.99 if "1e308" in output else 0.5, False, "output spoiled (1e308 in place"),
    ],
)
def test_judge_is_refused_where_what_a_program_prints_pays_when_it_is_spoiled(
    judge: Callable[[str], float | None], is_perfect: bool, begin: str
) -> None:
    why = spoiled_answers(Printed(judge, ["3\n4\n", "5\n4\n", "6\n4\n"], is_perfect=is_perfect)).paid
    assert why.startswith(begin) and bool(why) == bool(begin)


def test_score_of_chance_refuses_no_judge() -> None:
    rng = np.random.default_rng(1)
    relay = Printed(lambda output: 0.5 + 0.01 * float(rng.normal()), ["3\n4\n"])
    assert [spoiled_answers(relay).paid for _ in range(20)].count("") >= 19


def test_no_further_way_to_spoil_an_answer_is_tried_after_one_that_is_rewarded() -> None:
    found = spoiled_answers(Printed(lambda output: 0.9 if str(2**32) in output else 0.5, ["3\n"]))
    assert (found.tried, bool(found.paid)) == (10, True)


@table(("rewarded", "found"), [("", (1, True, "")), ("3\n", (2, False, ENDED))])
def test_spoiled_answers_stop_at_the_first_limit_and_one_that_is_rewarded_before_it_is_found(
    rewarded: str, found: tuple[int, bool, str]
) -> None:
    def endless(output: str) -> float:
        if "nan" in output:
            raise ScorerAtLimit("60 s reached")
        return 0.9 if output == rewarded else 0.5

    tried = spoiled_answers(Printed(endless, ["3\n4\n"]))
    assert (tried.tried, bool(tried.paid), tried.limit) == found


def test_answers_that_are_spoiled_are_those_to_instances_that_the_task_alone_decides(jail: JailedSandbox) -> None:
    first_number = task(lambda instance, answer: answer[0] / 1e9)
    worker = JailedWorker([first_number], jail)
    with relay_of(worker, to_relay(first_number, b"a")) as one:
        first = one.scored("", None)
    with relay_of(worker, to_relay(first_number, b"b")) as other:
        assert first == other.scored("", None) is not None
