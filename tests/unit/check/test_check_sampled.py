"""What strop check says of tasks that are odd rather than broken, and of verdicts one by one."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest
from strop.checks.attack import attacks
from strop.checks.verdicts import Base, JudgingRules, beats, judge

from strop.base.errors import Malformed
from strop.base.results import Evaluation
from strop.base.shown import print_result
from strop.checks.bench import AttackTrial
from strop.checks.checked import Checked
from strop.checks.findings import Finding, merge, new_finding
from strop.report.terminal import check as printing  # registers how a check is printed  # noqa: F401
from strop.sandbox.base import Returned
from strop.tasks.answer import Answer
from strop.tasks.base import Task
from support.tables import terminal


def sample(rng: Any) -> dict[str, Any]:
    return {"numbers": rng.integers(0, 10**6, 6).tolist()}


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


class SlowAtFirst:
    """Draws the first instances, whose time is measured, slowly; many more are drawn to look for repeats."""

    def __init__(self, draws: int) -> None:
        self._draws = iter(range(draws))

    def __call__(self, rng: Any) -> dict[str, Any]:
        if next(self._draws, None) is not None:
            time.sleep(0.06)
        return sample(rng)


def slow_score(instance: Any, answer: float) -> float:
    time.sleep(0.06)
    return score(instance, answer)


def forgetful_score(instance: Any, answer: float) -> float:
    value = score(instance, answer)
    instance["numbers"].append(0)
    return value


def scalar_score(instance: Any, answer: Any) -> float:
    """Takes a list of lists as well as a number, and counts it otherwise."""
    try:
        number = float(np.asarray(answer, dtype=float).sum() / 2 ** np.ndim(answer))
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed("a number is expected") from error
    if not np.isfinite(number):
        raise Malformed("a finite number is expected")
    return score(instance, number)


TWO = {"instances": 2, "test_instances": 2}
TRIED = {"C304": ["constants"], "C302": ["column_or_row", "nested"]}
"""The attacks that show a finding, where one does."""


@pytest.mark.parametrize(
    ("changes", "name", "level"),
    [
        ({"seed": "def f(numbers):\n    return -(10**9)\n"}, "C304", "note"),
        ({"sample": SlowAtFirst(20), **TWO}, "C010", "warning"),
        ({"score": slow_score, **TWO}, "C210", "warning"),
        ({"score": forgetful_score}, "C205", "warning"),
        ({"score": scalar_score, "answer": None}, "C302", "warning"),
        ({"description": "Instance i comes from seed 4321 + i."}, "C008", "warning"),
        ({"description": " "}, "C008", "broken"),
        ({"sample": lambda rng: (sample(rng), [7] * 20), "description": repr([7] * 20)}, "C008", "broken"),
        ({"sample": lambda rng: {"numbers": {1, 2}}}, "C001", "broken"),
        ({"sample": lambda rng: {"numbers": [{1, 2}]}}, "C005", "broken"),
        ({"seed": "def f(numbers):\n    return max(numbers)\n"}, "C103", "broken"),
        ({"seed": "import random\ndef f(numbers):\n    return random.choice(numbers)\n"}, "C104", "note"),
        ({"seed": "def f(numbers):\n    return None\n"}, "C102", "note"),
        ({"seed": "def f(numbers):\n    while True:\n        pass\n", "time_limit": 0.05}, "C101", "broken"),
        ({"seed": "def f(numbers):\n    while True: pass\n", "time_limit": 0.05, "slow_seed": True}, "C102", "note"),
        (
            {
                "seed": "def f(numbers):\n    while numbers[0] % 2:\n        pass\n    return numbers[0]\n",
                "failure": "instance",
                "time_limit": 0.02,
            },
            "C105",
            "note",
        ),
        ({"answer": Answer({"never": Answer(str)})}, "C106", "warning"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_check_says(changes: dict[str, Any], name: str, level: str, checked: Any) -> None:
    check = checked(
        largest(**changes), attacks=[attack for attack in attacks("sampled") if attack.name in TRIED.get(name, ())]
    )
    assert name in by_id(check), by_id(check)
    assert by_id(check)[name].level == level
    assert check.broken == (level == "broken")


@pytest.mark.slow
def test_check_finds_nothing_in_a_sound_task(checked: Any) -> None:
    check = checked(largest())
    assert check.findings == () and check.facts.base.is_seed
    assert {result.verdict for result in check.attacks} == {"refused", "harmless"}


def test_check_tells_the_solutions_noise_from_the_scorers(checked: Any) -> None:
    check = checked(
        largest(seed="import random\ndef f(numbers):\n    return random.choice(numbers)\n"), repeat=4, attacks=()
    )
    assert len(check.facts.seed.utilities) == 4 and check.facts.seed.deviation > 0
    assert check.facts.scorer.deterministic and check.facts.scorer.deviation == 0


def test_check_gives_the_same_findings_again_under_the_same_secret(checked: Any) -> None:
    one, again = (checked(largest(), attacks=attacks("sampled")[::4]) for _ in range(2))
    assert [(f.id, f.detail) for f in one.findings] == [(f.id, f.detail) for f in again.findings]
    assert [result.utility for result in one.attacks] == [result.utility for result in again.attacks]


def test_merged_findings_keep_the_worst_of_an_id_and_every_attack() -> None:
    kept = merge(
        [new_finding("C003", "a", "note", ("x",)), new_finding("C101", "b"), new_finding("C003", "c", "broken", ("y",))]
    )
    assert [(one.id, one.level, one.detail, one.attacks) for one in kept] == [
        ("C003", "broken", "c", ("x", "y")),
        ("C101", "broken", "b", ()),
    ]


def test_finding_names_a_few_of_the_attacks_that_show_it() -> None:
    console = terminal(io.StringIO())
    finding = new_finding("C203", "a score is outside [0, 1]", attacks=("a", "b", "c", "d", "e", "f"))
    print_result(Checked(task="largest", findings=(finding,)), console)
    assert isinstance(console.file, io.StringIO)
    printed = " ".join(console.file.getvalue().split())
    assert printed.startswith("largest: broken: ") and "seen with a, b, c, d and 2 more" in printed


def trial(*scores: float, answers: tuple[Any, ...] = ()) -> AttackTrial:
    outcomes = tuple(Returned(value) for value in answers or [[0]] * len(scores))
    value = sum(scores) / len(scores)
    return AttackTrial(Evaluation(value, "ok", scores, ("ok",) * len(scores)), outcomes)


HONEST = Base("the seed", ([0],) * 8, (0.5,) * 8)


@pytest.mark.parametrize(
    ("attack", "scores", "declared", "verdict", "name"),
    [
        ("column_or_row", (0.5,) * 8, False, "harmless", None),
        ("column_or_row", (0.4,) * 8, False, "suspicious", "C302"),
        ("column_or_row", (0.4,) * 8, True, "harmless", None),
        ("column_or_row", (0.9,) * 8, True, "broken", "C301"),
        ("constants", (0.9,) * 8, True, "harmless", "C304"),
        ("constants", (1.0,) * 8, True, "broken", "C303"),
        ("by_index", (1.0,) * 8, True, "broken", "C305"),
        ("nothing", (0.0,) * 8, False, "harmless", None),
        ("nothing", (0.1,) * 8, False, "suspicious", "C302"),
        ("nothing", (0.9,) * 8, False, "broken", "C301"),
        ("nothing", (0.9,) * 8, True, "harmless", "C304"),
        ("huge_numbers", (0.9,) * 8, False, "broken", "C301"),
        ("huge_numbers", (0.9,) * 8, True, "harmless", "C304"),
        ("sleep", (0.5,) * 7 + (0.50001,), True, "broken", "C206"),
        ("print_verdict", (0.6,) * 8, True, "broken", "C306"),
        ("found_labels", (0.9,) * 8, True, "broken", "C006"),
        ("found_labels", (0.5,) * 8, True, "harmless", None),
    ],
)
def test_verdict_on(attack: str, scores: Any, declared: bool, verdict: str, name: str | None) -> None:
    tried = next(one for one in attacks("sampled") if one.name == attack)
    result = judge(tried, None, trial(*scores), JudgingRules(HONEST, declared, deterministic=True))
    assert (result.verdict, result.finding.id if result.finding else None) == (verdict, name)


def test_noisy_scorer_lets_no_difference_of_chance_count(checked: Any) -> None:
    tried = next(one for one in attacks("sampled") if one.name == "sleep")
    result = judge(tried, None, trial(*([0.5] * 7), 0.6), JudgingRules(HONEST, True, deterministic=False))
    assert result.verdict == "harmless"


def test_few_lucky_instances_do_not_beat_the_seed() -> None:
    assert not beats([0.5] * 7 + [0.9], [0.5] * 8)
    assert beats([0.6, 0.61] * 4, [0.5] * 8)
    assert not beats([1.0], [0.0])
