"""A record keeps the whole work tree of a task whose programs are versions of files, and the task is loaded from it again."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import pytest

from strop.evaluation.functions.load import load_any
from strop.runs.kept import keep_tasks, kept_digest
from strop.runs.meta import Meta
from strop.runs.patching.source_files import of_files, original_from
from strop.runs.run_directory import load_run
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.command.config import command_task
from strop.tasks.command.objective import Constraint
from strop.tasks.command.task import CommandTask
from strop.tasks.function.task import FunctionTask
from strop.tasks.identity import task_digest
from strop.tasks.versions import with_files
from strop.watch.recorded import recorded_task
from support.records import started
from support.trees import contents, written

pytestmark = pytest.mark.process
T = TypeVar("T", CommandTask, FunctionTask)
MODULE = """
import strop
from shop.parts import seen_in


def score(answer, values):
    return float(answer == list(dict.fromkeys(values)))


def other(values):
    return values


@strop.improve_me(score=score, sample=lambda rng: {"values": [1, 2, 1]})
def unique(values):
    found = []
    for value in values:
        if not seen_in(found, value):
            found.append(value)
    return found
"""
FILES = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/core.py": MODULE,
    "shop/parts.py": "def seen_in(found, value):\n    return value in found\n",
    "shop/unused.py": "",
}
VERSION = {
    "shop/parts.py": "def seen_in(found, value):\n    return any(each == value for each in found)\n",
    "new.py": ABSENT,
}


def loaded_again(record: Path, source: str, task: T) -> T:
    """The task, kept in a record and loaded from it, with its files again."""
    spec = RunSpec(task=source)
    with Store.create(record, Meta(kind="improve", spec=spec, secret=b"s", improver="I").texts(record)) as store:
        keep_tasks(record, [source], [task])
        store.append(replace(started(spec), files_digest=kept_digest(record)))
    ((found, room),) = load_run(record).again(trust=False)
    assert Path(found.rpartition("@")[2].partition(":")[0]).is_relative_to(record)
    return with_files(cast("T", load_any(found, room, trusted=True)), task.files)


def test_function_of_versions_is_loaded_from_the_whole_tree_in_its_record(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", FILES)
    task = load_any(str(root / "shop/core.py"), {"only": f"{root}/shop/core.py:unique"})
    assert isinstance(task, FunctionTask)
    versions = with_files(task, VERSION)
    again = loaded_again(tmp_path / "record", str(root / "shop/core.py"), versions)
    assert contents(tmp_path / "record/task/.tree") == FILES
    assert task_digest(again) == task_digest(versions) and again.seed == versions.seed
    versions.close()
    again.close()


def test_function_with_recorded_calls_and_versions_is_loaded_from_the_whole_tree_in_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = "from shop.core import unique\nfor n in range(1, 40):\n    unique([n, 2, n] * 50)\n"
    root = written(
        tmp_path / "mine",
        {**FILES, "shop/core.py": MODULE[: MODULE.index("@")] + MODULE[MODULE.index("def unique") :], "app.py": app},
    )
    monkeypatch.chdir(root)
    task = recorded_task("shop/core.py:unique", [f"{sys.executable} app.py"], "", (), (), lambda line: None)
    required = (Constraint("memory", "<=", 1.123456789, is_relative=True), Constraint("loading", "<=", 2.0))
    versions = with_files(replace(task, every_input=True, required=required), VERSION)
    monkeypatch.chdir(tmp_path)
    again = loaded_again(tmp_path / "record", "shop/core.py:unique", versions)
    assert again.recorded is not None
    assert (tmp_path / "record/task/.tree/app.py").read_text() == app
    assert again.cases == versions.cases and again.seed == versions.seed and again.required == required
    versions.close()
    again.close()


def test_command_of_versions_is_described_by_the_files_that_its_target_names(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", {"main.sh": "echo score 1\n", "old.sh": "exit 1\n"})
    task = command_task(root, files=["main.sh"], command="sh {program}", score=["score (.*)"], metric=["score:max"])
    versions = with_files(task, {"old.sh": ABSENT, "lib/new.sh": "exit 2\n"})
    again = loaded_again(tmp_path / "record", str(root), versions)
    assert contents(tmp_path / "record/task/.tree") == contents(root)
    assert task_digest(again) == task_digest(versions)
    assert again.seed == versions.seed and again.target_files == ("main.sh",)


def test_files_of_versions_are_paths_from_the_top_of_their_project_with_their_own_line_ends(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", {**FILES, "run.sh": "#!/bin/sh\n"})
    (root / "run.sh").chmod(0o755)
    task = load_any(str(root / "shop/core.py"))
    assert isinstance(task, FunctionTask)
    files = {"shop/parts.py": "one\r\ntwo\r\n", "new.py": ABSENT, "run.sh": "#!/bin/sh\n"}
    original = of_files(task.mark.project if task.mark else tmp_path, files, tmp_path)
    assert (original.root, original.below, original.executable) == (str(root), str(tmp_path), ("run.sh",))
    assert original.program == bundled({"shop/parts.py": "one\ntwo\n", "new.py": ABSENT, "run.sh": "#!/bin/sh\n"})
    other = bundled({"shop/parts.py": "one\n", "new.py": "n = 1\n", "run.sh": ABSENT})
    assert original.written(other) == {"shop/parts.py": "one\r\n", "new.py": "n = 1\n", "run.sh": ABSENT}
    assert original_from(original.to_json(tmp_path), tmp_path) == replace(original, root=os.path.realpath(root))
    task.close()
