"""The built-in tasks from the command line, and a task of one's own whose score leaves its bounds in the middle of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strop.events import AuditNoted, RunFinished
from strop.store import Store
from strop.tasks.registry import BUILT_IN

ALARM = """
import strop

def sample(rng):
    return {"n": int(rng.integers(2, 9))}

def score(instance, answer):
    return 6.0 if answer == 7 else 0.5

task = strop.Task(name="alarm", sample=sample, score=score, seed="def f(n): return 1", entry="f",
                  instances=2, test_instances=2, answer=strop.Answer(int))
"""


@pytest.mark.parametrize(
    ("name", "split", "utility"),
    [
        ("string-grid-distance", "test", 0.438875),
        ("3sat", "train", 0.0),  # on the test split the walk solves all 30 formulae once in about 40 times
        ("maxcut", "test", 0.0),
        ("modified-qap", "test", None),
        ("parity", "test", None),
    ],
)
def test_seed_of_a_built_in_task_scores_as_published(
    strop: Any, tmp_path: Path, name: str, split: str, utility: float | None
) -> None:
    (tmp_path / "seed.py").write_text(BUILT_IN[name]().seed)
    ended = strop("score", "seed.py", "--task", name, "--split", split, "--instances", "published", "--json")
    assert ended.returncode == 0, ended.stderr
    assert "their seeds are public" in ended.stderr
    scored = json.loads(ended.stdout)["utility"]
    assert 0.1 < scored < 0.7 if utility is None else scored == pytest.approx(utility)


def test_nothing_is_said_of_public_seeds_when_instances_are_secret(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "seed.py").write_text(BUILT_IN["parity"]().seed)
    assert "public" not in strop("score", "seed.py", "--task", "parity").stderr


def test_run_ends_with_an_audit_event_and_no_score_when_a_utility_leaves_its_bounds(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "alarm.py").write_text(ALARM)
    (tmp_path / "answers.jsonl").write_text(json.dumps("```python\ndef f(n): return 7\n```\n") + "\n")
    small = ["-T", "0", "--copies", "1", "--lm-budget", "1", "--max-responses", "1"]
    ended = strop("run", "alarm.py", *small, "--lm", "scripted:answers.jsonl", "--out", "run", "--json")
    assert ended.returncode == 5, ended.stderr
    assert "score() gave 6.0" in ended.stderr.splitlines()[-1]
    with Store.open(tmp_path / "run") as store:
        [note] = [stored.event for stored in store.events(AuditNoted)]
        [end] = [stored.event for stored in store.events(RunFinished)]
    assert isinstance(note, AuditNoted) and (note.rule, "6.0" in note.detail) == ("R007", True)
    assert isinstance(end, RunFinished) and end.status == "failed"


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "lpn"])
def test_run_goes_through_on_every_built_in_task(strop: Any, name: str) -> None:
    small = ["-T", "0", "--copies", "1", "--lm-budget", "1", "--max-responses", "2", "--utility-budget", "3"]
    ended = strop("run", name, *small, "--seed", "1", "--json")
    assert ended.returncode == 0, ended.stderr
    [measured] = json.loads(ended.stdout)["iterations"]
    assert 0.0 <= measured["test"]["mean"] <= 1.0
