"""Two versions of a tree in the workspaces of a command, of its judge and of its evaluator, and in those of the user's tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.results import Evaluation
from strop.evaluation.base import WHOLE, Order, Part
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.suite import on_candidate, on_original
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds, Split
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.versions import differing, with_files
from support.commands_here import Here, here
from support.trees import written

Measured = Callable[..., Evaluation]
PRINTED = {"score": ["score (.*)"], "metric": ["score:max"]}


@pytest.fixture
def measured(workspaces: Workspaces) -> Measured:
    def measured(
        task: CommandTask,
        files: Mapping[str, str],
        split: Split = "train",
        *,
        is_final: bool = False,
        part: Part = WHOLE,
    ) -> Evaluation:
        with closing(WorkspacePool(workspaces)) as pool:
            order = Order("e", bundled(files), task.name, split, SecretSeeds(b"s"), b"secret", part, is_final)
            return here(task, pool=pool).submit(order).result().result()

    return measured


def test_each_version_of_a_command_has_its_own_files_and_not_those_that_only_the_other_has(
    measured: Measured, tmp_path: Path
) -> None:
    main = "cat lib/*.txt; ls lib 2>&1 | wc -l; echo score $(cat lib/*.txt | wc -l)\n"
    root = written(tmp_path, {"main.sh": main, "lib/a.txt": "1\n", "lib/b.txt": "1\n2\n", "old/x.txt": "only\n"})
    task = command_task(root, files=["main.sh"], command="sh main.sh; test ! -e old", **PRINTED)  # type: ignore[arg-type]
    original = {"lib/a.txt": "1\n", "lib/b.txt": ABSENT, "new/n.sh": ABSENT, "old/x.txt": ABSENT}
    versions = with_files(task, original)
    own = measured(versions, original)
    assert (own.value, own.metrics[0]["score"]) == (0.5, 1.0)
    other = {"lib/a.txt": ABSENT, "lib/b.txt": "1\n2\n3\n", "new/n.sh": "exit 1\n", "old/x.txt": ABSENT}
    assert measured(versions, other).metrics[0]["score"] == 3.0
    assert measured(versions, {**other, "old/x.txt": "only\n"}).verdict == "raised", (
        "a folder that is empty then is gone, too"
    )


def test_version_may_change_what_markers_protect_and_need_not_have_an_effect(
    measured: Measured, tmp_path: Path
) -> None:
    text = "# EVOLVE-BLOCK-START\necho score 1\n# EVOLVE-BLOCK-END\nexit 0\n"
    task = command_task(written(tmp_path, {"main.sh": text}), files=["main.sh"], command="sh {program}", **PRINTED)  # type: ignore[arg-type]
    assert measured(with_files(task, {"main.sh": text}), {"main.sh": "echo score 3\n"}).metrics[0]["score"] == 3.0
    assert measured(with_files(task, {"NOTES": ABSENT}), {"NOTES": "new\n"}).value == 0.5


def test_judge_finds_the_program_of_a_version_or_the_work_tree_s_where_both_have_it(
    measured: Measured, tmp_path: Path
) -> None:
    files = {"main.sh": "cat data\n", "data": "1\n", "judge.sh": "echo score $(cat $1 $2 | wc -c)\n"}
    task = command_task(
        written(tmp_path, files),
        files=["main.sh"],
        command="sh {program}",
        judge="sh judge.sh {program} {output}",
        judge_files=["judge.sh"],
        **PRINTED,  # type: ignore[arg-type]
    )
    beside = with_files(task, {"data": "1\n"})
    assert measured(beside, {"data": "1234\n"}).metrics[0]["score"] == len("cat data\n1234\n")
    own = with_files(task, {"main.sh": "cat data\n"})
    assert measured(own, {"main.sh": "cat data data\n"}).metrics[0]["score"] == len("cat data data\n1\n1\n")


EVALUATOR = """
import importlib.util


