"""Functions whose arguments or answers are no plain data: objects, methods, generators, coroutines. Nothing here is timed."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import discard
from strop.base.results import Evaluation
from strop.checks.check import check
from strop.core.utility import TaskUtility
from strop.evaluation.functions.load import load_any
from strop.sandbox.strop_plain_data import OPAQUE
from strop.tasks.base import SecretSeeds
from strop.tasks.function.task import OBJECTS, FunctionTask
from support.commands_here import here
from support.rooms import rooms_of
from support.rows import table

pytestmark = pytest.mark.process

BOX = """
import strop


class Box:
    def __init__(self, items):
        self.items, self.kept = items, None

    def count(self, more):
        found = []
        for each in self.items:
            if each not in found:
                found.append(each)
        return len(found) + more


def sample(random):
    return {"more": random.randrange(9), "self": Box([random.randrange(500) for _ in range(300)])}
"""
MARKED = f"{BOX}\n\ntarget = strop.improve_me(score='time', sample=sample, instances=3, test_instances=3)(Box.count)\n"
COUNT = "class Box:\n    def count(self, more):\n        {}\n"
LISTS = """
import asyncio
import strop


class Pair:
    def __init__(self, first, second):
        self.first, self.second = first, second

    def __eq__(self, other):
        return True


def sample(random):
    return {"values": [random.randrange(500) for _ in range(300)]}


@strop.improve_me(score="time", sample=sample, instances=3, test_instances=3)
def work(values):
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    RETURN
"""


def task_of(folder: Path, text: str, name: str) -> FunctionTask:
    (folder / "module.py").write_text(text)
    task = load_any(f"{folder / 'module.py'}:{name}")
    assert isinstance(task, FunctionTask)
    return task


def measured(task: FunctionTask, program: str) -> Evaluation:
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), rooms_of(task), discard, b"secret")  # type: ignore[arg-type]
    return utility.evaluate(program, Budget().child("at"))


def lists(returns: str, *, is_async: bool = False) -> str:
    text = LISTS.replace("RETURN", returns)
    return text.replace("def work", "async def work") if is_async else text


APPENDS = "self.items.append(self.items[0])\n        return"


@table(
    ("body", "said"),
    [
        (f"{APPENDS} len(set(self.items)) + more", ""),
        (f"{APPENDS} len(set(self.items)) - 1", "instance 0: malformed answer: the answer is "),
        ("return len(set(self.items)) + more", "leaves other arguments than the original's"),
        (f"self.kept = 1\n        {APPENDS} len(set(self.items)) + more", "leaves other arguments than the original's"),
    ],
    ids=["equal", "another answer", "leaves its object as it is", "changes more"],
)
def test_method_is_compared_by_its_answer_and_by_what_it_does_to_its_object(
    tmp_path: Path, body: str, said: str
) -> None:
    found = measured(task_of(tmp_path, MARKED.replace("return", APPENDS, 1), "target"), COUNT.format(body))
    assert said in found.error and (found.verdict == "ok") == (not said), found.error


def test_arguments_that_are_no_plain_data_are_bytes_on_the_host_and_equal_ones_one_input(tmp_path: Path) -> None:
    task, seeds = task_of(tmp_path, MARKED, "target"), SecretSeeds(b"s")
    one, again, other = (task.instance("train", index, seeds) for index in (0, 0, 1))
    assert list(one.inputs) == [OPAQUE] and type(one.inputs[OPAQUE]) is bytes
    assert one.inputs == again.inputs != other.inputs
    assert one.hidden.in_words["self"] == "<module.Box object>"


def test_description_and_check_say_that_objects_are_made_before_the_clock(tmp_path: Path) -> None:
    task = task_of(tmp_path, MARKED, "target")
    lines = check(task, here(task), b"s" * 32).lines
    assert OBJECTS in task.u_str and OBJECTS.replace(": change", ". Change") in lines


def test_class_of_the_marking_file_reaches_programs_that_do_not_have_the_file(tmp_path: Path) -> None:
    (tmp_path / "box.py").write_text(BOX)
    marks = """
import strop, box
class Special(box.Box):
    def doubled(self):
        return self.items * 2
def sample(random):
    return {"self": Special([random.randrange(500) for _ in range(300)]), "more": 1}
