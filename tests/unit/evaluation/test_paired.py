"""The utility of a function that is to be faster: equal answers first, then CPU time. Nothing here depends on how fast it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import Evaluated, Event
from strop.base.results import Evaluation, means_of
from strop.checks.check import check
from strop.checks.checked import Checked
from strop.core.utility import TaskUtility
from strop.evaluation import instances, paired
from strop.evaluation.base import WHOLE, Order, Part
from strop.evaluation.batch_planning import BatchPlanning, TriedBatch
from strop.evaluation.functions.load import load_any
from strop.evaluation.instances import BatchPlan, DrawnInstances
from strop.evaluation.laws import LEAST
from strop.evaluation.workers import JailedWorker
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import parse_constraint
from strop.tasks.function.batch_metrics import BESIDE, CALLS, DIFFERENT, LOADING, SECONDS
from strop.tasks.function.task import FunctionTask
from support.commands_here import here
from support.rooms import rooms_by_name, sandbox_of
from support.rows import table

MODULE = """
import strop
LIMITS = [0, 50]


def sample(rng):
    return {"values": rng.integers(*LIMITS, 2000).tolist()}


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
    task: FunctionTask, jail: JailedSandbox, program: str, split: str = "train", *, is_final: bool = False
) -> tuple[Evaluation, list[Event]]:
    events: list[Event] = []
    utility = TaskUtility(
        task, split, SecretSeeds(b"s"), sandbox_of(task, jail), events.append, b"secret", is_final=is_final
    )  # type: ignore[arg-type]
    return utility.evaluate(program, Budget().child("at")), events


