"""Versions of a project as programs of a task: what a program's text says, and what runs of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, Malformed
from strop.evaluation.functions.load import load_any
from strop.evaluation.outcomes import guest_program
from strop.tasks.base import SecretSeeds
from strop.tasks.command.bundle import ABSENT, bundled, unbundled
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.function.task import FunctionTask
from strop.tasks.versions import differing, with_files
from support.rows import table
from support.trees import written

pytestmark = pytest.mark.process


@table(
    ("one", "other"),
    # (files of one version, files of another).
    (
        ({"a.py": "a = 1\n"}, {"a.py": "a = 2\n"}),
        ({"a.py": "a = 1\n"}, {"a.py": ABSENT}),
        ({"a.py": ABSENT}, {"a.py": "a = 1\n"}),
        ({"a.py": "a = 1\n", "b.py": ABSENT, "c.py": ""}, {"a.py": ABSENT, "b.py": "b = 1\n", "c.py": ""}),
        ({"a.py": ABSENT, "b.py": "b\n"}, {"a.py": "", "b.py": ""}),
        ({"a.py": "# EVOLVE-BLOCK-START\nx\n# EVOLVE-BLOCK-END\ny\nz\n"}, {"a.py": "x\n"}),
    ),
)
def test_files_of_a_version_survive_the_way_through_its_text_where_one_is_absent_or_empty(
    one: dict[str, str], other: dict[str, str]
) -> None:
    for original, files in ((one, other), (other, one)):
        assert unbundled(bundled(files), original, is_version=True) == files


def test_absent_file_is_a_line_of_its_own_in_the_text_of_a_program() -> None:
    assert bundled({"a.py": ABSENT}) == "=== no file: a.py ===\n"
    assert bundled({"a.py": "x\n", "b.py": ABSENT}) == "=== file: a.py ===\nx\n=== no file: b.py ===\n"
    with pytest.raises(Malformed, match=r"there is text below '=== no file: a\.py ==='"):
        unbundled("=== no file: a.py ===\nx = 1\n", {"a.py": "x\n"})
    with pytest.raises(ConfigurationError, match=r"a\.py holds a line of the form"):
        bundled({"a.py": "=== no file: b.py ===\n", "b.py": ""})


def test_files_that_differ_from_the_tree_have_its_line_ends(tmp_path: Path) -> None:
    root = written(tmp_path, {"a.txt": "1\r\n2\r\n", "b.txt": "same\n", "c.txt": "old\n"})
    files = {"a.txt": "1\n3\n", "b.txt": "same\n", "c.txt": ABSENT, "d/new.txt": "new\n", "gone.txt": ABSENT}
    assert differing(root, files) == {"a.txt": "1\r\n3\r\n", "c.txt": ABSENT, "d/new.txt": "new\n"}


MODULE = """
import strop
from pkg import helpers

ANSWERS = {{0: 0, 1: 1}}


def score(answer, n):
    return float(answer == ANSWERS[n % 2])


@strop.improve_me(score=score, sample=lambda rng: {{"n": int(rng.integers(100))}})
def low(n):
    return {body}
