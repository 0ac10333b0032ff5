"""The utility of a task: who sees what, when an answer is checked, and what a score outside its bounds does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from strop.base.budget import Budget
from strop.base.errors import TaskError
from strop.base.events import AuditNoted, Event
from strop.core.utility import TaskUtility
from strop.sandbox.base import Sandbox
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, SecretSeeds, Task

ECHO = "def f(n):\n    return n\n"


@dataclass
class Scene:
    """A utility of one task, and everything that it recorded."""

    utility: TaskUtility
    events: list[Event] = field(default_factory=list)

    def notes(self) -> list[str]:
        return [event.rule for event in self.events if isinstance(event, AuditNoted)]


@pytest.fixture
def scene(jail: Sandbox) -> Callable[..., Scene]:
    def make(score: Callable[[Instance, Any], Any], sample: Any = None, **changes: Any) -> Scene:
        task = Task(
            "mine", sample or (lambda rng: {"n": int(rng.integers(1, 99))}), score, ECHO, "f", instances=3, **changes
        )
        events: list[Event] = []
        return Scene(TaskUtility(task, "train", SecretSeeds(b"s"), jail, events.append, b"g"), events)

    return make


@pytest.mark.parametrize("score", [1.0001, -0.5, 6.0, None, "1"])
def test_evaluation_stops_with_a_note_and_without_a_score_when_a_utility_is_out_of_bounds(
    scene: Callable[..., Scene], score: object
) -> None:
    this = scene(lambda instance, answer: score)
    with pytest.raises(TaskError, match="a score must be a number in") as caught:
        this.utility.evaluate(ECHO + "# not the original\n", Budget())
    assert caught.value.exit_code == 5
    if not isinstance(score, float):  # no number: the scorer fails, on the original's answer too
        assert not this.events
        return
    [note] = this.events
    assert isinstance(note, AuditNoted) and note.rule == "R007" and "score() gave" in note.detail


@pytest.mark.parametrize("score", [True, False, np.bool_(True)])
def test_truth_value_is_a_score_of_1_or_0(scene: Callable[..., Scene], score: bool) -> None:
    assert scene(lambda instance, answer: score).utility.evaluate(ECHO, Budget()).value == float(score)


@pytest.mark.parametrize("program", ["return 'n'", "return [n]", "return None", "return n + 0.5", "return -n"])
def test_scorer_never_sees_an_answer_when_it_is_not_of_the_declared_form(
    scene: Callable[..., Scene], program: str
) -> None:
    seen: list[Any] = []
    this = scene(lambda instance, answer: seen.append(answer) or 1.0, answer=Answer(int, low=1, high=98))  # type: ignore[func-returns-value]
    evaluation = this.utility.evaluate(f"def f(n):\n    {program}\n", Budget())
    assert (evaluation.value, evaluation.verdicts, seen, this.notes()) == (0.0, ("malformed",), [], [])
    assert evaluation.error.startswith("instance 0: malformed answer: answer ")


def test_scorer_gets_the_plain_answer_when_it_is_of_the_declared_form(scene: Callable[..., Scene]) -> None:
    seen: list[Any] = []
    this = scene(lambda instance, answer: seen.append(answer) or 1.0, answer=Answer(float))  # type: ignore[func-returns-value]
    program = "class Odd(int):\n    def __float__(self): return 9.0\ndef f(n):\n    return Odd(n)\n"
    assert this.utility.evaluate(program, Budget()).value == 1.0
    assert [type(value) for value in seen] == [float] * 3 and 9.0 not in seen


def test_evaluation_fails_as_the_tasks_fault_when_the_declared_shape_raises(scene: Callable[..., Scene]) -> None:
    this = scene(lambda instance, answer: 1.0, answer=Answer(int, shape=lambda instance: instance["missing"]))
    with pytest.raises(TaskError, match=r"task mine: Answer\.shape raised KeyError"):
        this.utility.evaluate(ECHO, Budget())


def test_scorer_and_guest_get_copies_of_an_instance_which_do_not_outlive_the_call(scene: Callable[..., Scene]) -> None:
    drawn: list[list[int]] = []

    def sample(rng: np.random.Generator) -> dict[str, Any]:
        drawn.append(rng.integers(0, 9, 5).tolist())
        return {"n": drawn[-1]}

    lengths: list[int] = []

    def score(instance: Instance, answer: object) -> float:
        lengths.append(len(instance["n"]))
        instance["n"].append(99)
        return 1.0

    this = scene(score, sample)
    for _ in range(2):
        this.utility.evaluate("def f(n):\n    n.append(7)\n    return n\n", Budget())
    assert drawn[:3] == drawn[3:] and lengths == [5] * 6


SEARCH = """
import gc, sys
def f(n):
    held, frame = [n], sys._getframe()
    while frame:
        held += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    return repr(held[:5000] + gc.get_objects()[:20000]).count("label" + "-" + str(n[0]))
"""


@pytest.mark.parametrize("leak", [False, True])
def test_guest_finds_hidden_data_only_where_the_task_puts_it_into_the_inputs(
    scene: Callable[..., Scene], leak: bool
) -> None:
    answers: list[int] = []

    def sample(rng: np.random.Generator) -> Any:
        n = int(rng.integers(10**9))
        return {"n": [n, f"label-{n}" if leak else ""]}, f"label-{n}"

    this = scene(lambda instance, answer: answers.append(answer) or 1.0, sample, time_limit=5.0, answer=Answer(int))  # type: ignore[func-returns-value]
    assert this.utility.evaluate(SEARCH, Budget()).verdict == "ok"
    assert [answer > 0 for answer in answers] == [leak] * 3


@pytest.mark.parametrize("slow_from", [0, 1])
def test_evaluation_stops_after_four_timeouts_unless_one_of_the_first_instances_was_answered(
    scene: Callable[..., Scene], slow_from: int
) -> None:
    numbers: list[int] = []

    def sample(rng: Any) -> dict[str, int]:
        numbers.append(len(numbers))
        return {"n": numbers[-1]}

    made = scene(lambda instance, answer: 1.0, sample, failure="instance", time_limit=0.05)
    utility = replace(made.utility, task=replace(made.utility.task, instances=6))
    found = utility.evaluate(
        f"def f(n):\n    while n >= {slow_from}:\n        pass\n    return n\n", Budget().child("u")
    )
    assert found.verdicts.count("timeout") == 6 - slow_from and len(found.scores) == 6
    assert found.value == slow_from / 6
    assert ("the first 4 instances timed out, so 2 more were not run" in found.error) == (slow_from == 0)
