"""A function of a module: taken out with what it needs, and put back so that nothing else changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.function.extract import extracted, read_source
from strop.tasks.function.same import difference, same_answer
from strop.tasks.function.task import FunctionTask
from strop.tasks.registry import load_any

MODULE = '''"""What the module says."""
from __future__ import annotations

import math, os
from collections import deque
import strop

LIMIT = 10  # of everything
UNUSED = os.sep


class Box:
    size = LIMIT


# A helper.
def half(n: int) -> int:
    return n // 2


def other() -> float:
    return math.pi


# Above the function.
@strop.improve_me(score=lambda answer, n: 1.0, cases=[(1,), (2,), (3,)])
def work(n: int, start: int = LIMIT) -> list[int]:
    """What it does."""
    waiting = deque([start])  # a comment
    while len(waiting) < n:
        waiting.append(half(waiting[-1]))
    return list(waiting)  # the end


print_nothing = None  # after it
'''


def task_of(folder: Path, text: str = MODULE, name: str = "work") -> FunctionTask:
    (folder / "module.py").write_bytes(text.encode())
    task = load_any(f"{folder / 'module.py'}:{name}")
    assert isinstance(task, FunctionTask)
    return task


def refused(folder: Path, body: str, before: str = "") -> str:
    text = f"import strop\n{before}\n@strop.improve_me(score='time', cases=[(1,), (2,)])\n{body}\n"
    with pytest.raises(ConfigurationError) as error:
        task_of(folder, text)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_program_holds_what_the_function_uses_and_nothing_else(tmp_path: Path) -> None:
    program = task_of(tmp_path).seed
    for used in ("from __future__", "deque", "LIMIT = 10", "def half", "def work", "# a comment"):
        assert used in program
    for unused in ("math", "os", "UNUSED", "Box", "other", "improve_me", "print_nothing"):
        assert unused not in program


def test_program_runs_alone(tmp_path: Path) -> None:
    names: dict[str, object] = {}
    exec(task_of(tmp_path).seed, names)
    assert names["work"](3) == [10, 5, 2]  # type: ignore[operator]


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_unchanged_program_gives_the_module_back_bit_for_bit(tmp_path: Path, ends: str) -> None:
    task = task_of(tmp_path, MODULE.replace("\n", ends))
    assert task.written_back(task.seed).replace("\n", ends) == task.module_text


def test_improved_function_takes_the_place_of_the_old_and_nothing_else_moves(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    better = "    return [start] * n  # better"
    begin, end = task.seed.index("    waiting ="), task.seed.rindex("\n")
    text = task.written_back(task.seed[:begin] + better + task.seed[end:])
    begin, end = MODULE.index("    waiting ="), MODULE.index("\n\n\nprint_nothing")
    assert text == MODULE[:begin] + better + MODULE[end:]


def test_new_helpers_stand_above_the_function_and_new_imports_below_the_old(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    program = "import heapq, math\nfrom collections import Counter, deque\n" + task.seed.partition("\n")[2].replace(
        "def work", "# New.\ndef fresh():\n    return heapq\n\n\ndef work"
    )
    text = task.written_back("from __future__ import annotations\n" + program)
    assert "import strop\nimport heapq\nfrom collections import Counter\n\nLIMIT" in text
    assert "# New.\ndef fresh():\n    return heapq\n\n\n# Above the function.\n@strop.improve_me" in text
    assert text.count("deque\n") == MODULE.count("deque\n") and text.count("import math") == 1
    compile(text, "module.py", "exec")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: s.replace("n // 2", "n >> 1"), "half is another"),
        (lambda s: s + "def other():\n    return 1\n", "other is another"),
        (lambda s: s + "import heapq as os\n", "os"),
        (lambda s: s + "from heapq import *\n", "import names"),
        (lambda s: s + "work(3)\n", "top level"),
        (lambda s: s.replace("def work", "def play"), "no such function"),
        (lambda s: "def work(:", "not Python"),
    ],
    ids=["helper", "taken name", "taken import", "star", "statement", "gone", "syntax"],
)
def test_candidate_that_changes_more_than_the_function_is_malformed(tmp_path: Path, change, named: str) -> None:  # type: ignore[no-untyped-def]
    task = task_of(tmp_path)
    for _ in ("first", "again"):
        with pytest.raises(Malformed, match=named):
            task.program(change(task.seed))


def test_candidate_may_drop_what_it_no_longer_uses_and_have_a_main_part(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    program = "def work(n, start=10):\n    return [start] * n\n\n\nif __name__ == '__main__':\n    print(work(3))\n"
    text = task.written_back(program)
    assert "def half" in text and "print(work" not in text


def test_added_decorator_stands_below_the_mark(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    program = "import functools\n" + task.seed.replace("def work", "@functools.lru_cache\ndef work")
    text = task.written_back(program)
    assert "(3,)])\n@functools.lru_cache\ndef work(n: int" in text
    assert "# Above the function.\n@strop.improve_me" in text


@pytest.mark.parametrize(
    ("body", "before", "named"),
    [
        ("def work(n):\n    return there(n)", "from json import *", "import it by its name"),
        ("def work(n):\n    seen.append(n)\n    return seen\ndef more():\n    seen.clear()", "seen = []", "seen"),
        ("def work(n):\n    global count\n    count += 1\n    return count", "count = 0", "count"),
        ("async def work(n):\n    return n", "", "async"),
        ("def work(n):\n    return n\ndef work(n):\n    return 1", "", "2 times"),
    ],
    ids=["star import", "list that others change", "global", "async", "twice"],
)
def test_function_that_cannot_be_taken_out_is_refused_in_one_line(
    tmp_path: Path, body: str, before: str, named: str
) -> None:
    if "there" in body or "work(n):\n    return 1" in body:  # such a module does not load, or hides its mark
        text = f"{before}\n{body}\n"
        with pytest.raises(ConfigurationError, match=named):
            extracted(read_source(tmp_path / "module.py", text), "work")
        return
    assert named in refused(tmp_path, body, before)


def test_import_of_ones_own_module_is_refused_with_the_way_out(tmp_path: Path) -> None:
    source = read_source(tmp_path / "module.py", "from helpers import f\ndef work(n):\n    return f(n)\n")
    (tmp_path / "helpers.py").write_text("def f(n):\n    return n\n")
    with pytest.raises(ConfigurationError, match="your own module helpers; use the command form"):
        extracted(source, "work")


def test_relative_import_is_refused_with_the_way_out(tmp_path: Path) -> None:
    source = read_source(tmp_path / "module.py", "from .helpers import f\ndef work(n):\n    return f(n)\n")
    with pytest.raises(ConfigurationError, match=r"its own package.*command form"):
        extracted(source, "work")


def test_memo_of_the_function_itself_is_taken_along(tmp_path: Path) -> None:
    text = "memo = {}\n\n\ndef work(n):\n    memo[n] = memo.get(n, n)\n    return memo[n]\n"
    assert extracted(read_source(tmp_path / "m.py", text), "work") == text


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("score='time'", "sample= or cases="),
        ("score='time', cases=[(1,)]", "at least 2"),
        ("score='time', cases=[(1,), 2]", "case 2"),
        ("score='time', cases=[(1,), (1, 2)]", "too many"),
        ("score='speed', cases=[(1,), (2,)]", "'speed'"),
        ("score='time', cases=[(1,), (2,)], instance=3", "takes no instance"),
        ("score='time', cases=[(1,), (2,)], time_limit=-1", "time_limit"),
    ],
)
def test_mark_that_does_not_fit_is_named_in_one_line(tmp_path: Path, arguments: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        task_of(tmp_path, f"import strop\n@strop.improve_me({arguments})\ndef work(n):\n    return n\n")


def test_marked_function_is_the_function_itself() -> None:
    def work(n: int) -> int:
        return n

    assert strop.improve_me(score="time", cases=[(1,), (2,)])(work) is work


def test_every_second_case_is_held_out(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    assert [task.instance("train", index, None)["n"] for index in range(task.count("train"))] == [1, 3]  # type: ignore[arg-type]
    assert [task.instance("test", index, None)["n"] for index in range(task.count("test"))] == [2]  # type: ignore[arg-type]


def test_only_marked_function_of_a_module_needs_no_name(tmp_path: Path) -> None:
    assert task_of(tmp_path).seed == load_any(str(tmp_path / "module.py")).seed
    again = MODULE.replace("print_nothing = None", "again = strop.improve_me(score='time', cases=[(1,), (2,)])(half)")
    more = MODULE.replace("# A helper.", "@strop.improve_me(score='time', cases=[(1,), (2,)])")
    (tmp_path / "module.py").write_text(again)
    (tmp_path / "module.py").write_text(more)
    with pytest.raises(ConfigurationError, match="marks half, work; name one"):
        load_any(str(tmp_path / "module.py"))


def test_reference_makes_an_answer_that_differs_malformed(tmp_path: Path) -> None:
    task = task_of(tmp_path, MODULE.replace("cases=", "reference=True, cases="))
    instance = task.instance("train", 1, None)  # type: ignore[arg-type]
    assert task.checked_score(instance, [10, 5, 2]) == 1.0
    with pytest.raises(Malformed, match="the original's is 2"):
        task.checked_score(instance, [10, 5, 3])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((1, 2), [1, 2], True),
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.001, False),
        (1, 1.0, False),
        (10**17, 1e17, False),
        (10**17 + 5, 10**17, False),
        (2**63, 2**63 + 1, False),
        (np.int64(3), 3, True),
        (np.float32(0.5), 0.5, True),
        (np.float64(3), 3, False),
        (np.bool_(True), True, True),
        (np.bool_(True), 1, False),
        (True, 1.0, False),
        (1.0, float("nan"), False),
        ([1.0, float("nan")], [float("nan"), 1.0], False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (float("inf"), float("-inf"), False),
        (0.0, -0.0, True),
        (0.0, 1e-300, False),
        ([1, [2, {"a": (3,)}]], [1, [2, {"a": [3.0]}]], False),
        (np.arange(3), np.arange(3.0), False),
        (np.arange(3, dtype="i4"), np.arange(3), True),
        (np.arange(3), [0, 1.0, 2], False),
        (np.array([2**63], dtype="u8"), np.array([2**63 + 1], dtype="u8"), False),
        (range(3), [0, 1, 2], True),
        ("a", "a ", False),
        ("\u00e9", "e\u0301", False),
        ([], {}, False),
        (None, 0, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (True, 1, False),
        (float("nan"), float("nan"), True),
        ({"a": [1]}, {"a": (1,)}, True),
        ({"a": 1}, {"b": 1}, False),
        (np.ones(3), np.ones(3), True),
        (np.ones(3), np.ones(4), False),
        (np.arange(3), [0, 1, 2], True),
        ("a", "a", True),
        ("1", 1, False),
        (None, None, True),
        (10**30, 10**30 + 1, False),
    ],
)
def test_answers_are_the_same_within_rounding(one: object, other: object, same: bool) -> None:
    assert same_answer(one, other) is same and same_answer(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (10**17, 1e17, "the answer is a float (1e+17), the original's is an int (100000000000000000)"),
        ([1, [2, 3]], [1, [2, 4]], "the answer[1][1] is 4, the original's is 3"),
        ({"a": [1]}, {"a": [1, 2]}, "the answer['a'] has 2 elements, the original's has 1"),
        (np.ones(3), np.ones(4), "the answer is an array of shape (4,), the original's has (3,)"),
        (np.arange(3), np.arange(3.0), "an element of the answer is a float, the original's is an int"),
    ],
)
def test_difference_of_answers_is_named_with_its_place(one: object, other: object, words: str) -> None:
    assert difference(one, other) == words


def test_description_names_the_function_and_what_may_change(tmp_path: Path) -> None:
    told = task_of(tmp_path).told
    assert "Only work may change" in told and "What it does." in told


@pytest.mark.process
def test_mark_costs_no_import_of_anything_heavy() -> None:
    import subprocess

    code = "import strop, sys; strop.improve_me(score='time', cases=[]); print('numpy' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def patched(folder: Path, task: FunctionTask, candidate: str) -> FunctionTask:
    """The task of the module that the patch makes."""
    assert task.source is not None
    return task_of(folder, task.written_back(candidate))


@pytest.mark.parametrize(
    "candidate",
    [
        "def work(n, start=LIMIT):\n    return [half(start)] * n\n",
        "import heapq\nSTEP = 2\n\n\ndef twice(n):\n    return STEP * n\n\n\n"
        "def work(n, start=LIMIT):\n    return twice(heapq.nlargest(n, [LIMIT])[0])\n",
        "def work(n, start=LIMIT):\n    return math.floor(Box.size)\n",
    ],
    ids=["function alone", "with new names", "with names that it did not use before"],
)
def test_program_that_is_scored_is_taken_out_of_the_patched_module(tmp_path: Path, candidate: str) -> None:
    task = task_of(tmp_path)
    names: dict[str, object] = {}
    exec(task.program(candidate), names)
    assert names["work"](1) is not None  # type: ignore[operator]
    assert task.program(candidate) == patched(tmp_path, task, candidate).seed


def test_function_alone_is_the_program_itself_where_nothing_changed(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    assert task.program(task.seed) == task.program(task.seed[task.seed.index("def work") :]) == task.seed


def test_name_of_a_builtin_that_the_module_gives_another_meaning_keeps_that(tmp_path: Path) -> None:
    text = "def max(values):\n    return 'mine'\n\n\ndef work(values):\n    return max(values)\n"
    assert extracted(read_source(tmp_path / "m.py", text), "work") == text


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("TABLE = {}\nfor n in range(3):\n    TABLE[n] = n", "return TABLE[n]"),
        ("TABLE = [3, 1, 2]\nTABLE.sort()", "return TABLE[n]"),
        ("import random\nTABLE = [3, 1, 2]\nrandom.shuffle(TABLE)", "return TABLE[n]"),
        ("import decimal\ndecimal.getcontext().prec = 5", "return decimal.Decimal(n)"),
        ("import sys\nsys.setrecursionlimit(5000)", "return n"),
    ],
    ids=["filled by a loop", "sorted", "shuffled", "context", "recursion limit"],
)
def test_statements_that_change_what_the_function_uses_are_taken_along(tmp_path: Path, before: str, body: str) -> None:
    program = extracted(
        read_source(tmp_path / "m.py", f"{before}\nprint('loaded')\n\ndef work(n):\n    {body}\n"), "work"
    )
    assert all(line in program for line in before.split("\n")) and "loaded" not in program


def test_module_that_does_more_when_it_loads_is_told_of_in_one_line(tmp_path: Path) -> None:
    assert task_of(tmp_path).note == ""
    note = task_of(tmp_path, MODULE + "print('loaded')\nprint('again')\n").note
    assert "print('loaded'), and 1 more" in note and "does not run where work is scored" in note


def test_module_that_reads_arguments_does_not_get_those_of_strop(tmp_path: Path, capsys: Any) -> None:
    reads = "import sys\nassert len(sys.argv) == 1\nprint('to nobody')\n"
    assert task_of(tmp_path, MODULE.replace("import strop\n", f"import strop\n{reads}")).entry == "work"
    assert capsys.readouterr().out == ""
    asks = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', required=True)\np.parse_args()\n"
    with pytest.raises(ConfigurationError, match="below if __name__"):
        task_of(tmp_path, MODULE.replace("import strop\n", f"import strop\n{asks}"))


@pytest.mark.parametrize(
    ("candidate", "named"),
    [
        ("def work(n):\n    EXPECTED.clear()\n    return n\n", "changes EXPECTED"),
        ("def work(n):\n    return EXPECTED[n]\n", "EXPECTED, which only the scoring"),
        ("def work(n):\n    return judge(n, n)\n", "EXPECTED, which only the scoring"),
        ("def work(n):\n    return seen\n", "the global seen, which other changes"),
        ("def work(n):\n    nonlocal n\n    return n\n", "not Python"),
        ("def work(n):\n    return " + "(" * 150 + "n" + ")" * 150 + "\n", None),
        ("def work(n):\n    return " + "-" * 20_000 + "n\n", "not Python|nested"),
    ],
    ids=["changes a value", "labels", "labels by the score", "state", "syntax", "nested", "nested too deeply"],
)
def test_candidate_whose_patch_would_mean_something_else_is_malformed(
    tmp_path: Path, candidate: str, named: str | None
) -> None:
    text = (
        "import strop\n\nEXPECTED = {1: 2, 2: 3}\nPAR = 3\nseen = []\n\n\ndef other():\n    seen.append(1)\n\n\n"
        "def judge(answer, n):\n    return float(answer == EXPECTED[n]) / PAR\n\n\n"
        "@strop.improve_me(score=judge, cases=[(1,), (2,)])\ndef work(n):\n    return n\n"
    )
    task = task_of(tmp_path, text)
    assert task.program("def work(n):\n    return n + PAR\n").startswith("PAR = 3\n")
    if named is None:
        assert "n)" in task.program(candidate)
        return
    with pytest.raises(Malformed, match=named):
        task.program(candidate)
