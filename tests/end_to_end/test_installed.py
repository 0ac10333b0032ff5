"""Improvers and tasks that an installed wheel brings."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from end_to_end.conftest import Strop
from support.wheels import install, wheel

IMPROVER = """import pathlib
pathlib.Path("improver_was_imported").touch()

def improve_algorithm(initial_solution, utility, language_model):
    return initial_solution
"""
TASK = """import pathlib
pathlib.Path("task_was_imported").touch()
import strop

def sample(rng):
    return {"x": float(rng.random())}

def score(instance, answer):
    return max(0.0, 1 - abs(2 * instance["x"] - float(answer)))

doubling = strop.Task(name="doubling", instances=4, test_instances=6,
    sample=sample, score=score, seed="def algorithm(x):\\n    return x\\n")
nothing = 5
"""
FILES = {
    "ours/__init__.py": "import pathlib\npathlib.Path('package_was_imported').touch()\n",
    "ours/improvers/idle.py": IMPROVER,
    "ours/problems.py": TASK,
}
POINTS = """[strop.improvers]
idle = ours.improvers.idle
seed = ours.improvers.idle
lost = ours.improvers.gone
resource = ours:improvers/idle.py

[strop.tasks]
doubling = ours.problems:doubling
parity = ours.problems:doubling
broken = ours.problems:nothing
gone = ours.nowhere:task
"""
SMALL = shlex.split("--copies 1 --lm-budget 1 --max-responses 1 --utility-budget 2 --seed 1")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    install(wheel(folder, "ours", FILES, POINTS), folder / "site")
    return folder / "site"


def imported(folder: Path) -> set[str]:
    return {each.name for each in folder.glob("*_was_imported")}


def test_lists_name_what_a_wheel_brings_and_load_none_of_it(
    strop: Strop, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(strop("list", "improvers", "--json").stdout)["installed"] == []
    monkeypatch.syspath_prepend(site)
    improvers, tasks = strop("list", "improvers"), strop("list", "tasks")
    assert "ours 1.0" in improvers.stdout and "ours.improvers.idle" in improvers.stdout
    assert "ours.problems:doubling" in tasks.stdout and "strop has this name" in tasks.stdout
    rows = json.loads(strop("list", "tasks", "--json").stdout)["installed"]
    assert {row["name"]: row["not_used"] for row in rows if row["distribution"] == "ours 1.0"} == {
        "broken": None,
        "doubling": None,
        "gone": None,
        "parity": "strop has this name",
    }
    assert imported(tmp_path) == set()


@pytest.mark.slow
def test_improver_of_a_wheel_is_read_and_never_imported_in_the_host(strop: Strop, site: Path, tmp_path: Path) -> None:
    done = strop("eval", "idle", "--task", "parity", *SMALL, "--out", "e", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    assert imported(tmp_path) == set()
    assert strop("list", "improvers", "idle", PYTHONPATH=str(site)).stdout.endswith(IMPROVER)


def test_task_of_a_wheel_is_imported_when_it_is_named(strop: Strop, site: Path, tmp_path: Path) -> None:
    done = strop("run", "doubling", "-T", "0", *SMALL, "--out", "r", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    assert imported(tmp_path) == {"package_was_imported", "task_was_imported"}


UNUSABLE = {
    "list tasks broken": "broken of ours 1.0 is no strop.Task",
    "list tasks gone": "gone of ours 1.0 cannot be loaded: ModuleNotFoundError",
    "list tasks doublin": "did you mean doubling?",
    "list improvers lost": "the file of the module ours.improvers.gone does not exist",
    "list improvers resource": "it must be a module, such as package.name",
    "list improvers other": "choose beam_search",
    "list improvers twofold": "both provide 'twofold'; uninstall one of them",
}


def test_entry_point_that_cannot_be_used_is_named_in_one_line(
    strop: Strop, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("theirs", "others"):
        (tmp_path / f"{name}-1.dist-info").mkdir()
        (tmp_path / f"{name}-1.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (tmp_path / f"{name}-1.dist-info" / "entry_points.txt").write_text("[strop.improvers]\ntwofold = theirs\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(site)
    for command, words in UNUSABLE.items():
        done = strop(*command.split())
        assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, command
