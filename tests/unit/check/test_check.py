"""What strop check says of tasks whose score the host computes, line by line."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from types import CodeType
from typing import Any

import cloudpickle
import pytest

from strop.checks.check import check
from strop.checks.relay import beats
from strop.evaluation.functions.load import load_any
from strop.runs.evaluators import evaluator_for
from strop.runs.spec import RunSpec
from strop.tasks.answer import Answer
from strop.tasks.base import Task
from strop.tasks.command.config import command_task
from strop.tasks.command.task import AnyTask
from strop.tasks.evaluator.task import evaluator_task
from support.rows import table


def sample(rng: Any) -> dict[str, Any]:
    return {"numbers": rng.integers(0, 10**6, 6).tolist()}


def score(instance: Any, answer: float) -> float:
    return 1 / (1 + abs(answer - max(instance["numbers"])) / 10**5)


def largest(**changes: Any) -> Task:
    """Find the largest number: a sound task."""
    settings = {"name": "largest", "sample": sample, "score": score, "entry": "f", "answer": Answer(int)}
    counts = {"instances": 8, "test_instances": 8, "description": "The largest number."}
    return Task(**{**settings, **counts, "seed": "def f(numbers):\n    return numbers[0]\n", **changes})


HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)
RANDOM = "import random\ndef f(numbers):\n    return random.choice(numbers)\n"
ENDLESS = {"seed": "def f(numbers):\n    while True: pass\n", "time_limit": 0.05}


@pytest.mark.parametrize(
    ("changes", "said", "is_broken"),
    [
        ({"sample": lambda rng: {"numbers": object()}}, "cannot be sent to a guest", True),
        ({"sample": lambda rng: {"numbers": [object()]}}, "cannot be sent to a guest", True),
        ({"sample": lambda rng: {"numbers": HOLDS_ITSELF}}, "cannot be sent to a guest", True),
        ({"sample": lambda rng: {"numbers": 10**5000}}, "cannot be sent to a guest", True),
        ({"sample": lambda rng: ({"numbers": [1, 2]}, 10**5000)}, "all instances have one and the same input", False),
        ({"sample": lambda rng: {"numbers": [1, 2]}, "fixed_input": True}, "", False),
        ({"seed": RANDOM}, "the score of the original varies: ", False),
        ({"score": lambda instance, answer: 0.25, "answer": None}, "the scorer does not look at the program", True),
        ({"score": lambda instance, answer: {}["sizes"]}, "score() raised KeyError", True),
        ({"score": lambda instance, answer: 2.0}, "score() gave 2.0; a score must be a number in [0, 1]", True),
        ({"seed": "def f(numbers):\n    return None\n"}, "the original fails (instance 0: ", False),
        (ENDLESS, "the original does not run (instance 0: ", True),
        ({**ENDLESS, "slow_seed": True}, "the original fails (instance 0: ", False),
        ({"answer": Answer({"never": Answer(str)})}, "the original fails (instance 0: ", False),
    ],
)
def test_check_says(changes: dict[str, Any], said: str, is_broken: bool, checked: Any) -> None:
    found = checked(largest(**changes))
    assert found.broken == is_broken == (not found.lines[-2].endswith("can show a difference.")), found.lines
    assert any(said in problem.what for problem in found.problems) if said else not found.problems, found.lines


def test_check_of_a_sound_task_says_who_scores_what_was_tried_and_what_can_be_shown(checked: Any) -> None:
    assert checked(largest()).lines == (
        "Score: computed by the host in score().",
        "The original has score 0.4117 in training (mean of 8 instances).",
        "Tried 3 kinds of spoiled answers; none is rewarded.",
        "8 held-out instances, and more if training's scores vary, can show a difference.",
        "largest: no problems found by these trials.",
    )


def test_few_lucky_instances_do_not_beat_the_seed() -> None:
    assert not beats([0.5] * 7 + [0.9], [0.5] * 8)
    assert beats([0.6, 0.61] * 4, [0.5] * 8)
    assert beats([1.0], [0.0])


CARELESS = """
def evaluate(path):
    try:
        module = {}
        exec(open(path).read(), module)
        module["f"]()
    except BaseException:
        pass
    return {"combined_score": 7.0}
