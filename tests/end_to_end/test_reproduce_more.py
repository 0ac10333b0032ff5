"""Baselines, Table 1 and strategies as people carry them out: tiny cells, real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strop.runs.spec import shipped_improvers
from support.tables import widest

TINY = ["--copies", "1", "--lm-budget", "1", "--max-responses", "2", "--utility-budget", "2", "--meta-budget", "1"]
WHERE = ["--runs", "1", "--seed", "4", "--out", "there", *TINY]


def files(directory: Path, name: str) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.stem == name and path.is_file())


@pytest.mark.slow
def test_baselines_are_measured_once_and_shown_again_from_what_is_there(strop: Any, tmp_path: Path) -> None:
    first = strop("reproduce", "baselines", *WHERE)
    assert first.returncode == 0, first.stderr
    assert "greedy iterative" in first.stdout and "64.2 ± 0.9" in first.stdout
    assert "not a language model" in first.stdout
    assert widest(first.stdout) <= 80
    assert files(tmp_path / "there", "baselines") == [f"baselines.{end}" for end in ("json", "md", "svg")]
    again = strop("reproduce", "baselines", *WHERE, "--json")
    assert again.returncode == 0 and "begins" in first.stderr and "begins" not in again.stderr
    told = json.loads(again.stdout)
    kept = json.loads((tmp_path / "there" / "baselines.json").read_text())
    assert {name: told[name] for name in kept} == kept and told["schema_version"] == 2
    assert told["rows"][0]["improver"] == "seed" and told["is_language_model"] is False


@pytest.mark.slow
def test_table1_tries_the_improver_that_stop_made_on_five_tasks(strop: Any, tmp_path: Path) -> None:
    ended = strop("reproduce", "table1", *WHERE, "--stop-runs", "1", "--iterations", "1", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    tasks = ["string-grid-distance", "modified-qap", "3sat", "maxcut", "parity"]
    assert [row["task"] for row in told["rows"]] == tasks
    assert told["improver"]["how"].startswith("the I_T with the highest training û")
    run, digest, _ = told["improver"]["candidates"][0].values()
    made = tmp_path / "there" / "cells" / run / "improvers" / "I1.py"
    assert made.read_text() == (tmp_path / "there" / "table1" / "improver.py").read_text()
    assert told["improver"]["digest"] == digest
    assert files(tmp_path / "there", "table1") == [f"table1.{end}" for end in ("json", "md", "svg")]
    assert "above the best known cut" in (tmp_path / "there" / "table1.md").read_text()


@pytest.mark.slow
def test_every_shipped_strategy_is_measured(strop: Any) -> None:
    ended = strop("reproduce", "strategies", *WHERE, "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert sorted(row["improver"] for row in told["strategies"]) == sorted(shipped_improvers())