target = strop.improve_me(score="time", sample=sample, instances=3, test_instances=3)(box.Box.count)
"""
    task = task_of(tmp_path, marks, "target")
    assert task.mark is not None and task.mark.program_module.name == "box" and not task.mark.program_module.imports
    drawn = task.instance("train", 0, SecretSeeds(b"s")).inputs
    task.close()
    assert task.instance("train", 0, SecretSeeds(b"s")).inputs == drawn, "another process draws the same bytes"
    found = measured(task, COUNT.format("return len({*self.doubled()}) + more"))
    assert found.verdict == "ok", found.error


@table(
    ("sample", "words"),
    [
        ("{'more': 1, 'self': __import__('threading').Lock()}", "cannot be pickled: input self"),
        ("{'less': 1, 'self': Box([])}", "does not take less"),
        ("{'__opaque__': b'', 'self': Box([])}", "strop's own name"),
    ],
)
def test_inputs_that_cannot_travel_are_named_in_one_line(tmp_path: Path, sample: str, words: str) -> None:
    task = task_of(tmp_path, f"{MARKED}\n".replace("return {", f"return {sample}\n    return {{", 1), "target")
    with pytest.raises(TaskError, match=words):
        task.instance("train", 0, SecretSeeds(b"s"))


def test_cases_may_hold_objects(tmp_path: Path) -> None:
    text = MARKED.replace("sample=sample, instances=3, test_instances=3", "cases=[(Box([n] * 9), n) for n in range(4)]")
    task = task_of(tmp_path, text, "target")
    assert (task.count("train"), task.count("test")) == (2, 2) and "self = <module.Box object>" in task.u_str
    with pytest.raises(ConfigurationError, match=r"case .*missing a required argument"):
        task_of(tmp_path, text.replace("(Box([n] * 9), n)", "(Box([n]),)"), "target")


RUN = {
    "generator": (lists("yield from found"), "yield from dict.fromkeys(values)", ""),
    "generator, no list": (lists("yield from found"), "return list(dict.fromkeys(values))", "original's is a generator"),
    "list, no generator": (lists("return found"), "yield from dict.fromkeys(values)", "the answer is a generator"),
    "coroutine": (lists("return found", is_async=True), "return list(dict.fromkeys(values))", ""),
    "coroutine that waits": (
        lists("await asyncio.sleep(0)\n    return found", is_async=True), "return list(dict.fromkeys(values))", "",
    ),
    "async generator": (
        lists("for each in found:\n        yield each", is_async=True),
        "for each in dict.fromkeys(values):\n        yield each", "",
    ),
    "endless": (lists("yield from found"), "while True:\n        yield 1", "yields more than 50,000 items"),
    "objects": (lists("return [Pair(*found[:2])]"), "return [Pair(values[0], next(x for x in values if x != values[0]))]", ""),
    "another object": (lists("return Pair(*found[:2])"), "return Pair(values[0], -1)", "the answer"),
    "no object": (lists("return Pair(*found[:2])"), "return None", "the answer is plain data, the original's is an object"),
    "sorts": (lists("values.sort()"), "values.sort()", ""),
    "does not sort": (lists("values.sort()"), "pass", "leaves other arguments than the original's: arguments['values']"),
    "sorts where the original does not": (
        lists("return found"), "found = list(dict.fromkeys(values))\n    values.sort()\n    return found", "other arguments",
    ),
    "twice the same": (lists("return [Pair(1, 2), Pair(1, 2)]"), "return [Pair(1, 2)] * 2", "the answer"),
}  # fmt: skip
"""A module, the body of a candidate, and what is said of it; nothing if it is right."""


@table(("text", "body", "said"), RUN.values(), RUN)
def test_answer_of_another_kind_or_content_is_malformed(tmp_path: Path, text: str, body: str, said: str) -> None:
    task = task_of(tmp_path, text, "work")
    head = "async def" if "async def work" in text else "def"
    found = measured(task, f"{head} work(values):\n    {body}\n")
    assert said in found.error and (found.verdict == "ok") == (not said), found.error


@table(
    ("returns", "words"),
    [
        ("return Pair(1, 2)", "cannot send an object of type Pair"),
        ("values.sort()\n    return 1", "which accept.. does not see"),
    ],
)
def test_accept_decides_about_plain_data_alone(tmp_path: Path, returns: str, words: str) -> None:
    text = lists(returns).replace("sample=sample,", "sample=sample, accept=lambda instance, answer: True,")
    task = task_of(tmp_path, text, "work")
    with pytest.raises(TaskError, match=words):
        measured(task, task.seed)


def test_scorer_gets_the_objects_and_the_list_of_what_a_generator_yields(tmp_path: Path) -> None:
    text = BOX.replace("        return len(found) + more", "        yield from found")
    score = "score=lambda answer, self, more: len(answer) / len(self.items)"
    text += f"\n\ntarget = strop.improve_me({score}, sample=sample, instances=3, test_instances=3)(Box.count)\n"
    found = measured(task_of(tmp_path, text, "target"), COUNT.format("yield from [1] * len(self.items)"))
    assert found.verdict == "ok" and found.value == 1.0, found.error


@table(("close", "verdict"), [("", "malformed"), ("close=1e-3, ", "ok")])
def test_close_is_the_tolerance_of_floats(tmp_path: Path, close: str, verdict: str) -> None:
    text = lists("return sum(found) / 7").replace("sample=sample,", f"sample=sample, {close}")
    task = task_of(tmp_path, text, "work")
    assert f"within a relative {'0.001' if close else '1e-09'}" in task.u_str
    assert measured(task, "def work(values):\n    return sum({*values}) / 7 * (1 + 1e-5)\n").verdict == verdict


@table(
    "told", ["[[1] * count, ['a lie'] * count, []]", "[[1] * count, [], [{}] * (count + 1)]", "[[1] * count, []]", "1"]
)
def test_program_that_describes_its_answers_in_another_form_breaks_the_protocol(tmp_path: Path, told: str) -> None:
    task = task_of(tmp_path, lists("return len(found)"), "work")
    lies = (
        "import importlib\n\nGUEST = importlib.import_module('strop' + '_behaviour')\n"
        f"NEW = setattr(GUEST, 'take_batch', lambda what, count, *given: {told})\n"
    )
    found = measured(task, f"{lies}\n\ndef work(values):\n    return 1\n")
    assert found.verdict == "violated", found.error
