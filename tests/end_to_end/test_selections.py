"""`strop run --selection` and `--from`, as a user meets them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from support.command_line import environment, run_small
from support.records import changing, from_elsewhere

SMALL = shlex.split("--copies 2 --utility-budget 3 --lm-budget 1 --max-responses 2 --meta-budget 2 --gate-pairs 4")


def strop(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run_small(*arguments, cwd=cwd, env=environment(cwd))


@pytest.fixture
def folder(runs: dict[str, Path], tmp_path: Path) -> Path:
    """A folder with a run."""
    shutil.copytree(runs["paper"], tmp_path / "paper")
    return tmp_path


def test_new_run_begins_from_an_improver_of_another_one_on_its_task_that_was(folder: Path) -> None:
    ended = strop(
        "run", "--improver", "paper:1", "-T", "0", *SMALL, "--seed", "1", "--out", "back", "--json", cwd=folder
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    before = json.loads(strop("show", "paper", "--json", cwd=folder).stdout)
    assert document["tasks"] == ["parity"]
    assert document["iterations"][0]["improver"] == before["iterations"][1]["improver"]
    ended = strop("run", "--improver", "paper:7", "--out", "never", cwd=folder)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "has no iteration 7: it has 0 to 1" in ended.stderr and not (folder / "never").exists()


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
