"""What a run of a command finds of the runs before it: nothing that one of them could have changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from strop.sandbox.layers import Layers
from strop.sandbox.workspace.base import CommandLimits, Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from support.trees import written

PROGRAMS = Path(__file__).parent / "workspace"
LIMITS = CommandLimits(wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1 << 30)
BUILD = "mkdir built; cd built; for each in kept times mode gone name; do echo $each > $each; done; ln kept hard"
OF_FILES = {"times of reading", "times of writing", "names", "modes", "contents"}
EVERY = OF_FILES | {"numbers of files", "numbers of processes", "message queues", "semaphores", "processes"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    written(tmp_path, {"scoring/scorer.py": "SCORE = 0.5\n", "data": "1\n"})
    return Tree(
        tmp_path, {name: (PROGRAMS / name).read_text("utf-8") for name in ("leave_traces.py", "look_for_traces.py")}
    )


def look(workspace: Workspace) -> dict[str, Any]:
    ran = workspace.run(f"'{sys.executable}' -S look_for_traces.py", LIMITS)
    assert ran.ok, ran.errors
    found: dict[str, Any] = json.loads(ran.output)
    return found


def leave(workspace: Workspace) -> None:
    ran = workspace.run(f"'{sys.executable}' -S leave_traces.py", LIMITS)
    assert ran.ok, ran.errors


def different(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
    return {kind for kind in first if first[kind] != second[kind]}


def found_after(workspace: Workspace, *, runs: int = 1, clears: bool = True) -> set[str]:
    """What a run of a build's copy finds other than it was, after each of so many others that left their traces."""
    assert workspace.run(BUILD, LIMITS).ok
    assert workspace.clear()
    untouched, found = look(workspace), set[str]()
    for _ in range(runs):
        assert workspace.clear()
        leave(workspace)
        assert not clears or workspace.clear()
        found |= different(untouched, look(workspace))
    return found


def test_run_finds_no_trace_of_a_run_before_it(workspaces: Workspaces, tree: Tree) -> None:
    with workspaces.open(tree) as workspace:
        found = found_after(workspace, runs=2)
        assert found <= (set() if "namespaces" in workspace.report else EVERY - OF_FILES)


def test_traces_of_files_are_seen_where_nothing_clears_them(workspaces: Workspaces, tree: Tree) -> None:
    with workspaces.open(tree) as workspace:
        assert found_after(workspace, clears=False) >= OF_FILES | {"numbers of files"}


def test_run_finds_no_file_of_a_run_before_it_where_nothing_can_be_mounted(tree: Tree) -> None:
    layers = Layers(namespaces=False)
    with Workspaces(slots=1, require=(), layers=layers) as workspaces, workspaces.open(tree) as workspace:
        assert not found_after(workspace) & (OF_FILES | {"message queues", "semaphores"})
