"""A spent limit, or `strop resume --finish`, ends the search of a run; what was found is compared all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import stopped_at
from support.command_line import DOUBLING

Strop = Any
IMPROVE = ("improve", "doubling.py", "--lm-budget", "3", "--max-responses", "2")
ANSWERS = [f"```python\ndef algorithm(x):\n    return {1.8 + at / 100} * x\n```" for at in range(18)]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "doubling.py").write_text(DOUBLING)
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in ANSWERS))
    return tmp_path


def document(ended: Any) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def test_spent_limit_ends_the_search_and_what_was_found_is_compared(strop: Strop, here: Path) -> None:
    found = document(strop(*IMPROVE, "--max-calls", "1", "--json", "--out", "r", STROP_MODEL="scripted:answers.jsonl"))
    assert (found["finding"], found["ended_by"], found["comparison"]) == ("better", "max_calls", 1)
    assert found["sentence"].endswith("The search ended early: --max-calls 1 was spent.")
    assert found["cost"]["lm_calls"] == 1 and found["improved"]["test"]["verdict"] == "ok"
    assert strop("replay", "r").returncode == 0
    again = strop("resume", "r", "--max-calls", "1", STROP_MODEL="scripted:answers.jsonl")
    assert again.returncode == 0 and "To go on: strop resume r --max-calls MORE" in again.stderr


def test_larger_limit_goes_on_searching_and_compares_again_on_other_instances(strop: Strop, here: Path) -> None:
    first = document(strop(*IMPROVE, "--max-calls", "1", "--json", "--out", "r", STROP_MODEL="scripted:answers.jsonl"))
    second = document(strop("resume", "r", "--max-calls", "9", "--json"))
    assert (second["finding"], second["ended_by"], second["comparison"]) == ("better", None, 2)
    assert second["sentence"].endswith("This is comparison 2 of this run.") and second["cost"]["lm_calls"] == 3
    values = [found["original"]["test"]["scores"] for found in (first, second)]
    assert values[0] != values[1], "the second comparison has instances of its own"
    assert strop("replay", "r").returncode == 0
    assert "nothing to continue" in strop("resume", "r").stderr


def test_run_that_was_killed_is_finished_without_another_response(start_strop: Any, strop: Strop, here: Path) -> None:
    started = start_strop(*IMPROVE, "--out", "r", STROP_MODEL="scripted:answers.jsonl")
    stopped_at(started, here / "r", 1, where="event WHERE kind = 'LmResponded'")
    (here / "answers.jsonl").unlink()
    found = document(strop("resume", "r", "--finish", "--json"))
    assert found["ended_by"] == "finish" and found["cost"]["lm_calls"] <= 3
    assert found["sentence"].endswith("The search ended early: strop resume --finish.")


def test_spent_limit_ends_the_iterations_of_a_run_with_a_result(strop: Strop, here: Path) -> None:
    run = (
        "run",
        "doubling.py",
        "-T",
        "2",
        "--copies",
        "2",
        "--lm-budget",
        "1",
        "--max-responses",
        "2",
        "--meta-budget",
        "1",
    )
    found = document(strop(*run, "--max-calls", "3", "--json", "--out", "r"))
    assert found["ended_by"] == "max_calls" and found["best_t"] == 0 and Path(here / "r" / "best.py").is_file()


def test_limit_that_is_spent_before_anything_was_measured_leaves_the_run_unfinished(strop: Strop, here: Path) -> None:
    ended = strop("run", "doubling.py", "-T", "1", "--max-calls", "0", "--out", "r")
    assert ended.returncode == 4 and "To continue: strop resume r --max-calls MORE" in ended.stderr


def test_measurement_has_no_search_to_end(strop: Strop, here: Path) -> None:
    asked = (
        "eval",
        "ucb",
        "--task",
        "doubling.py",
        "--copies",
        "2",
        "--lm-budget",
        "1",
        "--max-calls",
        "1",
        "--out",
        "e",
    )
    assert strop(*asked).returncode == 4
    refused = strop("resume", "e", "--finish")
    assert refused.returncode == 2 and "e is the record of strop eval, which has no search to end" in refused.stderr
