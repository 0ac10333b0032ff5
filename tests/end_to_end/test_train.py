"""`strop run` on several tasks, from the outside."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from end_to_end.conftest import TINY as SMALL
from end_to_end.conftest import Strop
from strop.base.solution import digest_of
from support.tables import widest

TINY = [*SMALL, *shlex.split("--gate-pairs 4 --seed 3 -T 2 --model offline:skill=0.9")]
TASK = """import strop

def sample(rng):
    return {{"x": float(rng.random())}}

def score(instance, answer):
    return max(0.0, 1 - abs({factor} * instance["x"] - float(answer)))

task = strop.Task(name="times{factor}", instances=4, test_instances=6,
    sample=sample, score=score, seed="def algorithm(x):\\n    return x\\n")
"""


@pytest.fixture
def two_tasks(tmp_path: Path) -> list[str]:
    """Two files of one name, in two folders."""
    for factor in (2, 3):
        (tmp_path / f"by{factor}").mkdir()
        (tmp_path / f"by{factor}" / "task.py").write_text(TASK.format(factor=factor))
    return ["by2/task.py", "by3/task.py"]


def test_training_on_two_tasks_ends_with_an_improver_and_its_result_beside_it(
    strop: Strop, two_tasks: list[str], tmp_path: Path
) -> None:
    done = strop("run", *two_tasks, *TINY, "--out", "t")
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "t" / "best.json").read_text())
    assert document == json.loads(strop("show", "t", "--json").stdout)
    assert document["digest"] == digest_of((tmp_path / "t" / "best.py").read_text())
    assert document["trained_on"] == ["times2", "times3"] and document["model"] == "offline:skill=0.9"
    first = document["iterations"][0]
    assert [each["task"] for each in first["tasks"]] == ["times2", "times3"]
    assert [value for each in first["tasks"] for value in each["test"]["values"]] == first["test"]["values"]
    assert "STOP on times2, times3." in done.stdout
    told = strop("show", "t", "--full").stdout
    assert "times3" in told and widest(told) <= 80
    planned = json.loads(strop("run", "--improver", "t:1", "--dry-run", "--json").stdout)
    assert planned["tasks"] == two_tasks, "a run begins from it on its tasks, unless others are named"
    used = strop("eval", "t/best.py", "--task", "parity", *TINY[:4], "--out", "e")
    assert used.returncode == 0, used.stderr


def test_training_is_replayed_elsewhere_from_its_record_with_both_task_files(
    strop: Strop, two_tasks: list[str], tmp_path: Path
) -> None:
    assert strop("run", *two_tasks, *TINY, "--out", "here").returncode == 0
    for name in ("by2", "by3"):
        shutil.rmtree(tmp_path / name)
    (tmp_path / "here").rename(tmp_path / "there")
    refused = strop("replay", "there")
    assert refused.returncode == 2 and "--trust-task" in refused.stderr
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "other machine")}
    replayed = strop("replay", "there", "--trust-task", **elsewhere)
    assert replayed.returncode == 0 and "each as recorded" in replayed.stdout, replayed.stderr
    for name in ("best.py", "best.json"):
        (tmp_path / "there" / name).unlink()
    assert strop("resume", "there", "--trust-task", **elsewhere).returncode == 0
    assert (tmp_path / "there" / "best.py").is_file() and (tmp_path / "there" / "best.json").is_file()
