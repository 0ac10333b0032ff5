"""Tasks with one class of hole each: strop check finds it and calls it by its id."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.checks.findings import KINDS
from strop.tasks.registry import PAPER, load

FOLDER = Path(__file__).parents[2] / "check" / "broken_tasks"
BROKEN = sorted(FOLDER.glob("*.py"), key=lambda path: path.name)
BESIDE = {"one_instance": {"C004"}, "unseeded_draws": {"C203"}, "broadcast_score": {"C301"}}
"""A hole may be seen from two sides."""


def hole_of(path: Path) -> str:
    """The id that stands in a task file as FOUND."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FOUND":
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} does not say what is to be found")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_check_finds_the_hole_of_a_broken_task_and_calls_it_by_its_id(
    path: Path, checked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    check = checked(replace(load(str(path)), instances=6, test_instances=6))
    level = "warning" if 'LEVEL = "warning"' in path.read_text() else "broken"
    worst = {finding.id for finding in check.findings if finding.level == level}
    assert check.broken == (level == "broken")
    assert worst == {hole_of(path)} | BESIDE.get(path.stem, set()), [(one.id, one.detail) for one in check.findings]


def test_broken_tasks_have_ten_classes_of_holes() -> None:
    holes = {hole_of(path) for path in BROKEN}
    assert len(holes) >= 10 and holes <= set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPER)
def test_check_calls_a_shipped_task_sound(name: str, checked: Any) -> None:
    check = checked(replace(PAPER[name](), instances=20, test_instances=20), repeat=1)  # 8 of 3sat are easy
    assert check.tried and not check.broken, [(one.id, one.detail) for one in check.findings]
    assert {one.verdict for one in check.tried} <= {"refused", "harmless", "note"}
