"""Tasks: what is drawn, what is scored, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strop.base.errors import ConfigurationError, TaskError
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, PublishedSeeds, SecretSeeds, Task
from strop.tasks.paper.lpn.task import lpn
from strop.tasks.registry import load
from support.rows import table

PUBLISHED = PublishedSeeds()


HALVES = """import strop

def sample(rng):
    return {"n": 1}

def score(instance, answer):
    return 0.5

task = strop.Task("halves", sample, score, "def algorithm(n):\\n    return n\\n")
"""


def test_published_training_instances_end_where_the_held_out_ones_begin() -> None:
    task = replace(lpn(), instances=1400)
    last = task.instance("train", 1356, PUBLISHED)
    assert not np.array_equal(last["train_samples"], task.instance("test", 0, PUBLISHED)["train_samples"])
    with pytest.raises(TaskError, match=r"1,357 published training instances.*secret"):
        task.instance("train", 1357, PUBLISHED)


def test_lpn_labels_differ_when_the_secret_differs() -> None:
    task = lpn()
    one, other = (np.stack([task.instance("train", i, SecretSeeds(s)).hidden for i in range(5)]) for s in (b"a", b"b"))
    again = np.stack([task.instance("train", i, SecretSeeds(b"a")).hidden for i in range(5)])
    assert not np.array_equal(one, other)
    assert np.array_equal(one, again)


def test_task_raises_when_its_score_is_outside_zero_to_one() -> None:
    wrong: list[Any] = [1.01, -0.1, float("nan"), "1", None, 2, 2**64, -(2**70), 10**5000]
    scores = iter(wrong)
    task = Task("t", sample=lambda rng: {"x": 1}, score=lambda i, a: next(scores), seed="")
    for _ in wrong:
        with pytest.raises(TaskError, match="score"):
            task.checked_score(task.instance("train", 0, PUBLISHED), 1)


def test_task_raises_when_sample_gives_no_inputs_by_name() -> None:
    task = Task("t", sample=lambda rng: [1, 2], score=lambda i, a: 1.0, seed="")  # type: ignore[arg-type,return-value]
    with pytest.raises(TaskError, match="dict of inputs"):
        task.instance("train", 0, PUBLISHED)


def test_input_may_be_a_number_as_numpy_draws_it_and_another_type_is_refused_with_what_to_give() -> None:
    task = Task("t", sample=lambda rng: {"x": rng.integers(3)}, score=lambda i, a: 1.0, seed="")
    assert isinstance(task.instance("train", 0, PUBLISHED).inputs["x"], np.integer)
    with pytest.raises(
        TaskError, match="input x cannot be sent to a guest: its type is object; what can be sent: None"
    ):
        replace(task, sample=lambda rng: {"x": object()}).instance("train", 0, PUBLISHED)


def test_task_raises_in_one_line_that_names_the_place_when_its_own_code_fails() -> None:
    def broken(*arguments: object) -> float:
        raise RuntimeError("of its\nown")

    for function in ("sample", "score"):
        functions: dict[str, Any] = {"sample": lambda rng: {"x": 1}, "score": lambda i, a: 1.0} | {function: broken}
        task, said = Task("t", seed="", **functions), r"raised RuntimeError: of its own \(test_tasks.py, line \d+\)"
        with pytest.raises(TaskError, match=rf"{function}\(\) {said}"):
            task.checked_score(task.instance("train", 0, PUBLISHED), 1)


@table(
    "field",
    [
        {"name": "../x"},
        {"name": ""},
        {"name": "a\nb"},
        {"entry": "a b"},
        {"name": 5},
        {"instances": 0},
        {"instances": 10**9},
        {"test_instances": 100_001},
        {"test_instances": -1},
        {"time_limit": 0},
        {"time_limit": float("inf")},
        {"memory_limit": 1000},
        {"memory_limit": 1e9},
        {"answer": int},
        {"failure": "both"},
    ],
)
def test_task_is_refused_when_a_field_is_out_of_its_range(field: dict[str, Any]) -> None:
    with pytest.raises(TaskError):
        replace(lpn(), **field)


def test_description_tells_the_declared_answer_when_it_is_made_of_source() -> None:
    told = Task("t", sample=draw_one, score=score_one, seed="", entry="f", answer=Answer(int, low=0)).u_str
    assert told.startswith('"""f returns a whole number, at least 0; any other answer is malformed.\n"""')
    assert "def draw_one" in told and "def score_one" in told
    assert not Task("t", sample=draw_one, score=score_one, seed="").u_str.startswith('"""')


def test_description_stays_as_it_was_read_when_its_file_changes_during_a_run(tmp_path: Path) -> None:
    file = tmp_path / "halves.py"
    file.write_text(HALVES)
    task = load(str(file))
    told = task.u_str
    file.write_text(f"# a line more\n{HALVES}".replace("0.5", "0.25"))
    assert "return 0.5" in told == task.u_str


def test_description_of_functions_without_source_is_refused_with_the_reason_and_the_remedy(
    subtests: pytest.Subtests,
) -> None:
    typed: dict[str, Any] = {}
    exec("def score(instance, answer):\n    return 0.5\n", typed)
    for score, reason in ((typed["score"], "source code"), (partial(score_one), "was expected, got partial")):
        with subtests.test(reason):
            task = Task("t", sample=draw_one, score=score, seed="")
            with pytest.raises(TaskError, match=f"cannot be read .*{reason}.*give a description") as refused:
                _ = task.u_str
            assert "UTF-8" not in str(refused.value)
            assert replace(task, description="Mine.").u_str.startswith("Mine.")


@table(("failure", "rule"), [("utility", "makes the whole utility 0"), ("instance", "scores 0")])
def test_description_tells_what_a_failing_instance_costs_when_it_is_made_of_source(failure: Any, rule: str) -> None:
    task = Task("t", sample=draw_one, score=score_one, seed="", entry="f", instances=6, failure=failure)
    assert "The utility is the mean of score over 6 instances; an instance on which f raises, " in task.u_str
    assert f"gives a malformed answer {rule}." in task.u_str
    assert "malformed answer" not in replace(task, description="Mine.").u_str


def draw_one(rng: np.random.Generator) -> dict[str, int]:
    return {"x": int(rng.integers(9))}


def score_one(instance: Instance, answer: int) -> float:
    return 1.0


@table(("text", "words"), [("x = 1", "no strop.Task"), ("1 / 0", "ZeroDivisionError"), ("def", "SyntaxError")])
def test_load_says_in_one_line_what_is_wrong_when_a_file_is_no_task(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load(str(file))
    assert "\n" not in str(caught.value)
