"""`strop run --selection` and `--from`, as a user meets them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import BudgetMoved, Compared, Evaluated
from strop.store import Store
from support.command_line import environment, run_small
from support.records import changing, from_elsewhere

SMALL = shlex.split("--copies 2 --utility-budget 3 --lm-budget 1 --max-responses 2 --meta-budget 2 --gate-pairs 4")


def strop(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run_small(*arguments, cwd=cwd, env=environment(cwd))


def run(cwd: Path, name: str, *arguments: str) -> dict[str, Any]:
    ended = strop("run", *arguments, *SMALL, "--seed", "1", "--out", name, "--json", cwd=cwd)
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


@pytest.fixture
def folder(runs: dict[str, Path], tmp_path: Path) -> Path:
    """A folder with a run by each of two selections."""
    for name in ("paper", "gated"):
        shutil.copytree(runs[name], tmp_path / name)
    return tmp_path


def compared(folder: Path) -> list[Compared]:
    with Store.open(folder) as store:
        return [stored.event for stored in store.events(Compared)]


def test_paper_selection_compares_nothing_and_the_gate_records_what_it_compared_on_a_budget_of_its_own(
    folder: Path,
) -> None:
    assert compared(folder / "paper") == []
    found = compared(folder / "gated")
    assert found
    for event in found:
        assert event.most == 3 and len(event.differences) <= event.pairs <= 3
        assert event.threshold == pytest.approx(10.0) and event.accepted == (event.e_value >= event.threshold)
    with Store.open(folder / "gated") as store:
        moved = [s.event for s in store.events(BudgetMoved) if s.event.counter == "gate_pairs" and s.event.granted]
        scored = [s.event for s in store.events(Evaluated) if s.event.split == "gate"]
    pairs = sum(event.pairs for event in found)
    assert len(moved) == pairs > 0 and len(scored) == 2 * pairs
    assert all("/gate/pair" in event.scope for event in scored)


def test_new_run_begins_from_an_improver_of_another_one_on_its_task(folder: Path) -> None:
    document = run(folder, "back", "--improver", "paper:1", "-T", "0")
    before = json.loads(strop("show", "paper", "--json", cwd=folder).stdout)
    assert document["tasks"] == ["parity"]
    assert document["iterations"][0]["improver"] == before["iterations"][1]["improver"]


def test_new_run_says_that_the_record_it_begins_from_is_damaged(folder: Path) -> None:
    shutil.copytree(folder / "paper", folder / "damaged")
    with changing(folder / "damaged") as connection:
        data = """json_set(data, '$.spec', '["no recipe"]')"""
        connection.execute(f"UPDATE event SET data = {data} WHERE kind = 'RunStarted'")
    ended = strop("run", "--improver", "damaged:1", "--out", "never", cwd=folder)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1 and "damaged was changed after" in ended.stderr
    from_elsewhere(folder / "damaged")
    ended = strop("run", "--improver", "damaged:1", "--out", "never", cwd=folder)
    assert ended.returncode == 1 and "the record in damaged is damaged" in ended.stderr
    shown = strop("show", "damaged", "--json", cwd=folder)
    assert shown.returncode == 1 and shown.stdout == "" and "the record in damaged is damaged" in shown.stderr


def test_new_run_cannot_begin_from_an_iteration_that_was_not(folder: Path) -> None:
    ended = strop("run", "--improver", "paper:7", "--out", "never", cwd=folder)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "has no iteration 7: it has 0 to 1" in ended.stderr
    assert not (folder / "never").exists()


def test_show_tells_what_the_gate_decided(folder: Path) -> None:
    found = compared(folder / "gated")
    shown = " ".join(strop("show", "gated", "--full", cwd=folder).stdout.split())
    assert found
    for event in found:
        assert f"{event.e_value:.3g} of the {event.threshold:.3g} needed" in shown
