"""Evaluator files as command tasks: what is recognised in their source, and what is refused."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.tasks.command.config import command_task
from strop.tasks.evaluator.spec import stub_of
from strop.tasks.evaluator.task import RUNNER, evaluator_task, recognise
from support.rows import table
from support.trees import written

EVALUATE = "def evaluate(program_path):\n    return {'combined_score': 1.0}\n"
MAIN = "def main(program_path, results_dir):\n    pass\n"


def files(folder: Path, evaluator: str = EVALUATE, program: str = "x = 1\n", below: str = "") -> tuple[Path, Path]:
    written(folder, {f"./{below}/program.py": program, "evaluator.py": evaluator})
    return folder / below / "program.py", folder / "evaluator.py"


@table(
    ("source", "form"),
    [
        (EVALUATE, "path"),
        ("def evaluate(path): ...", "path"),
        ("def evaluate(candidate: str): ...", "text"),
        ("def evaluate(candidate, opt_state): ...", "text"),
        ("def evaluator(candidate): ...", "text"),
        ("from mine import evaluate", "path"),
        ("import mine\nevaluate = mine.score", "path"),
        (MAIN, "results"),
        ("from shinka.core import run_shinka_eval\nif __name__ == '__main__': run_shinka_eval()", "results"),
        (MAIN + EVALUATE, "path"),
    ],
)
def test_the_form_of_an_evaluator_is_recognised_from_its_source(tmp_path: Path, source: str, form: str) -> None:
    assert recognise(files(tmp_path, source)[1]).form == form


@table(
    ("source", "options", "expected"),
    [
        (EVALUATE, {}, ("chosen", 1)),
        (EVALUATE, {"seeded": True}, ("drawn", 5)),
        ("import os\ndef evaluate(path): return os.environ['STROP_SEED']", {}, ("chosen", 1)),
        ("def evaluate(path, seed=0): ...", {}, ("drawn", 5)),
        ("def evaluate(path, *, seeds): ...", {}, ("drawn", 5)),
        ("def evaluate(path): return seed", {}, ("chosen", 1)),
    ],
)
def test_an_evaluator_is_trained_on_several_seeds_when_it_takes_one(
    tmp_path: Path, source: str, options: dict[str, bool], expected: tuple[str, int]
) -> None:
    """No word of its text decides: only a parameter, or the user."""
    task = evaluator_task(*files(tmp_path, source), **options)
    assert (task.input, task.instances) == expected


@table(
    ("source", "said"),
    [
        ("def score(path): ...", "defines none of evaluate(program_path)"),
        ("def main(): ...", "defines none of evaluate(program_path)"),
        ("def evaluate(", "is not a Python file"),
        ("def evaluate(candidate, example): ...", "asks for 'example' besides the program"),
        ("def evaluate(path, *, model): ...", "asks for 'model' besides the program"),
        ("def evaluate(): ...", "takes no argument"),
        ("def evaluate(candidate: dict[str, str]): ...", "takes a candidate of several named texts"),
    ],
)
def test_an_evaluator_that_could_not_be_called_is_refused_in_one_line(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^[^\n]*$") as refused:
        evaluator_task(*files(tmp_path, source))
    assert said in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no file .*nowhere\.py"):
        evaluator_task(tmp_path / "nowhere.py", files(tmp_path)[1])


def test_an_evaluator_is_recognised_without_running_it(tmp_path: Path) -> None:
    evaluator_task(*files(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n{EVALUATE}", "raise SystemExit"))
    assert not (tmp_path / "ran").exists()


@table("below", ["", "candidates"])
def test_the_tree_is_the_folder_that_holds_both_files(tmp_path: Path, below: str) -> None:
    task = evaluator_task(*files(tmp_path, below=below))
    assert task.root == tmp_path.resolve()
    assert list(task.files) == [f"{below}/program.py".lstrip("/")]


def test_the_tree_is_the_top_of_the_project_when_the_evaluator_imports_from_there(tmp_path: Path) -> None:
    written(tmp_path, {"pyproject.toml": "", "lib/rates.py": ""})
    task = evaluator_task(*files(tmp_path / "examples", f"import lib.rates\n{EVALUATE}"))
    assert (task.root, [*task.files]) == (tmp_path.resolve(), ["examples/program.py"])


def test_files_in_folders_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="are in different folders"):
        evaluator_task(files(tmp_path / "one")[0], files(tmp_path / "other")[1])


def test_the_command_runs_the_evaluator_with_the_python_that_runs_strop(tmp_path: Path) -> None:
    task = evaluator_task(*files(tmp_path))
    assert task.command == f"{sys.executable} {RUNNER} path evaluator.py program.py"
    assert Path(sys.prefix) in task.tools


def test_another_environments_python_runs_the_evaluator_when_it_is_given(tmp_path: Path) -> None:
    written(tmp_path, {"venv/pyvenv.cfg": "", "venv/bin/x": ""})
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)
    for named in ("venv", "venv/bin/python", "venv/../venv"):
        task = evaluator_task(*files(tmp_path), python=tmp_path / named)
        assert task.command.startswith(f"{tmp_path}/venv/bin/python ") and tmp_path / "venv" in task.tools


def test_model_is_told_the_limits_of_an_evaluator_what_may_change_and_what_the_program_imports(tmp_path: Path) -> None:
    written(tmp_path, {"rates.py": "RATE = 3\n"})
    told = evaluator_task(*files(tmp_path, program="from rates import RATE\n"), time_limit=7).u_str
    for words in (
        "def evaluate(program_path):",
        "1/2 is as good as the original",
        "stopped after 7 s or at 4096 MiB",
        "Only program.py may change",
        "What it uses and may not change, rates.py:\nRATE = 3\n",
        "one fenced block of Python",
    ):
        assert words in told


PROGRAM = """
import math
from functools import partial
LIMIT = 3
def f(a: int, b=math.pi, *rest, c=(1, 2), **named): return a
async def g(): return 1
try:
    def h(): return 2
except NameError:
    h = None
k = lambda x: x
p = partial(f, 1)
class Solver: pass
"""


def test_stub_has_the_functions_of_the_original_with_their_parameters_and_those_that_are_named() -> None:
    stub = stub_of(f"{PROGRAM}# x = 1\x0cimport os\u2028y\n", ["p"])
    made = {
        node.name: node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert made.keys() == {"f", "g", "h", "k", "p"}
    assert ast.unparse(made["f"].args) == "a, b=..., *rest, c=(1, 2), **named"
    assert isinstance(made["g"], ast.AsyncFunctionDef)
    assert stub.endswith("class Solver: pass\n# # x = 1\n# import os\n# y\n")
    assert "('LIMIT', 'math', 'partial')" in stub and "('Solver',)" in stub


@table("key", ["shared", "calls"])
def test_option_of_an_evaluator_is_refused_without_one(tmp_path: Path, key: str) -> None:
    (tmp_path / "x.py").write_text("")
    with pytest.raises(ConfigurationError, match=f"{key} requires an evaluator"):
        command_task(tmp_path, command="true", files="x.py", score="time", **{key: ["f"] if key == "calls" else True})


@table("options", [{"build": "true"}, {"score": "time"}])
def test_evaluator_with_what_needs_one_process_is_refused_unless_it_is_shared(
    tmp_path: Path, options: dict[str, str]
) -> None:
    options = {"metric": "time"} if "score" in options else options
    with pytest.raises(ConfigurationError, match="shared runs the program in its evaluator's process"):
        evaluator_task(*files(tmp_path), **options)
    assert evaluator_task(*files(tmp_path), shared=True, **options).scored_by == "program"
