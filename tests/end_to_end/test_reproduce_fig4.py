"""`strop reproduce fig4` and `fig4-weak` as people run them: to the end, stopped, gone on with, twice at once, wrongly."""

from __future__ import annotations

import json
import re
import shlex
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SMALL = shlex.split("--copies 1 --utility-budget 2 --meta-budget 2 --lm-budget 1 -T 1")
LONGER = shlex.split(
    "reproduce fig4 --copies 2 --meta-budget 3 --utility-budget 4 --lm-budget 2 -T 1 --runs 2 --out there"
)
"""A cell takes a second or two."""
FIG4 = ["reproduce", "fig4", *SMALL, "--runs", "3", "--out", "there"]


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, gently: these are whole runs."""
    end = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < end, "it does not get on"
        time.sleep(0.02)


def improvements(directory: Path) -> list[int]:
    """How many improvements each cell in the directory began, in the order in which the cells were begun."""
    files = sorted((directory / "cells").glob("*/run.sqlite"), key=lambda file: file.parent.stat().st_ctime)
    counts = []
    for file in files:
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection, connection:
                query = "SELECT count(*) FROM event WHERE kind = 'ImproveStarted'"
                counts.append(int(connection.execute(query).fetchone()[0]))
        except sqlite3.Error:
            counts.append(0)
    return counts


def test_work_that_was_stopped_in_a_cell_goes_on_with_the_same_command_to_the_same_result(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    process = start_strop(*LONGER)
    wait_until(lambda: any(improvements(there)) or process.poll() is not None)
    second = strop(*LONGER)
    wait_until(lambda: sum(map(bool, improvements(there))) > 1 or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 130 and output == "" and "Traceback" not in errors
    assert second.returncode == 2 and second.stderr.startswith("strop: another strop reproduce is working in there")
    assert second.stderr.count("\n") == 1
    *_, stopped, hint = errors.splitlines()
    assert re.fullmatch(r"strop: run-lpn-paper-s\d-\w+: stopped by SIGINT; everything so far is kept", stopped)
    assert hint == "To continue: the same command"
    assert not (there / "fig4.json").exists()
    ended = strop(*LONGER)
    assert ended.returncode == 0, ended.stderr
    assert "2 cells, 1 of them done before" in ended.stderr
    assert not [*(there / "cells").glob("*.cut-*")], "what was cut short goes on, with the answers that were paid for"
    whole = (there / "fig4.json").read_bytes()
    assert strop(*LONGER[:-1], "uninterrupted").returncode == 0
    assert (tmp_path / "uninterrupted" / "fig4.json").read_bytes() == whole
    again = strop(*LONGER, "--json")
    assert again.returncode == 0 and "begins" not in again.stderr
    assert json.loads(again.stdout).items() >= json.loads(whole).items()


@pytest.mark.slow
def test_weak_model_is_shown_with_both_selections_from_the_same_seeds(strop: Any, tmp_path: Path) -> None:
    ended = strop("reproduce", "fig4-weak", *SMALL, "--runs", "2", "--seed", "4", "--json")
    assert ended.returncode == 0, ended.stderr
    there = tmp_path / "runs" / "reproduce-offline-skill=0.1-4"
    document = json.loads(ended.stdout)
    assert document["model"] == "offline:skill=0.1" and "not a language model" in document["notice"]
    paper, gated = document["curves"]
    assert (paper["selection"], gated["selection"]) == ("paper", "gated")
    assert paper["seeds"] == gated["seeds"] == [4, 5]
    assert [run[0] for run in paper["runs"]] == [run[0] for run in gated["runs"]]
    assert {f"fig4-weak.{kind}" for kind in ("md", "json", "csv", "svg")} <= {each.name for each in there.iterdir()}
    for name in document["cells"]:
        cell = json.loads(strop("show", str(there / "cells" / name), "--json").stdout)
        values = [each["test"]["mean"] for each in cell["iterations"]]
        assert values in (paper["runs"] + gated["runs"]) and cell["selection"] in ("paper", "gated")


def test_help_lists_every_protocol_with_its_line(strop: Any) -> None:
    ended = strop("reproduce", "--help")
    assert ended.returncode == 0
    for name in ("table1", "table2", "fig4", "fig4-weak", "baselines", "strategies"):
        assert f" {name} " in ended.stdout


def test_folder_of_a_single_run_is_left_alone(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "run.sqlite").touch()
    ended = strop(*FIG4)
    assert ended.returncode == 2 and "folder of a run" in ended.stderr
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["run.sqlite"]