"""
JUDGE = {"command": "sh p.sh {seed}", "judge": "sh judge.sh {output}", "score": ["score: (.*)"]}


PROGRAM = "import sys\ndef f():\n    return 1\nif __name__ == '__main__':\n    print(sys.argv[1])\n"


def said_of(task: AnyTask) -> str:
    with closing(evaluator_for(RunSpec(workers="1"), [task], asks=False)) as evaluator:
        return "\n".join(check(task, evaluator, b"s" * 32).lines)


@pytest.mark.process
def test_check_says_of_an_evaluator_that_it_does_not_look_at_the_program(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(PROGRAM)
    (tmp_path / "e.py").write_text(CARELESS)
    said = said_of(evaluator_task(tmp_path / "p.py", tmp_path / "e.py"))
    assert "scorer does not look at the program: without one, it gives the same score" in said
    assert "The original has combined_score 7 in training." in said


@pytest.mark.process
@table(
    ("judge", "said"),
    [
        ("echo score: 3", "scorer does not look at the program"),
        ("echo score: $(od -An -N4 -tu4 /dev/urandom | tr -d ' ')", "score of equal answers varies: "),
        ("echo strop-note: $(od -An -N4 -tu4 /dev/urandom) >&2; echo score: 3", "otes differ "),
    ],
)
def test_check_says_of_a_judge(tmp_path: Path, judge: str, said: str) -> None:
    (tmp_path / "p.sh").write_text("echo $1\n")
    (tmp_path / "judge.sh").write_text(judge)
    task = command_task(tmp_path, files=["p.sh"], metric=["score:max"], **JUDGE)  # type: ignore[arg-type]
    assert said in said_of(task)


IN_A_WORKER = """
import inspect, os, strop

def sample(rng):
    if os.getpid() != HOST:
        inspect.getsource = inspect.getsourcefile = inspect.findsource = None
    return {"points": rng.uniform(0, 1, (6, 2)).tolist()}

class Near:
    def __call__(self, instance, answer):
        return [1 / (1 + abs(answer - len(instance["points"]))) for _ in "a"][0]

class Far:
    def __call__(self, instance, answer):
        return [1 / (answer - 1) for _ in "a"][0]  # line 15

def near(instance, answer):
    return Near()(instance, answer)

def far(instance, answer):
    return Far()(instance, answer)

def flat(instance, answer):
    return 1 / (answer - 1)  # line 24
"""
TASK = """
task = strop.Task("plain", sample, SCORE, "def f(points):\\n    return 1\\n", "f", answer=strop.Answer(int, shape=()))
"""
FUNCTION = """
@strop.improve_me(sample=sample, score=SCORE, answer=strop.Answer(int, shape=()))
def task(points):
    return 1
"""
RAISED = "score() raised ZeroDivisionError: division by zero (plain.py, line"


@pytest.mark.process
@table(
    ("form", "score", "said"),
    [
        (TASK, "near", "plain: no problems found by these trials."),
        (TASK, "lambda instance, answer: Near()(instance, answer)", "plain: no problems found by these trials."),
        (TASK, "flat", f"{RAISED} 24)"),
        (FUNCTION, "far", f"{RAISED} 15)"),
    ],
)
def test_check_needs_no_source_in_a_worker_and_names_the_users_line_whatever_cloudpickle_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, score: str, said: str
) -> None:
    reducers = cloudpickle.Pickler.dispatch_table
    kept = reducers[CodeType]
    monkeypatch.setitem(reducers, CodeType, lambda code: kept(code.replace(co_filename="<dynamic-code>")))
    (tmp_path / "plain.py").write_text(f"HOST = {os.getpid()}{IN_A_WORKER}{form.replace('SCORE', score)}")
    lines = said_of(load_any(str(tmp_path / "plain.py")))
    assert said in lines, lines
