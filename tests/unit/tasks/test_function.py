"""A function of a module, and a candidate put in its place so that nothing else changes."""

from __future__ import annotations

import ast
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.errors import ConfigurationError, Malformed, TaskError
from strop.evaluation.functions.load import load_any
from strop.sandbox.strop_plain_data import Unhashed
from strop.tasks.base import SecretSeeds
from strop.tasks.function.splice import spliced
from strop.tasks.function.task import SETTINGS, FunctionTask
from strop.tasks.values import difference
from support.rows import table

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


def written(task: FunctionTask, candidate: str) -> str:
    assert task.source is not None
    return spliced(task.source, (task.entry,), candidate)


def test_new_helpers_stand_above_the_function_and_new_imports_below_the_old(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    program = "import heapq, math\nfrom collections import Counter, deque\n" + task.seed.replace(
        "def work", "# New.\ndef fresh():\n    return heapq\n\n\ndef work"
    )
    text = written(task, "from __future__ import annotations\n" + program)
    assert "import strop\nimport heapq\nfrom collections import Counter\n\nLIMIT" in text
    assert "# New.\ndef fresh():\n    return heapq\n\n\n# Above the function.\n@strop.improve_me" in text
    assert text.count("deque\n") == MODULE.count("deque\n") and text.count("import math") == 1
    compile(text, "module.py", "exec")


def test_candidate_may_drop_what_it_no_longer_uses_and_have_a_main_part(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    text = written(
        task, "def work(n, start=10):\n    return [start] * n\n\n\nif __name__ == '__main__':\n    print(work(3))\n"
    )
    assert "def half" in text and "print(work" not in text


@table(
    ("arguments", "named"),
    [
        ("score='time'", "sample= or cases="),
        ("score='time', cases=[(1,)]", "at least 2"),
        ("score='time', cases=[(1,), (1,)]", "all cases are equal"),
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


def test_score_that_takes_the_answer_last_is_told_that_its_first_parameter_is_the_answer(tmp_path: Path) -> None:
    mark = "@strop.improve_me(score=lambda n, answer: 1.0, cases=[(1,), (2,)])"
    task = task_of(tmp_path, f"import strop\n{mark}\ndef work(n):\n    return n\n")
    with pytest.raises(TaskError, match="first parameter, n, is the answer"):
        task.checked_score(task.instance("train", 0, SecretSeeds(b"s")), 1)


OWN = "strop.improve_me(score='time', cases=[(1,), (2,)])"
MARK = f"import strop\nmark = {OWN}\n"
IN_A_BOX = "class Box:\n    @{}\n    @{}\n    def work({}n):\n        return n\n"
BOUND = {
    "a name of its own": ("def work(n):\n    return n\ntarget = mark(work)\n", "target", "work"),
    "another name of that": ("def work(n):\n    return n\ntarget = mark(work)\n", "work", "work"),
    "above a static method": (IN_A_BOX.format(OWN, "staticmethod", ""), "Box.work", "Box.work"),
    "above a class method": (IN_A_BOX.format(OWN, "classmethod", "cls, "), "Box.work", "Box.work"),
    "bound to a class method": (
        "class Box:\n    @classmethod\n    def work(cls, n):\n        return n\ntarget = mark(Box.work)\n", "target", "Box.work",
    ),
}  # fmt: skip
"""A mark of a module's own function, the name that is asked for, and the function that is meant."""


@table(("text", "name", "entry"), BOUND.values(), BOUND)
def test_mark_works_by_the_name_that_it_is_bound_to(text: str, name: str, entry: str, tmp_path: Path) -> None:
    task = task_of(tmp_path, (MARK if "mark(" in text else "import strop\n") + text, name)
    assert task.entry == entry and "return n\n" in task.seed and "improve_me" not in task.seed


def test_second_mark_of_a_function_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="work has a mark already"):
        task_of(tmp_path, f"{MARK}def work(n):\n    return n\none, other = mark(work), mark(work)\n", "one")


def test_marked_function_is_the_function_itself() -> None:
    def work(n: int) -> int:
        return n

    assert strop.improve_me(score="time", cases=[(1,), (2,)])(work) is work


def test_equal_cases_are_one_instance_of_one_half(tmp_path: Path) -> None:
    task = task_of(tmp_path, MODULE.replace("cases=[(1,), (2,), (3,)]", "cases=[(1,), (1,), (2,), (2,), (3,), (1,)]"))
    assert [[each["n"] for each in task.cases_of(split)] for split in ("train", "test")] == [[1, 3], [2]]
    assert (task.count("train"), task.count("test")) == (2, 1)


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


@table(
    ("one", "other", "same"),
    [
        ((1, 2), [1, 2], True), (1.0, 1.0 + 1e-12, True), (1.0, 1.001, False), (1, 1.0, False), (10**17, 1e17, False),
        (10**17 + 5, 10**17, False), (2**63, 2**63 + 1, False), (np.int64(3), 3, True), (np.float32(0.5), 0.5, True),
        (np.float64(3), 3, False), (np.bool_(True), True, True), (np.bool_(True), 1, False), (True, 1.0, False),
        (1.0, float("nan"), False), ([1.0, float("nan")], [float("nan"), 1.0], False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True), (float("inf"), float("-inf"), False), (0.0, -0.0, True),
        (0.0, 1e-300, False), ([1, [2, {"a": (3,)}]], [1, [2, {"a": [3.0]}]], False), (np.arange(3), np.arange(3.0), False),
        (np.arange(3, dtype="i4"), np.arange(3), True), (np.arange(3), [0, 1.0, 2], False),
        (np.array([2**63], dtype="u8"), np.array([2**63 + 1], dtype="u8"), False), (range(3), [0, 1, 2], True),
        ("a", "a ", False), ("\u00e9", "e\u0301", False), ([], {}, False), (None, 0, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True), (True, 1, False), (float("nan"), float("nan"), True),
        ({"a": [1]}, {"a": (1,)}, True), ({"a": 1}, {"b": 1}, False), (np.ones(3), np.ones(3), True),
        (np.ones(3), np.ones(4), False), (np.arange(3), [0, 1, 2], True), ("a", "a", True), ("1", 1, False), (None, None, True),
        (10**30, 10**30 + 1, False), ([1.0, "a"], [1.0, "b"], False), (np.zeros(0), np.zeros(0, int), True),
        (np.array([0.0]), np.array([1e-300]), False), ({"a": {1}}, Unhashed(dict, [("a", Unhashed(set, [1]))]), True),
    ],
)  # fmt: skip
def test_answers_are_the_same_within_rounding(one: object, other: object, same: bool) -> None:
    assert (difference(one, other) == "") is (difference(other, one) == "") is same


SHORT = np.array([1e-6, 0.5, 4.0], dtype="f4")


@table(
    ("one", "other", "close", "same"),
    [
        (SHORT, SHORT + np.float32(3e-5), None, True), (SHORT, SHORT + np.float32(6e-5), None, False),
        (SHORT, SHORT.astype("f8") + 3e-5, None, True), (SHORT.astype("f8"), SHORT + np.float32(3e-5), None, False),
        (SHORT, SHORT + np.float32(3e-5), 1e-9, False), (1.0, 1.001, 0.01, True), ([1.0, 2.0], [1.0, 2.001], 0.01, True),
        ({"a": np.ones(3)}, {"a": np.ones(3) * 1.001}, 0.01, True), (1.0, 1.1, 0.01, False), (1, 1.0, 0.01, False),
        (np.array([np.inf, 1], dtype="f4"), np.array([np.inf, 2], dtype="f4"), None, False),
    ],
)  # fmt: skip
def test_floats_may_differ_by_what_is_close_and_arrays_of_32_bits_by_more(
    one: object, other: object, close: float | None, same: bool
) -> None:
    assert (difference(one, other, close) == "") is same


@table(
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
    told = task_of(tmp_path).u_str
    assert "Only work may change" in told and "What it does." in told


@pytest.mark.process
def test_mark_costs_no_import_of_anything_heavy() -> None:
    import subprocess

    code = "import strop, sys; strop.improve_me(score='time', cases=[]); print('numpy' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_module_that_reads_arguments_does_not_get_those_of_strop(tmp_path: Path, capsys: Any) -> None:
    reads = "import sys\nassert len(sys.argv) == 1\nprint('to nobody')\n"
    assert task_of(tmp_path, MODULE.replace("import strop\n", f"import strop\n{reads}")).entry == "work"
    assert capsys.readouterr().out == ""
    asks = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', required=True)\np.parse_args()\n"
    with pytest.raises(ConfigurationError, match="below if __name__"):
        task_of(tmp_path, MODULE.replace("import strop\n", f"import strop\n{asks}"))


def test_environment_whose_interpreter_is_a_file_of_the_project_is_refused_with_the_command_that_mends_it(
    tmp_path: Path,
) -> None:
    venv.create(tmp_path / ".venv", symlinks=False)
    (tmp_path / "pyproject.toml").touch()
    with pytest.raises(ConfigurationError, match="would start with rights") as refused:
        task_of(tmp_path)
    remedy = str(refused.value).partition("(python ")[2].partition(")")[0]
    subprocess.run([sys.executable, *shlex.split(remedy), "--without-pip"], check=True, capture_output=True)
    task = task_of(tmp_path)
    assert task.interpreter is not None and task.interpreter.words.endswith("of .venv beside pyproject.toml")


def test_sample_that_reads_beside_its_project_is_told_the_option_that_allows_it(tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (project := tmp_path / "project").mkdir()
    (tmp_path / "beside/n.txt").write_text("7")
    text = f"import strop\ndef sample(rng):\n    return {{'x': int(open({str(tmp_path / 'beside/n.txt')!r}).read())}}\n"
    mark = "@strop.improve_me(score=lambda answer, x: 0.5, sample=sample)\ndef f(x):\n    return x\n"
    (project / "module.py").write_text(text + mark)
    with pytest.raises(TaskError, match="reads outside of it what --set tool=PATH names"):
        load_any(f"{project / 'module.py'}:f").instance("train", 0, SecretSeeds(b"s"))  # type: ignore[union-attr]
    task = load_any(f"{project / 'module.py'}:f", {"tool": str(tmp_path / "beside")})
    assert isinstance(task, FunctionTask) and task.instance("train", 0, SecretSeeds(b"s")).inputs == {"x": 7}
    with pytest.raises(ConfigurationError, match="nowhere cannot be shown to a function: there is none"):
        load_any(f"{project / 'module.py'}:f", {"tool": [str(tmp_path / "nowhere")]})


def test_host_and_guest_know_the_same_settings_of_a_mark() -> None:
    guest = Path(strop.__file__).parent / "tasks/function/guest/strop_scorer.py"
    assigned = {
        node.targets[0].id: node.value
        for node in ast.parse(guest.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert {*ast.literal_eval(assigned["SETTINGS"])} == {*SETTINGS, "answer"}


def test_module_that_changes_its_folder_is_loaded_with_the_modules_of_its_project(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def half(n):\n    return n // 2\n")
    task = task_of(
        tmp_path,
        f"import os\nfrom helper import half\nos.chdir('/')\n{MODULE.partition(chr(10))[2]}".replace(
            "from __future__ import annotations\n", ""
        ).replace("waiting = deque", "half(n)\n    waiting = deque"),
    )
    assert task.mark is not None
    for module in (task.mark.marking_module, task.mark.program_module):
        assert [name for name, *_ in module.imports] == ["helper"]
