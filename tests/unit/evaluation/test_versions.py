"""Two versions of a project in the rooms of a function: each has its own files, and the scorer has the work tree's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.results import Evaluation
from strop.evaluation.base import WHOLE, Order, Part
from strop.evaluation.functions.changed import compare_changed
from strop.evaluation.functions.load import load_any
from strop.evaluation.suite import on_candidate, on_original
from strop.evaluation.workers import JailedWorker
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds, Split
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.function.task import FunctionTask
from strop.tasks.versions import differing, with_files
from strop.watch.recorded import recorded_task
from support.commands_here import Here, here
from support.rooms import rooms_by_name
from support.rows import table
from support.trees import written

MARK = """
import strop
from shop import core
from answers import EXPECTED


def sample(rng):
    return {{"values": [int(each) for each in rng.integers(0, 40, 300)]}}


{functions}

first = strop.improve_me({mark}, sample=sample, instances=3, test_instances=4)(core.{name})
"""
SCORE = "def score(answer, values):\n    return float(answer == EXPECTED(values))\n"
ACCEPT = "def accept(instance, answer):\n    return answer == EXPECTED(instance['values'])\n"
CORE = """
from . import parts
from .parts import seen_in


def unique(values):
    found = []
    for value in values:
        if not seen_in(found, value):
            found.append(value)
    return found


class Shop:
    @staticmethod
    def unique(values):
        return unique(values)
