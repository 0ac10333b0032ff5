"""What strop check says of tasks that are odd rather than broken, and of scores one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from strop.base.errors import Malformed
from strop.checks.bench import Trial
from strop.checks.findings import Finding, merge, new_finding
from strop.checks.pipeline import Base
from strop.checks.relay import beats
from strop.tasks.answer import Answer
from strop.tasks.base import Task


def sample(rng: Any) -> dict[str, Any]:
    return {"numbers": rng.integers(0, 10**6, 6).tolist()}


def part_of_one_data_set(rng: Any) -> tuple[dict[str, Any], float]:
    start = int(rng.integers(0, 10**4))
    numbers = [number * number / 7 for number in range(start, start + 5000)]
    return {"numbers": numbers}, max(numbers)


def score(instance: Any, answer: float) -> float:
    return 1 / (1 + abs(answer - max(instance["numbers"])) / 10**5)


def largest(**changes: Any) -> Task:
    """Find the largest number: a sound task."""
    settings: dict[str, Any] = {
        "name": "largest",
        "sample": sample,
        "score": score,
        "seed": "def f(numbers):\n    return numbers[0]\n",
        "entry": "f",
        "answer": Answer(int),
        "instances": 8,
        "test_instances": 8,
        "description": "The largest number.",
        **changes,
    }
    return Task(**settings)


def by_id(check: Any) -> dict[str, Finding]:
    return {finding.id: finding for finding in check.findings}


def close(instance: Any, answer: Any) -> float:
    """A validator of one number: an empty array is broadcast."""
    try:
        return float(np.allclose(np.asarray(answer, float), max(instance["numbers"])))
    except (TypeError, ValueError) as error:
        raise Malformed("a number is expected") from error


def one_in_hundred(instance: Any, answer: Any) -> float:
    right = max(instance["numbers"])
    return float(isinstance(answer, list) and len(answer) == 1 and abs(answer[0] - right) <= 0.02 * right)


WHOLE = "def f(numbers):\n    return [float(max(numbers))]\n"


@pytest.mark.parametrize(
    ("changes", "name", "level"),
    [
        ({"seed": "def f(numbers):\n    return -(10**9)\n"}, "C303", "note"),
        ({"description": "Instance i comes from seed 4321 + i."}, "C008", "warning"),
        ({"description": " "}, "C008", "broken"),
        ({"sample": lambda rng: (sample(rng), [7] * 20), "description": repr([7] * 20)}, "C008", "broken"),
        ({"sample": lambda rng: {"numbers": object()}}, "C001", "broken"),
        ({"sample": lambda rng: {"numbers": [object()]}}, "C005", "broken"),
        ({"seed": "def f(numbers):\n    return max(numbers)\n"}, "C103", "warning"),
        ({"seed": WHOLE, "score": close, "answer": None}, "C301", "broken"),
        ({"seed": WHOLE, "score": one_in_hundred, "answer": None}, "C311", "warning"),
        ({"seed": "import random\ndef f(numbers):\n    return random.choice(numbers)\n"}, "C104", "note"),
        ({"seed": "def f(numbers):\n    return None\n"}, "C102", "note"),
        ({"seed": "def f(numbers):\n    while True:\n        pass\n", "time_limit": 0.05}, "C101", "broken"),
        ({"seed": "def f(numbers):\n    while True: pass\n", "time_limit": 0.05, "slow_seed": True}, "C102", "note"),
        ({"answer": Answer({"never": Answer(str)})}, "C106", "warning"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_check_says(changes: dict[str, Any], name: str, level: str, checked: Any) -> None:
    check = checked(largest(**changes))
    assert name in by_id(check), by_id(check)
    assert by_id(check)[name].level == level
    assert check.broken == (level == "broken")


def test_check_finds_nothing_in_a_sound_task(checked: Any) -> None:
    check = checked(largest())
    assert check.findings == () and {one.verdict for one in check.tried} == {"refused", "harmless"}
    assert check.sentence.startswith("largest: sound. ") and check.sentence.endswith("none paid.")


def test_ways_that_were_not_tried_in_time_are_counted(checked: Any) -> None:
    check = checked(largest(), seconds=-1.0)
    assert not check.tried and check.untried > 10 and "sound" not in check.sentence


def test_check_gives_the_same_findings_again_under_the_same_secret(checked: Any) -> None:
    one, again = (checked(largest(score=close, answer=None)) for _ in range(2))
    assert one.findings == again.findings and one.tried == again.tried


def test_merged_findings_keep_the_worst_of_an_id() -> None:
    kept = merge([new_finding("C003", "a", "note"), new_finding("C101", "b"), new_finding("C003", "c", "broken")])
    assert [(one.id, one.level, one.detail) for one in kept] == [("C003", "broken", "c"), ("C101", "broken", "b")]


def trial(*scores: float, answer: Any = 1) -> Trial:
    return Trial(([answer],) * len(scores), scores, True)


@pytest.mark.parametrize(
    ("kind", "scored", "declared", "name"),
    [
        ("form", 0.5, False, None),
        ("form", 0.9, True, "C303"),
        ("form", 0.9, False, "C301"),
        ("constant", 0.9, True, "C303"),
        ("constant", 1.0, True, "C303"),
        ("gone", 0.1, False, None),
        ("gone", 0.9, False, "C301"),
        ("gone", 0.9, True, "C303"),
        ("value", 0.9, False, None),  # odd numbers may be a little better
        ("value", 0.96, False, "C301"),
        ("size", 0.9, True, "C301"),
        ("part", 0.5, False, "C301"),
        ("unseen", 0.5, False, "C311"),
        ("near", 0.5, False, "C312"),
        ("labels", 0.9, True, "C006"),
        ("labels", 0.5, True, None),
    ],
)
def test_finding_of(kind: str, scored: float, declared: bool, name: str | None) -> None:
    base = Base("the seed", trial(*[0.5] * 8, answer=0), declared, deterministic=True)
    found = base.finding(kind, "spoiled", trial(*[scored] * 8))
    assert (found.id if found else None) == name


@pytest.mark.parametrize(("kind", "name"), [("gone", "C301"), ("value", "C311"), ("near", "C312"), ("form", None)])
def test_finding_beside_a_perfect_original_is_that_another_answer_is_perfect(kind: str, name: str | None) -> None:
    base = Base("the seed", trial(*[1.0] * 8, answer=0), declared=False, deterministic=True)
    found, same = (base.finding(kind, "spoiled", trial(*[1.0] * 8, answer=answer)) for answer in (1, 0))
    assert ((found.id if found else None), same) == (name, None)


def test_few_lucky_instances_do_not_beat_the_seed() -> None:
    assert not beats([0.5] * 7 + [0.9], [0.5] * 8)
    assert beats([0.6, 0.61] * 4, [0.5] * 8)
    assert beats([1.0], [0.0])
