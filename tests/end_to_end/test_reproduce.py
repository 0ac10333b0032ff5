"""`strop reproduce` of figures, baselines, Table 1 and strategies: to the end, stopped, gone on with, twice at once, wrongly."""

from __future__ import annotations

import json
import re
import shlex
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from strop.base.solution import digest_of
from strop.runs.spec import shipped_improvers
from support.processes import output_of, wait_until
from support.tables import widest

LONGER = shlex.split("--copies 2 --meta-budget 3 --utility-budget 4 --lm-budget 2 -T 1 --runs 2 --out there")
"""A cell takes a second or two."""
WAITS = """while [ $(ls FOLDER/there/cells | wc -l) -gt 1 ] && [ ! -e FOLDER/go ]; do sleep 0.05; done
echo '```python'
echo 'def algorithm(train_samples, train_parity, test_samples):'
echo '    return [0] * len(test_samples)'
echo '```'
"""
"""A model that answers in a second cell when it may."""


def improvements(directory: Path) -> list[int]:
    """How many improvements each cell in the directory began, in the order in which the cells were begun."""
    files = sorted((directory / "cells").glob("*/run.sqlite"), key=lambda file: file.parent.stat().st_ctime)
    counts = []
    for file in files:
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection, connection:
                counts.append(
                    int(connection.execute("SELECT count(*) FROM event WHERE kind = 'ImproveStarted'").fetchone()[0])
                )
        except sqlite3.Error:
            counts.append(0)
    return counts


def test_work_that_was_stopped_in_a_cell_goes_on_with_the_same_command_to_the_same_result(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    (tmp_path / "wait.sh").write_text(WAITS.replace("FOLDER", str(tmp_path)))
    longer = ["reproduce", "fig4", "--model", f"command:sh {tmp_path}/wait.sh", *LONGER]
    process = start_strop(*longer)
    wait_until(lambda: any(improvements(there)) or process.poll() is not None, 0.02)
    second = strop(*longer)
    wait_until(lambda: sum(map(bool, improvements(there))) > 1 or process.poll() is not None, 0.02)
    process.send_signal(signal.SIGINT)
    (tmp_path / "go").touch()
    output, errors = output_of(process)
    assert process.returncode == 130 and output == "" and "Traceback" not in errors
    assert second.returncode == 2
    assert second.stderr.splitlines()[-1].startswith("strop: another strop reproduce is working in there")
    *_, stopped, hint = errors.splitlines()
    assert re.fullmatch(r"strop: run-lpn-paper-s\d-\w+: stopped by SIGINT; everything so far is kept", stopped)
    assert hint == "To continue: the same command"
    assert not (there / "fig4.json").exists()
    ended = strop(*longer)
    assert ended.returncode == 0 and "2 cells, 1 of them done before" in ended.stderr, ended.stdout + ended.stderr
    assert not [*(there / "cells").glob("*.cut-*")], "what was cut short goes on, with the answers that were paid for"
    whole = (there / "fig4.json").read_bytes()
    assert strop(*longer[:-1], "uninterrupted").returncode == 0
    assert (tmp_path / "uninterrupted" / "fig4.json").read_bytes() == whole
    again = strop(*longer, "--json")
    assert again.returncode == 0 and "begins" not in again.stderr
    assert json.loads(again.stdout) == json.loads(whole)


TINY = ["--copies", "1", "--lm-budget", "1", "--max-responses", "2", "--utility-budget", "2", "--meta-budget", "1"]
WHERE = ["--runs", "1", "--seed", "4", "--out", "there", *TINY]


def files(directory: Path, name: str) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.stem == name and path.is_file())


@pytest.mark.slow
def test_baselines_and_strategies_are_measured_once_and_shown_again_from_what_is_there(
    strop: Any, tmp_path: Path
) -> None:
    for protocol in ("baselines", "strategies"):
        first = strop("reproduce", protocol, *WHERE)
        assert first.returncode == 0, first.stderr
        assert "not a language model" in first.stdout and widest(first.stdout) <= 80
        assert files(tmp_path / "there", protocol) == [f"{protocol}.{end}" for end in ("json", "md", "svg")]
        again = strop("reproduce", protocol, *WHERE, "--json")
        assert again.returncode == 0 and "begins" in first.stderr and "begins" not in again.stderr
        told = json.loads(again.stdout)
        assert json.loads((tmp_path / "there" / f"{protocol}.json").read_text()) == told
        assert told["schema_version"] == 5 and told["is_language_model"] is False
    assert sorted(row["improver"] for row in told["rows"]) == sorted(shipped_improvers())


@pytest.mark.slow
def test_table1_tries_the_improver_that_stop_made_on_five_tasks(strop: Any, tmp_path: Path) -> None:
    ended = strop("reproduce", "table1", *WHERE, "--stop-runs", "1", "--iterations", "1", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert [row["task"] for row in told["rows"]] == ["string-grid-distance", "modified-qap", "3sat", "maxcut", "parity"]
    assert "the I_T with the highest training û" in " ".join(told["notes"])
    run, digest, _ = told["tables"][-1]["rows"][0]
    made = tmp_path / "there" / "cells" / run / "improvers" / "I1.py"
    assert made.read_text() == (tmp_path / "there" / "table1" / "improver.py").read_text()
    assert digest_of(made.read_text()).startswith(digest)
    assert files(tmp_path / "there", "table1") == [f"table1.{end}" for end in ("json", "md", "svg")]
    assert "above the best known cut" in (tmp_path / "there" / "table1.md").read_text()


def test_budgets_are_exceeded_only_where_they_are_told_and_not_enforced(strop: Any, tmp_path: Path) -> None:
    size = shlex.split(
        "--copies 2 --meta-budget 2 --utility-budget 2 --lm-budget 1 --max-responses 2 -T 1 --runs 1 --out there"
    )
    plans = [
        json.loads(strop("reproduce", name, "--model", "offline", *size, "--dry-run", "--json").stdout)
        for name in ("fig4", "budgets")
    ]
    one, both = (plan["lm_calls"]["most"] for plan in plans)
    assert both >= 11 * one, "what nothing enforces is in the plan"
    ended = strop("reproduce", "budgets", "--model", "offline", *size, "--json")
    assert ended.returncode == 0, ended.stderr
    enforced, told = json.loads(ended.stdout)["rows"]
    assert [rate["count"] for rate in enforced["exceeding"]] == [0, 0] and len(told["exceeding"]) == 2
    folders = sorted((tmp_path / "there/cells").iterdir())
    calls = []
    for folder in folders:
        with closing(sqlite3.connect(f"file:{folder}/run.sqlite?mode=ro", uri=True)) as record:
            ends = record.execute("SELECT data FROM event WHERE kind = 'ImproveFinished'").fetchall()
            (spec,) = record.execute(
                "SELECT json_extract(data, '$.spec.slack') FROM event WHERE kind = 'RunStarted'"
            ).fetchone()
        calls.append((spec, max(json.loads(text)["lm_calls"] for (text,) in ends)))
    assert sorted(slack for slack, _ in calls) == [1, 10] and min(calls)[1] == 1