"""
PARTS = "def seen_in(found, value):\n    return any(each == value for each in found)\n"
WRONG = "def seen_in(found, value):\n    return False\n"
FILES = {
    "pyproject.toml": "",
    "answers.py": "def EXPECTED(values):\n    return list(dict.fromkeys(values))\n",
    "shop/__init__.py": "",
    "shop/core.py": CORE,
    "shop/parts.py": PARTS,
    "shop/unused.py": "def seen_in(found, value):\n    return value in found\n",
}
LISTED = "cases=[([n, n % 2, 7],) for n in range(7)]"


def function_in(folder: Path, mark: str, functions: str = "", name: str = "unique") -> FunctionTask:
    written(folder, {**FILES, "marks.py": MARK.format(mark=mark, functions=functions, name=name)})
    task = load_any(str(folder / "marks.py"))
    assert isinstance(task, FunctionTask)
    return task


def measured(
    task: FunctionTask,
    jail: JailedSandbox,
    files: Mapping[str, str],
    split: Split = "train",
    *,
    is_final: bool = False,
    part: Part = WHOLE,
) -> Evaluation:
    order = Order("e", bundled(files), task.name, split, SecretSeeds(b"s"), b"secret", part=part, is_final=is_final)
    return here(task, jail=jail).submit(order).result().result()


@table(
    ("mark", "functions", "name"),
    [
        ("score=score", SCORE, "unique"),
        ('score="time"', "", "unique"),
        ('score="time", accept=accept', ACCEPT, "unique"),
        ("score=score", SCORE, "Shop.unique"),
    ],
    ids=["by a score", "by time", "by time, with accept", "a method"],
)
def test_each_version_of_a_module_beside_the_function_s_runs_with_its_own_files(
    jail: JailedSandbox, tmp_path: Path, mark: str, functions: str, name: str
) -> None:
    original = {"shop/parts.py": PARTS, "shop/fast.py": ABSENT}
    task = with_files(function_in(tmp_path, mark, functions, name), original)
    assert measured(task, jail, original).verdict == "ok"
    added = {"shop/parts.py": "from .fast import seen_in\n", "shop/fast.py": FILES["shop/unused.py"]}
    assert measured(task, jail, added).verdict == "ok"
    unused = {"shop/parts.py": "from .unused import seen_in\n", "shop/fast.py": ABSENT}
    assert measured(task, jail, unused).verdict == "ok", "the original never used that file"
    lost = measured(task, jail, {"shop/parts.py": "from .fast import seen_in\n", "shop/fast.py": ABSENT})
    assert lost.verdict == "raised" and "shop.fast" in lost.error
    gone = measured(task, jail, {"shop/parts.py": ABSENT, "shop/fast.py": ABSENT})
    assert gone.verdict == "raised" and "parts" in gone.error
    wrong = measured(task, jail, {"shop/parts.py": WRONG, "shop/fast.py": ABSENT})
    assert wrong.value == 0.0 and (wrong.verdict == "ok") == ("score=score" in mark)
    task.close()


def test_original_that_the_work_tree_no_longer_has_is_what_a_version_is_compared_with(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    task = function_in(tmp_path, 'score="time"')
    original = {"shop/core.py": CORE.replace("found = []", "found = [-1]"), "shop/parts.py": PARTS}
    versions = with_files(task, original)
    assert set(measured(versions, jail, original).scores) == {0.5}
    now = measured(versions, jail, {"shop/core.py": CORE, "shop/parts.py": PARTS})
    assert now.verdict == "malformed"
    same = measured(versions, jail, {**original, "shop/parts.py": FILES["shop/unused.py"]}, "test", is_final=True)
    assert same.verdict == "ok" and len(same.original_metrics) == 4
    task.close()


@table(
    ("module", "why"),
    [
        ("def other(values):\n    return values\n", "unique"),
        ("def unique(values:\n", "SyntaxError"),
        (ABSENT, "unique"),
    ],
    ids=["no function", "no Python", "no file"],
)
def test_version_whose_module_lacks_the_function_fails_like_any_program(
    jail: JailedSandbox, tmp_path: Path, module: str, why: str
) -> None:
    for number, (mark, functions) in enumerate((("score=score", SCORE), ('score="time"', ""))):
        task = with_files(function_in(tmp_path / str(number), mark, functions), {"shop/core.py": CORE})
        found = measured(task, jail, {"shop/core.py": module})
        assert found.verdict == "raised" and why in found.error, found
        task.close()


def test_program_of_files_has_no_file_that_only_its_scorer_uses(jail: JailedSandbox, tmp_path: Path) -> None:
    task = with_files(function_in(tmp_path, "score=score", SCORE), {"shop/core.py": CORE})
    for each in ("answers", "marks"):
        cheat = f"from {each} import EXPECTED\n\ndef unique(values):\n    return EXPECTED(values)\n"
        found = measured(task, jail, {"shop/core.py": cheat})
        assert found.verdict == "raised" and f"No module named '{each}'" in found.error
    task.close()


def test_all_listed_inputs_are_held_out_and_none_is_one_of_training_where_nothing_was_searched(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    written(tmp_path, {**FILES, "marks.py": MARK.format(mark="score=score", functions=SCORE, name="unique")})
    text = (tmp_path / "marks.py").read_text().replace("sample=sample, instances=3, test_instances=4", LISTED)
    (tmp_path / "marks.py").write_text(text)
    task = load_any(str(tmp_path / "marks.py"))
    assert isinstance(task, FunctionTask)
    whole = with_files(replace(task, every_input=True), {"shop/parts.py": PARTS})
    for each, count in ((with_files(task, {"shop/parts.py": PARTS}), 3), (whole, 7)):
        found = measured(each, jail, {"shop/parts.py": WRONG}, "test", is_final=True)
        assert (len(found.scores), found.seen_in_training, len({*found.inputs})) == (count, 0, count), (
            "each of them once"
        )
    task.close()


def test_order_of_a_timed_function_has_as_many_batches_as_it_says(jail: JailedSandbox, tmp_path: Path) -> None:
    task = with_files(function_in(tmp_path, 'score="time"'), {"shop/parts.py": PARTS})
    for count in (2, 6):
        found = measured(task, jail, {"shop/parts.py": f"# {count}\n{PARTS}"}, "test", is_final=True, part=Part(count))
        assert len(found.scores) == len(found.original_metrics) == count
    task.close()


def test_tests_of_a_function_s_project_run_on_each_version_with_its_own_files(tmp_path: Path) -> None:
    task = replace(function_in(tmp_path, "score=score", SCORE), test=f"{sys.executable} check.py")
    written(tmp_path, {"check.py": "from shop.core import unique\nassert unique([1, 1]) == [1]\nimport shop.fast\n"})
    versions = with_files(task, {"shop/parts.py": PARTS, "shop/fast.py": "", "shop/unused.py": ABSENT})
    with Workspaces(slots=2, require=frozenset()) as workspaces:
        worker = JailedWorker([versions], rooms=rooms_by_name(versions), workspaces=workspaces)
        tests: Any = Here([versions], None, None)
        tests.worker = worker
        assert on_original(tests, versions, tmp_path).exits
        for files, passes in (({"shop/fast.py": ABSENT}, False), ({"shop/parts.py": WRONG}, False), ({}, True)):
            laid = differing(tmp_path, {**versions.files, **files})
            assert on_candidate(tests, versions, tmp_path, laid, 1.0).is_ok is passes
    task.close()


APP = "from shop.core import unique\nfor n in range(1, 40):\n    unique([n, 2, n] * 900)\n"


def test_versions_make_recorded_calls_with_their_own_files(
    jail: JailedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {**FILES, "app.py": APP})
    monkeypatch.chdir(tmp_path)
    task = recorded_task("shop/core.py:unique", [f"{sys.executable} app.py"], "", (), (), lambda line: None)
    original = {"shop/parts.py": PARTS, "shop/fast.py": ABSENT}
    versions = with_files(replace(task, every_input=True), original)
    assert versions.count("test") == versions.count("train") == len(task.cases)
    faster = {"shop/parts.py": "from .fast import seen_in\n", "shop/fast.py": FILES["shop/unused.py"]}
    assert measured(versions, jail, original).verdict == "ok"
    assert measured(versions, jail, faster, "test", is_final=True).verdict == "ok"
    assert measured(versions, jail, {**original, "shop/parts.py": WRONG}).verdict == "malformed"
    renamed = {"shop/core.py": CORE.replace("def unique", "def single")}
    lost = measured(with_files(task, {"shop/core.py": CORE}), jail, renamed)
    assert lost.verdict == "raised"
    found = compare_changed(versions, bundled(faster), 1)
    assert found.compared and not found.differ
    task.close()
