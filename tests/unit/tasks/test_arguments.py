"""Arguments go by name: to the parameters of the original program, and to those of every candidate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, TaskError
from strop.base.results import Evaluation
from strop.core.utility import TaskUtility
from strop.evaluation.functions.load import load_any
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task
from strop.tasks.registry import PAPER
from support.rooms import sandbox_of
from support.rows import table

SEEDS = SecretSeeds(b"s")


def task_of(seed: str, inputs: dict[str, Any], expected: object, entry: str = "f") -> Task:
    def score(instance: Instance, answer: object) -> float:
        return float(answer == expected)

    return Task("named", lambda rng: inputs, score, seed, entry, 2, 2, 1.0, description="a test")


def evaluated(task: Task, jail: JailedSandbox, program: str = "") -> Evaluation:
    utility = TaskUtility(task, "train", SEEDS, sandbox_of(task, jail), lambda event: None, b"secret")
    return utility.evaluate(program or task.seed, Budget().child("at"))


def returns(parameters: str) -> str:
    return f"def f({parameters}):\n    return [{parameters}]\n"


@table(
    ("seed", "inputs", "expected"),
    [
        ("def f(a, b):\n    return [a, b]\n", {"b": 2, "a": 1}, [1, 2]),
        ("def f(a, b=5, c=6):\n    return [a, b, c]\n", {"c": 3, "a": 1}, [1, 5, 3]),
        ("def f(a, *, b, c=6):\n    return [a, b, c]\n", {"b": 2, "a": 1}, [1, 2, 6]),
        ("def f(a, b, /, c):\n    return [a, b, c]\n", {"c": 3, "b": 2, "a": 1}, [1, 2, 3]),
        ("def f(a, *rest):\n    return [a, *rest]\n", {"rest": [2, 3], "a": 1}, [1, 2, 3]),
        ("def f(a, *rest, k=0):\n    return [a, *rest, k]\n", {"k": 4, "rest": [], "a": 1}, [1, 4]),
        ("def f(a, **more):\n    return [a, more]\n", {"z": 2, "a": 1, "y": 3}, [1, {"z": 2, "y": 3}]),
        ("def f(a, **more):\n    return [a, more]\n", {"more": 2, "a": 1}, [1, {"more": 2}]),
        ("def f(a, /, **more):\n    return [a, more]\n", {"b": 2, "a": 1}, [1, {"b": 2}]),
        ("f = lambda a, b: [a, b]\n", {"b": 2, "a": 1}, [1, 2]),
        ("from math import pow as f\n", {"x": 2.0, "y": 3.0}, 8.0),
        ("class f(list):\n    def __init__(self, a, b):\n        self += [a, b]\n", {"b": 2, "a": 1}, [1, 2]),
        (
            "def twice(g):\n    return lambda *given: g(*given) * 2\n@twice\ndef f(a, b):\n    return [a, b]\n",
            {"b": 2, "a": 1},
            [1, 2, 1, 2],
        ),
        (
            "import functools\ndef seeded(g):\n    @functools.wraps(g)\n    def inner(*given, **named):\n"
            "        return g(7, *given, **named)\n    return inner\n@seeded\ndef f(n, a, b):\n    return [n, a, b]\n",
            {"b": 2, "a": 1},
            [7, 1, 2],
        ),
    ],
)
def test_each_argument_reaches_the_parameter_of_its_name_whatever_its_kind(
    seed: str, inputs: dict[str, Any], expected: object, jail: JailedSandbox
) -> None:
    found = evaluated(task_of(seed, inputs, expected), jail)
    assert (found.value, found.error) == (1.0, "")


@table(
    ("parameters", "inputs", "said"),
    [
        ("n", {"m": 1}, "sample() gives m and f(n) does not take m"),
        ("a, b", {"a": 1}, "sample() gives a and f(a, b) needs b, too"),
        ("a, b=2", {"a": 1, "c": 1}, "sample() gives a, c and f(a, b=…) does not take c"),
        ("a, *, b", {"a": 1}, "sample() gives a and f(a, b) needs b, too"),
        ("", {"a": 1}, "sample() gives a and f() does not take a"),
        ("a", {}, "sample() gives nothing and f(a) needs a, too"),
        ("a, *rest", {"a": 1, "rest": 2}, "takes a list as rest"),
        ("a=1, *rest", {"rest": [2]}, "needs a, too"),
        ("a=1, b=2, /", {"b": 2}, "needs a, too"),
    ],
)
def test_names_that_the_entry_point_does_not_take_are_refused_in_one_line_that_has_both_lists(
    parameters: str, inputs: dict[str, Any], said: str
) -> None:
    task = task_of(f"def f({parameters}):\n    return 1\n", inputs, 1)
    with pytest.raises(TaskError) as error:
        task.instance("train", 0, SEEDS)
    assert said in str(error.value) and "\n" not in str(error.value)


@table(
    ("program", "value", "said"),
    [
        ("def f(b, a):\n    return [a, b]\n", 1.0, ""),
        ("def f(*, b, a):\n    return [a, b]\n", 1.0, ""),
        ("def f(a, b, c=3):\n    return [a, b]\n", 1.0, ""),
        ("def f(*given):\n    return list(given)\n", 1.0, ""),
        ("def f(**given):\n    return [given['a'], given['b']]\n", 1.0, ""),
        ("def f(x, y, /):\n    return [x, y]\n", 1.0, ""),
        ("def f(b, y, /):\n    return [y, b]\n", 0.0, "needs y"),
        ("def f(x, y):\n    return [x, y]\n", 0.0, "arguments are passed by name, and f(x, y) needs x"),
        ("def f(a):\n    return [a, 2]\n", 0.0, "f(a) does not take b"),
        ("def f(a, b, c):\n    return [a, b]\n", 0.0, "needs c"),
    ],
)
def test_candidate_gets_its_arguments_by_name_or_a_reason(
    program: str, value: float, said: str, jail: JailedSandbox
) -> None:
    found = evaluated(task_of(returns("a, b"), {"b": 2, "a": 1}, [1, 2]), jail, program)
    assert found.value == value and said in found.error
    assert found.verdict == ("raised" if said else "ok")


FUNCTION = """
import strop