"""
OWN = MODULE.format(body="helpers.low(n)")
FILES = {"pkg/__init__.py": "", "pkg/module.py": OWN, "pkg/helpers.py": "def low(n):\n    return n & 1\n"}


def function_in(folder: Path, target: str = "pkg/module.py") -> FunctionTask:
    written(folder, {"pyproject.toml": "", **FILES})
    task = load_any(str(folder / target))
    assert isinstance(task, FunctionTask)
    return task


def test_version_of_a_module_runs_without_what_its_mark_or_that_of_the_work_tree_alone_uses(tmp_path: Path) -> None:
    task = function_in(tmp_path)
    unmarked = OWN.replace("@strop.improve_me", "# @strop.improve_me").replace("helpers.low(n)", "ANSWERS[n % 2]")
    versions = with_files(task, {"pkg/module.py": OWN})
    for text in (OWN, unmarked):
        program = guest_program(versions, bundled({"pkg/module.py": text}))
        assert "def low(n):" in program.text and "ANSWERS = " not in program.text
        assert program.files == {"pkg/module.py": program.text}
    renamed = guest_program(versions, bundled({"pkg/module.py": OWN.replace("ANSWERS", "KNOWN")}))
    assert "def low(n):" in renamed.text and "KNOWN = " not in renamed.text
    beside = with_files(task, {"pkg/helpers.py": "low = abs\n", "pkg/new.py": ABSENT})
    program = guest_program(beside, beside.seed)
    assert "ANSWERS = " not in program.text and "helpers.low(n)" in program.text
    assert program.files == {"pkg/module.py": program.text, "pkg/helpers.py": "low = abs\n", "pkg/new.py": ABSENT}
    assert program != guest_program(beside, bundled({"pkg/helpers.py": "low = int\n", "pkg/new.py": ABSENT}))
    assert beside.parameters == task.parameters
    task.close()


def test_versions_of_a_function_that_is_the_reference_of_answers_begin_at_the_work_tree_s(tmp_path: Path) -> None:
    text = OWN.replace("score=score,", "score=score, reference=True,")
    written(tmp_path, {"pyproject.toml": "", **FILES, "pkg/module.py": text})
    task = load_any(str(tmp_path / "pkg/module.py"))
    assert isinstance(task, FunctionTask)
    assert with_files(task, {"pkg/helpers.py": FILES["pkg/helpers.py"]}).files
    with pytest.raises(ConfigurationError, match=r"other texts of pkg/helpers\.py; start from the version that"):
        with_files(task, {"pkg/helpers.py": "low = abs\n"})
    task.close()


def command_in(root: Path, **options: object) -> CommandTask:
    written(root, {"main.sh": "echo score 1\n"})
    return command_task(
        root,
        **{"files": ["main.sh"], "score": ["score (.*)"], "metric": ["score:max"], **options},  # type: ignore[arg-type]
    )


def test_command_of_versions_names_the_file_that_its_target_names_and_nothing_restricts_a_version(
    tmp_path: Path,
) -> None:
    text = "# strop: begin fast\necho score 1\n# strop: end fast\n"
    written(tmp_path, {"main.sh": text})
    task = command_task(
        tmp_path, files=["main.sh"], command="sh {program}", score=["score (.*)"], metric=["score:max"], only=["fast"]
    )
    found = with_files(task, {"main.sh": text, "lib/new.sh": ABSENT})
    assert (found.command, found.only, found.target_files) == ("sh main.sh", (), ("main.sh",))
    assert with_files(found, found.files) == found
    assert found.seed == f"=== file: main.sh ===\n{text}=== no file: lib/new.sh ===\n"


def test_file_that_scores_is_none_of_a_version(tmp_path: Path) -> None:
    mark = (
        "import strop\nfrom pkg import helpers\nlow = strop.improve_me(score='time', cases=[(1,), (2,)])(helpers.low)\n"
    )
    written(tmp_path / "f", {"pyproject.toml": "", **FILES, "marks.py": mark})
    function = load_any(str(tmp_path / "f/marks.py"))
    root = written(tmp_path / "c", {"judge.sh": "", "1.in": "1", "2.in": "2"})
    judged = command_in(
        root, command="sh main.sh {case}", judge="sh judge.sh", judge_files=["judge.sh"], cases=["*.in"]
    )
    evaluated = written(tmp_path / "e", {"p.py": "", "e.py": "def evaluate(path):\n    return {'combined_score': 1}\n"})
    shared = evaluator_task(evaluated / "p.py", evaluated / "e.py", shared=True)
    for task, path in ((function, "marks.py"), (judged, "judge.sh"), (judged, "2.in"), (shared, "e.py")):
        with pytest.raises(ConfigurationError, match=f"{path} scores programs"):
            with_files(task, {path: "other\n"})
    assert isinstance(function, FunctionTask)
    function.close()


def test_every_input_is_in_both_splits_where_nothing_was_searched(tmp_path: Path) -> None:
    listed = OWN.replace('sample=lambda rng: {"n": int(rng.integers(100))}', "cases=[(n,) for n in range(5)]")
    written(tmp_path / "f", {"pyproject.toml": "", **FILES, "pkg/module.py": listed})
    task = load_any(str(tmp_path / "f/pkg/module.py"))
    assert isinstance(task, FunctionTask)
    whole = replace(task, every_input=True)
    seeds = SecretSeeds(b"s")
    assert [each.count(split) for each in (task, whole) for split in ("train", "test")] == [3, 2, 5, 5]
    assert [whole.instance("test", at, seeds).inputs["n"] for at in range(5)] == [0, 1, 2, 3, 4]
    assert [whole.instance("train", at, seeds).inputs["n"] for at in range(5)] == [0, 1, 2, 3, 4]
    task.close()
    root = written(tmp_path / "c", {f"cases/{at}.in": str(at) for at in range(5)})
    command = replace(command_in(root, command="cat {case}; sh main.sh", cases=["cases/*.in"]), every_input=True)
    assert [command.count("train"), command.count("test")] == [3, 5]
    assert {command.case("test", at, seeds) for at in range(5)} == {*command.cases}
    training = [command.case("train", at, seeds) for at in range(3)]
    assert training == [replace(command, every_input=False).case("train", at, seeds) for at in range(3)]