def test_program_with_equal_answers_is_scored_by_its_time_beside_the_original_s_which_is_worth_exactly_a_half(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    task = task_of(tmp_path)
    found, events = measured(task, jail, FASTER)
    assert found.verdict == "ok" and len(found.scores) == 4
    for score, after, before in zip(found.scores, found.metrics, found.original_metrics, strict=True):
        assert score == pytest.approx(before[SECONDS] / (before[SECONDS] + after[SECONDS]))
    assert [each.value for each in events if isinstance(each, Evaluated)] == [found.value]
    assert set(measured(task, jail, task.seed)[0].scores) == {0.5}


@pytest.mark.parametrize("name", ["count", "calls", "entry"])
def test_function_may_have_the_name_of_anything_that_calls_it(jail: JailedSandbox, tmp_path: Path, name: str) -> None:
    task = task_of(tmp_path, MODULE.replace("unique", name))
    assert measured(task, jail, FASTER.replace("unique", name))[0].verdict == "ok"


def test_calls_are_timed_together_and_what_lies_beside_them_apart(jail: JailedSandbox, tmp_path: Path) -> None:
    found = measured(task_of(tmp_path), jail, FASTER, "test", is_final=True)[0]
    for rows in (found.metrics, found.original_metrics):
        assert len({row[CALLS] for row in rows}) == 1 and all(row[CALLS] > 2 for row in rows)
        assert all(any(row[part] > 0 for row in rows) for part in BESIDE), "a clock may stand still for one of them"


@table(
    ("program", "verdict"),
    [
        ("def unique(values):\n    return sorted(set(values))\n", "malformed"),
        ("def unique(values):\n    return values[3000]\n", "raised"),
    ],
    ids=["other answers", "raises"],
)
def test_one_failure_costs_the_whole_utility(jail: JailedSandbox, tmp_path: Path, program: str, verdict: str) -> None:
    found, _ = measured(task_of(tmp_path), jail, program)
    assert (found.value, found.verdict) == (0.0, verdict)


LISTED = MODULE.replace("sample=sample, instances=4, test_instances=3", "cases=[([n, 1, n],) for n in range(8)]")
SLOW = "    sum(range(900_000))\n"
REMEMBERING = (
    "seen = []\n\n\ndef unique(values):\n    assert values not in seen\n    seen.append(list(values))\n"
    "    return list(dict.fromkeys(values))\n"
)


@table(
    ("text", "split", "count"), [(MODULE, "test", 3), (LISTED.replace("    found", SLOW + "    found", 1), "train", 4)]
)
def test_no_process_that_is_timed_gets_an_input_twice(
    jail: JailedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, split: str, count: int
) -> None:
    for is_final in paired.LEFT_BEHIND:
        monkeypatch.setitem(paired.LEFT_BEHIND, is_final, 0)
    found = measured(task_of(tmp_path, text), jail, REMEMBERING, split)[0]
    assert found.verdict == "ok" and len(found.scores) == count


def test_parts_of_a_comparison_have_the_batches_that_training_planned_whatever_a_clock_says(tmp_path: Path) -> None:
    task = task_of(tmp_path, LISTED.replace("range(8)", "range(48)"))
    order = Order("at", FASTER, task.name, "test", SecretSeeds(b"s"), b"secret", is_final=True)

    def plan(a_call: float, part: Part = WHOLE) -> BatchPlan:
        drawn = DrawnInstances(task, "test", order.seeds)
        tried = TriedBatch(a_call, idle=1e-6, beside=0.0, answers_at_once=1)
        return BatchPlanning(task, replace(order, part=part), drawn, lambda *_: tried).plan(is_listed=True)

    first = plan(0.02)
    assert first.dealt is not None and len(first.dealt) == 24 and plan(0.001).dealt != first.dealt
    parts = Part(calls=first.calls, is_dealt=True), Part(24, 8, 16, calls=first.calls, is_dealt=True)
    assert all(plan(0.001, part).dealt == first.dealt for part in parts)


@table("text", [MODULE, LISTED.replace("    found", SLOW + "    found", 1)], ids=["drawn", "listed"])
def test_each_instance_of_a_verdict_is_told_as_it_begins(jail: JailedSandbox, tmp_path: Path, text: str) -> None:
    task, said = task_of(tmp_path, text), list[object]()
    worker = JailedWorker([task], rooms=rooms_by_name(task), step=lambda *each: said.append(each))
    order = Order("at", FASTER, task.name, "test", SecretSeeds(b"s"), b"secret", is_final=True)
    count = task.count("test")
    assert worker.measure(replace(order, split="train", is_final=False)).result().verdict == "ok" and not said
    assert worker.measure(order).result().verdict == "ok" and said == [(at + 1, count) for at in range(count)]


KEPT = """
import functools
import strop
KEPT = {}

def sample(rng):
    return {"n": int(rng.integers(10**5))}

@functools.lru_cache
def cached(n):
    return sum(range(2 * 10**5 + n))

def kept(n):
    if n not in KEPT:
        KEPT[n] = cached.__wrapped__(n)
    return KEPT[n]

@strop.improve_me(score="time", sample=sample, instances=12, test_instances=6)
def work(n):
    return CALL
"""
KEEPING = {
    "cache": ("cached(n % 7)", "The function keeps something between calls: one takes "),
    "dict": ("kept(n % 7)", 'To time first calls, give isolate="instance".'),
    "nothing": ("cached.__wrapped__(n)", ""),
}


@table(("call", "said"), KEEPING.values(), KEEPING)
def test_check_names_a_function_that_keeps_something_between_calls(
    jail: JailedSandbox, tmp_path: Path, call: str, said: str
) -> None:
    def lines_of(text: str) -> str:
        (tmp_path / "module.py").write_text(text.replace("CALL", call))
        task = load_any(str(tmp_path / "module.py"))
        return "\n".join(check(task, here(task, jail=jail), b"s" * 32).lines)

    lines = lines_of(KEPT)
    assert said in lines and ("keeps something" in lines) == bool(said), lines
    assert (
        "nothing broken found; there are no spoiled answers to try." in lines
        and "the original takes " in lines
        and "timed in 12 batches of " in lines
    )
    assert "keeps something" not in lines_of(KEPT.replace("test_instances=6", 'test_instances=6, isolate="instance"'))


FEW = """
import strop

@strop.improve_me(score="time", sample=lambda rng: {"n": int(rng.integers(6000, 6060))}, test_instances=12)
def f(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
"""


def test_no_batch_of_a_verdict_has_an_input_that_a_batch_of_training_may_have(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    task, splits = task_of(tmp_path, FEW), ("train", "test")
    drawn = [DrawnInstances(task, split, SecretSeeds(b"s")) for split in splits]  # type: ignore[arg-type]
    trained, held_out = (
        {one[0]["n"] for index in range(2) for one in of.different(index)} | {of[index][0]["n"] for index in range(12)}
        for of in drawn
    )
    assert not trained & held_out and len(trained | held_out) == 60
    found = measured(task, jail, f"{FEW.partition('def ')[2].join(('def ', ''))}# the same\n", "test", is_final=True)[0]
    different = round(sum(row.get(DIFFERENT, row[CALLS]) for row in found.metrics))
    assert found.verdict == "ok" and LEAST <= different <= len(held_out), "they are counted once"


def test_inputs_are_the_same_up_to_one_that_cannot_be_drawn_however_many_are_drawn_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, found = task_of(tmp_path, FEW.replace("6000, 6060))", "60)) or 1 // 0")), list[bytes]()
    for at_once in (64, 1):
        monkeypatch.setattr(instances, "AT_ONCE", at_once)
        with pytest.raises(TaskError, match="ZeroDivisionError"):
            found += (one[1].encoded for one in DrawnInstances(task, "train", SecretSeeds(b"s")).different(0))
    assert found[: len(found) // 2] == found[len(found) // 2 :] and found


@table(("sample", "fixed", "refused"), [("6000", False, True), ("60_000", True, False)])
def test_function_of_whose_inputs_none_can_be_held_out_is_refused_unless_that_is_wanted(
    jail: JailedSandbox, tmp_path: Path, sample: str, fixed: bool, refused: bool
) -> None:
    text = FEW.replace("int(rng.integers(6000, 6060))", sample).replace("test_in", f"fixed_input={fixed}, test_in")
    task = task_of(tmp_path, text)
    if refused:
        with pytest.raises(TaskError, match="none can be held out; draw more, or give fixed_input=True"):
            measured(task, jail, task.seed)
    else:
        assert measured(task, jail, task.seed)[0].verdict == "ok"


@pytest.mark.heavy
@table(("text", "index"), [(MODULE, 0), (LISTED, 1)], ids=["drawn", "listed"])
def test_instance_on_which_the_original_fails_has_no_value_in_the_verdict(
    jail: JailedSandbox, tmp_path: Path, text: str, index: int
) -> None:
    text = text.replace("    found", SLOW + "    found", 1)
    held_out = DrawnInstances(task_of(tmp_path, text), "test", SecretSeeds(b"s"))
    failing = f"    assert values != {held_out[index][0].inputs['values']}\n"
    task = task_of(tmp_path, text.replace("    found", f"{failing}    found", 1))
    of, program = task.count("test"), "def unique(values):\n"
    for body, both in (("", 0), (failing, 1)):
        found = measured(task, jail, FASTER.replace(program, program + body), "test", is_final=True)[0]
        assert (found.verdict, found.failures, len(found.scores), len(found.original_metrics)) == (
            "ok",
            (1, both),
            of - 1,
            of - 1,
        )
    assert measured(task, jail, f"{program}    return 1\n", "test", is_final=True)[0].verdict == "malformed"


def test_original_that_fails_on_every_held_out_instance_breaks_the_task(jail: JailedSandbox, tmp_path: Path) -> None:
    text = LISTED.replace("    found", SLOW + "    assert False\n    found", 1)
    with pytest.raises(TaskError, match="the original fails on every held-out instance"):
        measured(task_of(tmp_path, text), jail, FASTER, "test", is_final=True)


def test_function_that_returns_an_array_is_measured(jail: JailedSandbox, tmp_path: Path) -> None:
    task = task_of(tmp_path, MODULE.replace("return found", "return __import__('numpy').array(found)"))
    assert measured(task, jail, task.seed)[0].verdict == "ok"


def test_failures_on_held_out_instances_are_told_to_nobody(jail: JailedSandbox, tmp_path: Path) -> None:
    program = "def unique(values):\n    return 1\n"
    task = task_of(tmp_path)
    assert measured(task, jail, program)[0].notes and not measured(task, jail, program, "test")[0].notes


def checked(task: FunctionTask, jail: JailedSandbox) -> Checked:
    return check(task, here(task, jail=jail), b"secret")


@table(
    ("body", "said"),
    [
        ("return None", "the original returns None for every instance"),
        ("return values[3000]", "IndexError"),
    ],
)
def test_check_of_a_function_scored_by_time_is_broken_where_a_run_would_be(
    jail: JailedSandbox, tmp_path: Path, body: str, said: str
) -> None:
    text = MODULE[: MODULE.index("    found = []")] + f"    {body}\n"
    found = checked(task_of(tmp_path, text), jail)
    assert found.broken and said in found.problems[0].what


def test_check_names_what_calls_leave_behind_and_nobody_can_compare(jail: JailedSandbox, tmp_path: Path) -> None:
    above = "import threading, time\nLOG, WHEN = [threading.Lock()], 0.0\n"
    text = MODULE.replace("    found", "    global WHEN\n    WHEN = time.time()\n    found", 1)
    found = checked(task_of(tmp_path, above + text), jail)
    what = "what calls leave in LOG (an object of type lock), WHEN (which varies) is not compared"
    assert [problem.what for problem in found.problems] == [what] and not found.broken


def test_equal_cases_of_a_fixed_input_are_measured_each(jail: JailedSandbox, tmp_path: Path) -> None:
    text = (
        "import strop\n\n@strop.improve_me(score='time', fixed_input=True, cases=[{'n': 600_000}] * 6)\n"
        "def f(n):\n    total = 0\n    for i in range(n):\n        total += i * i % 7\n    return total\n"
    )
    task = task_of(tmp_path, text)
    found = measured(task, jail, task.seed, "test", is_final=True)[0]
    assert found.verdict == "ok" and len(found.scores) == task.count("test") == 3


def test_time_that_stays_the_same_for_a_while_is_not_compared(jail: JailedSandbox, tmp_path: Path) -> None:
    above, notes = "import time\nLAST = 0\n", "    global LAST\n    LAST = int(5 * time.time())\n    found"
    task = task_of(tmp_path, above + MODULE.replace("    found", notes, 1))
    program = FASTER.replace("    return", f"{notes.removesuffix('    found')}    return")
    assert measured(task, jail, program, "test", is_final=True)[0].verdict == "ok"


def test_each_instance_has_a_fresh_process_in_training_as_in_the_final_comparison_and_an_isolated_call_has_one(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    """Else what a function keeps between calls would be there in training, and not in the end."""
    once, twice = (
        f"calls = []\n\n\n{FASTER.replace('    ', f'    calls.append(1); assert len(calls) < {n}; ')}" for n in (2, 3)
    )
    task = task_of(tmp_path, MODULE.replace("    found", 4 * SLOW + "    found", 1))  # so that one input is enough
    first = replace(task, isolate="instance")
    assert [one.facts and one.facts.calls for one in (task, first)] == ["later", "first"]
    assert measured(task, jail, once)[0].verdict == "raised"
    for of, program in ((task, twice), (first, once)):
        assert {measured(of, jail, program, split)[0].verdict for split in ("train", "test")} == {"ok"}


def test_what_a_program_does_when_it_is_loaded_is_no_part_of_a_call(jail: JailedSandbox, tmp_path: Path) -> None:
    task = task_of(tmp_path)
    loads = "table = [n * n for n in range(1_000_000)]\n\n\n" + FASTER.replace(
        "    return", "    assert table\n    return"
    )
    lazily = FASTER.replace("    return", "    if not kept:\n        kept.extend(range(3_000_000))\n    return")
    for program in (loads, "kept = []\n\n\n" + lazily):
        found = measured(task, jail, program, "test")[0]
        assert found.verdict == "ok" and all(
            after[SECONDS] < 0.1 * after[LOADING] > 0.1 * before[LOADING]
            for before, after in zip(found.original_metrics, found.metrics, strict=True)
        )


BIG = "big = bytearray(b'x' * (64 << 20))\n"
RESETS = "    try:\n        open('/proc/self/clear_refs', 'w').write('5')\n    except OSError:\n        pass\n"
TAKES_MEMORY = {
    "while it is loaded": f"{BIG}del big\n\n\n{FASTER}",
    "in a call": "seen = []\n\n\n"
    + FASTER.replace("    return", f"    if not seen:\n        seen.append(1)\n        {BIG}    return"),
    "and lets the kernel count anew": f"def reset():\n    {BIG}    del big\n{RESETS}\n\nDONE = reset()\n\n\n{FASTER}",
    "at exit": f"import atexit\n\n\ndef late():\n    {BIG}\n\nDONE = atexit.register(late)\n\n\n{FASTER}",
}
"""When a program takes 64 MiB that it does not keep → the program."""


def test_peak_of_memory_is_counted_and_held_when_a_program_takes_it_for_a_moment(
    jail: JailedSandbox, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    task = task_of(tmp_path)
    held = replace(task, required=(parse_constraint("memory<=1.5x"), parse_constraint("memory<=4000")))
    assert measured(held, jail, FASTER)[0].verdict == measured(held, jail, task.seed)[0].verdict == "ok"
    for name, program in TAKES_MEMORY.items():
        with subtests.test(name):
            found = measured(held, jail, program)[0]
            assert (
                found.value == 0.0
                and found.error.startswith("memory ")
                and found.error.endswith("x the original's, where 1.5x is the most")
            )
            assert 64 < found.means["memory"] - means_of(found.original_metrics)["memory"] < 192


def test_input_on_which_a_program_raises_is_named(jail: JailedSandbox, tmp_path: Path) -> None:
    program = "def unique(values):\n    assert values[0] < 40, values[0]\n    return list(dict.fromkeys(values))\n"
    found = measured(task_of(tmp_path), jail, program)[0]
    value = int(found.error.split("AssertionError: ")[1].split("\n")[0])
    assert found.verdict == "raised" and f"inputs: values = [{value}, " in found.notes[0]


ACCEPTED = """
import strop


def sample(rng):
    return {"value": float(rng.uniform(1, 100))}


def is_root(instance, answer):
    if not isinstance(answer, float):
        raise strop.Malformed("a root is a float")
    return abs(answer * answer - instance["value"]) < 1e-9


@strop.improve_me(score="time", sample=sample, accept=is_root, instances=4, test_instances=3)
def root(value):
    sum(range(2000))
    return value ** 0.5
"""


@table(
    ("body", "said"),
    [
        ("return -(value ** 0.5)", ""),
        ("return value", "instance 0: malformed answer: accept() says that it is wrong"),
    ],
)
def test_accept_decides_in_place_of_being_equal(jail: JailedSandbox, tmp_path: Path, body: str, said: str) -> None:
    found = measured(task_of(tmp_path, ACCEPTED), jail, f"def root(value):\n    {body}\n")[0]
    assert found.error.split("\n")[0] == said and (found.verdict == "ok") == (not said)


def test_accept_that_raises_costs_a_candidate_its_score(jail: JailedSandbox, tmp_path: Path) -> None:
    task = task_of(tmp_path, ACCEPTED.replace("    return abs", "    if answer < 1: raise KeyError\n    return abs"))
    found = measured(task, jail, "def root(value):\n    return 0\n")[0]
    assert found.verdict == "malformed" and "accept() raised KeyError" in found.error


FAST = (
    r"task unique: the original takes [\d.]+ ms for 1 different call, too little to compare "
    r"\([\d.]+ ms are needed: [\d.]+ times a message that makes no call\); draw longer"
)
UNCOMPARABLE = {
    "one input": (
        MODULE.replace("rng.integers(*LIMITS, 2000).tolist()", "[3, 1, 3]").replace("ple, ", "ple, fixed_input=True, "),
        FAST,
    ),
    "listed": (LISTED, FAST),
    "its caller": (
        LISTED + "\n\ndef whole(rows):\n    return [unique(row) for row in rows]\n",
        "or mark whole, which calls it",
    ),
    "changes its arguments": (
        ACCEPTED.replace("    sum(range", "    values.pop()\n    sum(range")
        .replace("(value)", "(value, values)")
        .replace('{"value"', '{"values": [1], "value"'),
        r"the original changes its arguments, which accept\(\) does not see",
    ),
    "prints": (
        MODULE.replace("found = []", "found = []\n    print(sorted(values))\n    return None"),
        "the original returns None for every instance",
    ),
    "reads a clock": (
        MODULE.replace("found = []", "found = [__import__('time').time_ns()]"),
        "differs when run again; seed what it draws, or give accept=",
    ),
    "is not accepted": (ACCEPTED.replace("** 0.5", "** 0.4"), r"accept\(\) refuses the original's own answer"),
    "accept raises": (
        ACCEPTED.replace("if not isinstance", "if isinstance").replace("strop.Malformed", "KeyError"),
        r"accept\(\) raised KeyError",
    ),
}
"""A task, and why its original is refused."""


@table(("text", "words"), UNCOMPARABLE.values(), UNCOMPARABLE)
def test_original_with_which_nothing_can_be_compared_is_refused(
    jail: JailedSandbox, tmp_path: Path, text: str, words: str
) -> None:
    task = task_of(tmp_path, text)
    with pytest.raises(TaskError, match=words):
        measured(task, jail, task.seed)


@table("score", ["lambda answer, value: 0.5", "'time'"])
def test_accept_goes_with_a_time(tmp_path: Path, score: str) -> None:
    text = ACCEPTED.replace('score="time"', f"score={score}")
    if "lambda" not in score:
        text = text.replace("accept=is_root", "accept=3")
    with pytest.raises(ConfigurationError, match="accept must be a function, and goes with score='time'"):
        task_of(tmp_path, text)
