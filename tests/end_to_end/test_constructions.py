"""A problem with one instance: improved, verified, saved, verified again without strop's engine, and replayed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import environment, run_here, run_process

PROBLEM = """
from fractions import Fraction
import strop

SEED = "def construct():\\n    return [0.1, 0.2, 0.9]\\n"


def verify(answer):
    if not isinstance(answer, list) or len(answer) != 3 or not all(type(x) in (int, float) for x in answer):
        raise strop.Malformed("three numbers are needed")
    low, middle, high = sorted(map(Fraction, answer))
    if low < 0 or high > 1:
        raise strop.Malformed("a number is outside of [0, 1]")
    return min(middle - low, high - middle)


task = strop.Construction(
    "three-points", "spreads three points", "construct() returns three numbers from 0 to 1; the value is their least distance.",
    SEED, "higher", verify, (strop.Published(Fraction(1, 2), "everybody", "1900", "a page"),), seconds=2.0,
)
"""
MODEL = """
import sys
sys.stdin.read()
print("```python\\nimport random\\ndef construct():\\n    return [0, 0.499 + random.random() * 1e-4, 1.0]\\n```")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "points.py").write_text(PROBLEM)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def strop(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run_here(*words, cwd=folder, env=environment(folder))


def test_result_of_a_fixed_problem_is_verified_saved_verified_without_the_engine_and_replayed(folder: Path) -> None:
    model = ["--model", f"command:{sys.executable} {folder / 'model.py'}", "--lm-budget", "1", "--max-responses", "1"]
    ended = strop(folder, "improve", "points.py", *model, "--out", "run")
    assert ended.returncode == 0, ended.stderr
    assert "A better construction: verified 0.499" in ended.stdout
    assert "(start 0.1, best known 0.5, everybody 1900); the program gave at least" in ended.stdout
    assert "held" not in ended.stdout and "sealed" not in ended.stdout
    shown = json.loads(strop(folder, "show", "run", "--json").stdout)
    assert shown["finding"] == "a better construction" and 0.499 <= shown["verified"]["value"] < 0.4992
    assert shown["verified"]["runs"] == 8 and shown["verified"]["start"] == pytest.approx(0.1)
    ended = strop(folder, "verify", "run/solution.json", "points.py")
    assert ended.returncode == 0 and ended.stdout.startswith("three-points: verified 0.499")
    kept = json.loads((folder / "run" / "solution.json").read_text())
    kept["answer"][2] = 1 + 2**-50
    (folder / "changed.json").write_text(json.dumps(kept))
    ended = strop(folder, "verify", "changed.json", "points.py")
    assert (ended.returncode, ended.stdout) == (1, "three-points: no solution: a number is outside of [0, 1]\n")
    assert strop(folder, "replay", "run").returncode == 0
    ended = strop(folder, "check", "points.py", "--json")
    assert ended.returncode == 0 and json.loads(ended.stdout)["problems"] == [], "it is not told to draw instances"


def test_published_problem_says_how_it_is_installed_where_it_is_not(folder: Path) -> None:
    shadow = folder / "first" / "strop_problems-0.dist-info"  # the first distribution of a name is the one that counts
    shadow.mkdir(parents=True)
    (shadow / "METADATA").write_text("Metadata-Version: 2.1\nName: strop-problems\nVersion: 0\n")
    refused = run_process(
        "improve", "circles-26", cwd=folder, env=environment(folder) | {"PYTHONPATH": str(shadow.parent)}
    )
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert "in a clone: " in refused.stderr and "pip install ./packages/problems" in refused.stderr
    assert "circles-26" in strop(folder, "list", "tasks").stdout