def sample(rng):
    return {"b": 2, "a": 1}


@strop.improve_me(score=SCORE, SOURCE)
def f(a, b, *, c=3):
    return [a, b, c]
"""


def function_of(
    folder: Path, score: str, source: str = "sample=sample, instances=2, test_instances=2", body: str = ""
) -> Task:
    text = FUNCTION.replace("SCORE", score).replace("SOURCE", source).replace("return [a", f"{body}return [a")
    (folder / "module.py").write_text(text)
    task = load_any(str(folder / "module.py"))
    assert isinstance(task, Task)
    return task


@table(
    "score",
    [
        "lambda answer, b, a: float(answer == [1, 2, 3] and (a, b) == (1, 2))",
        "lambda instance, answer: float(answer == [1, 2, 3] and list(instance.inputs) == ['a', 'b'])",
        "lambda answer, **given: float(answer == [1, 2, 3] and given == {'a': 1, 'b': 2}), reference=True",
    ],
)
def test_function_and_its_score_get_arguments_by_name(score: str, tmp_path: Path, jail: JailedSandbox) -> None:
    assert evaluated(function_of(tmp_path, score), jail).value == 1.0


def test_score_that_takes_other_names_is_refused_with_both_lists(tmp_path: Path) -> None:
    task = function_of(tmp_path, "lambda answer, x: 1.0")
    with pytest.raises(TaskError, match=r"<lambda>\(x\) does not take a, b"):
        task.checked_score(task.instance("train", 0, SEEDS), [1, 2, 3])


def test_cases_give_keyword_only_arguments_and_lists_of_more(tmp_path: Path, jail: JailedSandbox) -> None:
    cases = "cases=[{'c': 3, 'b': 2, 'a': 1}, (1, 2)]"
    assert (
        evaluated(function_of(tmp_path, "lambda answer, a, b, c: float(answer == [1, 2, 3])", cases), jail).value == 1
    )
    with pytest.raises(ConfigurationError, match=r"it gives d and f\(a, b, c=…\) does not take d"):
        function_of(tmp_path, "'time'", "cases=[{'d': 1}, (1, 2)]")


def test_cases_of_a_function_that_takes_any_number_list_them(tmp_path: Path, jail: JailedSandbox) -> None:
    text = FUNCTION.replace("f(a, b, *, c=3)", "f(a, *b)").replace("[a, b, c]", "[a, *b]")
    text = text.replace("SCORE", "lambda answer, a, b: float(answer == [a, *b])").replace(
        "SOURCE", "cases=[(1, 2, 3), (4,), (5,)]"
    )
    (tmp_path / "module.py").write_text(text)
    task = load_any(str(tmp_path / "module.py"))
    assert isinstance(task, Task)
    assert task.instance("train", 0, SEEDS).inputs == {"a": 1, "b": [2, 3]}
    assert evaluated(task, jail).scores == (1.0, 1.0)
    assert evaluated(task, jail, "def f(a, *others):\n    return [a, *others]\n").value == 1.0


@table("make", PAPER.values())
def test_built_in_tasks_draw_inputs_under_the_names_of_their_seeds(make: Any) -> None:
    task = make()
    assert task.parameters is not None and task.parameters.certain
    assert list(task.instance("train", 0, SEEDS).inputs) == list(task.parameters.signature.parameters)
