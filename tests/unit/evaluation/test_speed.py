"""The utility of a function that is to be faster: equal answers first, then CPU time. Nothing here depends on how fast it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.budget import Budget
from strop.base.errors import TaskError
from strop.base.events import Evaluated, Event
from strop.base.results import Evaluation
from strop.checks.pipeline import CheckSettings, check_in_host
from strop.core.utility import TaskUtility
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.function.task import SECONDS, FunctionTask
from strop.tasks.registry import load_any

MODULE = """
import strop


def sample(rng):
    return {"values": rng.integers(0, 50, 30).tolist()}


@strop.improve_me(score="time", sample=sample, instances=4, test_instances=3)
def unique(values):
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
"""
FASTER = "def unique(values):\n    return list(dict.fromkeys(values))\n"


def task_of(folder: Path, text: str = MODULE) -> FunctionTask:
    (folder / "module.py").write_text(text)
    task = load_any(str(folder / "module.py"))
    assert isinstance(task, FunctionTask)
    return task


def measured(
    task: FunctionTask, jail: JailedSandbox, program: str, split: str = "train"
) -> tuple[Evaluation, list[Event]]:
    events: list[Event] = []
    utility = TaskUtility(task, split, SecretSeeds(b"s"), jail, events.append, b"secret")  # type: ignore[arg-type]
    return utility.evaluate(program, Budget().child("at")), events


def test_program_with_equal_answers_is_scored_by_its_time_beside_the_original_s(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    found, events = measured(task_of(tmp_path), jail, FASTER)
    assert found.verdict == "ok" and len(found.scores) == 4
    for score, after, before in zip(found.scores, found.metrics, found.beside, strict=True):
        assert score == pytest.approx(before[SECONDS] / (before[SECONDS] + after[SECONDS]))
    (event,) = [each for each in events if isinstance(each, Evaluated)]
    assert event.value == found.value


def test_original_is_worth_exactly_a_half(jail: JailedSandbox, tmp_path: Path) -> None:
    task = task_of(tmp_path)
    assert set(measured(task, jail, task.seed)[0].scores) == {0.5}


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("def unique(values):\n    return sorted(set(values))\n", "malformed"),
        ("def unique(values):\n    return values[100]\n", "raised"),
        ("def unique(values):\n    return None\n", "malformed"),
        ("def sample(values):\n    return 1\n" + FASTER, "malformed"),
    ],
    ids=["other answers", "raises", "no answer", "changes another name"],
)
def test_one_failure_costs_the_whole_utility(jail: JailedSandbox, tmp_path: Path, program: str, verdict: str) -> None:
    found, _ = measured(task_of(tmp_path), jail, program)
    assert (found.value, found.verdict) == (0.0, verdict)


def test_answer_remembered_from_a_call_before_is_of_no_use(jail: JailedSandbox, tmp_path: Path) -> None:
    """Each instance is asked for once: what a program keeps of it is never asked for again."""
    remembering = (
        "seen = []\n\n\ndef unique(values):\n    assert values not in seen\n    seen.append(list(values))\n"
        "    return list(dict.fromkeys(values))\n"
    )
    assert measured(task_of(tmp_path), jail, remembering)[0].verdict == "ok"


def test_original_that_fails_breaks_the_task(jail: JailedSandbox, tmp_path: Path) -> None:
    task = task_of(tmp_path, MODULE.replace("found = []", "found = values[100]"))
    with pytest.raises(TaskError, match="the original fails on instance 0"):
        measured(task, jail, FASTER)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("found = []\n    values.sort()", "the original changes its arguments, and only answers are compared"),
        ("found = []\n    print(sorted(values))\n    return None", "the original returns None for every instance"),
    ],
)
def test_original_of_which_a_part_is_not_compared_is_refused(
    jail: JailedSandbox, tmp_path: Path, body: str, words: str
) -> None:
    task = task_of(tmp_path, MODULE.replace("found = []", body))
    with pytest.raises(TaskError, match=words):
        measured(task, jail, task.seed)


def test_failures_on_held_out_instances_are_told_to_nobody(jail: JailedSandbox, tmp_path: Path) -> None:
    program = "def unique(values):\n    return 1\n"
    task = task_of(tmp_path)
    assert measured(task, jail, program)[0].notes and not measured(task, jail, program, "test")[0].notes


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("return None", {"C303": "broken"}),
        ("return 7", {"C303": "broken"}),
        ("return __import__('random').random()", {"C107": "warning"}),
        ("return __import__('os').getpid() + __import__('time').time_ns()", {"C107": "broken"}),
        ("return values[100]", {"C101": "broken"}),
    ],
    ids=["does nothing", "constant", "random", "never the same", "raises"],
)
def test_check_of_a_function_scored_by_time_says_what_its_answers_and_times_show(
    jail: JailedSandbox, tmp_path: Path, body: str, found: dict[str, str]
) -> None:
    text = MODULE[: MODULE.index("    found = []")] + f"    {body}\n"
    check = check_in_host(task_of(tmp_path, text), jail, b"secret", CheckSettings(repeat=2), lambda what: None)
    assert found.items() <= {one.id: one.level for one in check.findings}.items()
    assert check.broken == ("broken" in found.values())


def test_check_of_a_function_scored_by_time_says_that_nothing_was_spoiled(jail: JailedSandbox, tmp_path: Path) -> None:
    check = check_in_host(task_of(tmp_path, MODULE), jail, b"secret", CheckSettings(repeat=2), lambda what: None)
    words = "the kernel counts what the program uses. The original runs; no answer was spoiled."
    assert not check.broken and check.sentence.endswith(words)


def test_each_instance_of_the_sealed_split_has_a_fresh_process(jail: JailedSandbox, tmp_path: Path) -> None:
    """Two processes of one program differ in speed, and what differs once for all instances is no evidence."""
    once = (
        "calls = []\n\n\ndef unique(values):\n    calls.append(1)\n"
        "    return list(dict.fromkeys(values))[: 100 // len(calls) ** 9]\n"
    )
    task = task_of(tmp_path)
    assert measured(task, jail, once)[0].verdict == "malformed"
    assert measured(task, jail, once, "test")[0].verdict == "ok"