def evaluate(path):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return {"combined_score": sum(program.area(each) for each in range(5))}
"""
PROGRAM = "import shapes\n\ndef area(n):\n    return shapes.area(n)\n"
SHAPES = "def area(n):\n    return float(n)\n"
FASTER = "from lib.new import area\n"


@pytest.mark.parametrize("shared", [False, True], ids=["apart", "shared"])
def test_versions_of_modules_beside_an_evaluator_s_program_are_laid_in_the_program_s_room(
    measured: Measured, tmp_path: Path, *, shared: bool
) -> None:
    written(tmp_path, {"program.py": PROGRAM, "evaluator.py": EVALUATOR, "shapes.py": SHAPES})
    task = evaluator_task(tmp_path / "program.py", tmp_path / "evaluator.py", shared=shared)
    original = {"shapes.py": SHAPES, "lib/new.py": ABSENT, "lib/__init__.py": ABSENT}
    versions = with_files(task, original)
    assert measured(versions, original).metrics[0]["combined_score"] == 10.0
    added = {"shapes.py": FASTER, "lib/__init__.py": "", "lib/new.py": "def area(n):\n    return 2.0 * n\n"}
    found = measured(versions, added)
    assert found.verdict == "ok" and found.metrics[0]["combined_score"] == 20.0
    assert measured(versions, {**original, "shapes.py": ABSENT}).verdict != "ok"
    both = with_files(task, {"program.py": PROGRAM, "shapes.py": SHAPES})
    inlined = measured(both, {"program.py": "def area(n):\n    return 3.0 * n\n", "shapes.py": ABSENT})
    assert inlined.metrics[0]["combined_score"] == 30.0
    assert measured(both, {"program.py": ABSENT, "shapes.py": SHAPES}).verdict != "ok"


def test_order_of_a_command_with_drawn_or_chosen_inputs_has_as_many_runs_as_it_says_and_of_cases_all(
    measured: Measured, tmp_path: Path
) -> None:
    root = written(tmp_path, {"main.sh": "echo score ${1:-0}5\n", **{f"cases/{at}.in": str(at) for at in range(5)}})
    for command in ("sh main.sh {seed}", "sh main.sh"):
        task = command_task(root, files=["main.sh"], command=command, instances=2, held_out=3, **PRINTED)  # type: ignore[arg-type]
        files = {"main.sh": "echo score $(od -An -N2 -tu2 /dev/urandom | tr -d ' ')1\n"}
        found = measured(with_files(task, task.files), files, "test", is_final=True, part=Part(7))
        assert len(found.scores) == len(found.original_metrics) == 7
        for program in (task.files, files):
            assert len(measured(with_files(task, task.files), program, part=Part(4)).scores) == 4
    task = command_task(root, files=["main.sh"], command="cat {case}; sh main.sh", cases=["cases/*.in"], **PRINTED)  # type: ignore[arg-type]
    whole = with_files(replace(task, every_input=True), task.files)
    found = measured(whole, {"main.sh": "echo score 7\n"}, "test", is_final=True, part=Part(2))
    assert len(found.scores) == 5


def test_original_is_measured_again_for_an_order_with_more_runs_than_it_had(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    task = command_task(
        written(tmp_path, {"main.sh": "echo score 1\n"}), files=["main.sh"], command="sh main.sh", **PRINTED
    )  # type: ignore[arg-type]
    with closing(WorkspacePool(workspaces)) as pool:
        evaluator = here(with_files(task, task.files), pool=pool)
        order = Order("e", task.seed, task.name, "train", SecretSeeds(b"s"), b"secret")
        found = [evaluator.submit(replace(order, part=Part(count))).result().result() for count in (0, 4)]
    assert [len(each.scores) for each in found] == [1, 4]


def test_tests_run_on_each_version_with_its_own_files(workspaces: Workspaces, tmp_path: Path) -> None:
    text = "echo score 1; test -e old.txt && test ! -e new.txt\n"
    root = written(tmp_path, {"main.sh": "echo score 1\n", "check.sh": text, "new.txt": "n\n"})
    task = command_task(root, files=["main.sh"], command="sh main.sh", test="sh check.sh", **PRINTED)  # type: ignore[arg-type]
    versions = with_files(task, {"old.txt": "o\n", "new.txt": ABSENT})
    with closing(WorkspacePool(workspaces)) as pool:
        tests = Here([versions], None, pool)
        assert on_original(tests, versions, root).passed == {"sh check.sh"}  # type: ignore[arg-type]
        for files, passes in (
            ({"old.txt": ABSENT, "new.txt": "n\n"}, False),
            ({"old.txt": "", "new.txt": ABSENT}, True),
        ):
            assert on_candidate(tests, versions, root, differing(root, files), 1.0).is_ok is passes  # type: ignore[arg-type]
