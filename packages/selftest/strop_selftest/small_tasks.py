"""Small tasks that each make one thing visible, for attacks that need no task of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from strop.base.errors import Malformed
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task


def doubling() -> Task:
    """Double a number that cannot be guessed."""

    def sample(rng: np.random.Generator) -> dict[str, Any]:
        return {"n": int(rng.integers(1, 2**40))}

    def score(instance: Instance, answer: int) -> float:
        return 1.0 if answer == 2 * instance["n"] else 0.0

    return _task("doubling", sample, score, Answer(int))


def echo() -> Task:
    """The answer, a number from 0 to 1, is the score: shows what a program knows."""

    def score(instance: Instance, answer: float) -> float:
        return answer

    return _task("echo", _nothing, score, Answer(float, low=0, high=1))


def typed() -> Task:
    """Any value of exactly type int is right; the scorer checks the answer itself."""

    def score(instance: Instance, answer: Any) -> float:
        if type(answer) is not int:
            raise Malformed(f"an int is expected, not a {type(answer).__name__}")
        return 1.0

    return _task("typed", _nothing, score, None)


def careless() -> Task:
    """Scored like the task of section 6.3: hits over the number of labels, for predictions of any shape."""

    def sample(rng: np.random.Generator) -> tuple[dict[str, Any], Any]:
        return {"count": 20}, rng.integers(0, 2, 20)

    def score(instance: Instance, answer: Any) -> float:
        return float(np.sum(np.asarray(answer) == instance.hidden) / len(instance.hidden))

    return _task("careless", sample, score, None, "count", "[0] * count")


def trusting() -> Task:
    """Adds up the answer without checking it."""

    def score(instance: Instance, answer: Any) -> float:
        return float(sum(answer) / len(answer))

    return _task("trusting", _nothing, score, None, seed="[0.5]")


def table() -> Task:
    """Adds up the values of a dict."""

    def score(instance: Instance, answer: Any) -> float:
        return float(sum(answer.values()) / len(answer))

    return _task("table", _nothing, score, None, seed="{'a': 0.5}")


SMALL_TASKS: Mapping[str, Callable[[], Task]] = {
    "doubling": doubling,
    "echo": echo,
    "typed": typed,
    "careless": careless,
    "trusting": trusting,
    "table": table,
}


def _nothing(rng: np.random.Generator) -> dict[str, Any]:
    return {"n": 0}


def _task(
    name: str,
    sample: Callable[..., Any],
    score: Callable[..., float],
    answer: Answer | None,
    takes: str = "n",
    seed: str = "0",
) -> Task:
    seed = f"def algorithm({takes}):\n    return {seed}\n"
    return Task(
        name, sample, score, seed, instances=3, test_instances=3, description=score.__doc__ or name, answer=answer
    )
