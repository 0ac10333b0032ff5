"""`strop eval --noise`, from the outside."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.tables import widest

SMALL = ["--copies", "2", "--lm-budget", "1", "--max-responses", "2", "--utility-budget", "3", "--seed", "1"]


def repeats(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{path / 'run.sqlite'}?mode=ro", uri=True)) as connection, connection:
            return int(connection.execute("SELECT count(*) FROM improvement_end").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_noise_is_a_table_a_document_and_a_file(strop: Any, tmp_path: Path) -> None:
    asked = ["eval", "seed", "--task", "parity", "--noise", "2", *SMALL]
    made = strop(*asked, "--task", "lpn", "--out", "a", "--json")
    assert "parity: repeat 2 of 2" in made.stderr
    document = json.loads(made.stdout)
    assert document == json.loads((tmp_path / "a" / "noise.json").read_text())
    assert (document["improver"], document["copies"], document["repeats"]) == ("seed", 2, 2)
    for each, name in zip(document["tasks"], ("parity", "lpn"), strict=True):
        assert each["task"] == name and [len(row) for row in each["values"]] == [2, 2]
        noise = each["noise"]
        assert noise["floor"] == abs(each["utilities"][0] - each["utilities"][1]) and noise["exceeded"] == 0.5
    shown = strop(*asked, "--task", "lpn", "--out", "a")
    assert widest(shown.stdout) <= 80 and "a is complete" in shown.stderr
    assert f"{document['tasks'][0]['noise']['floor']:.3f}" in shown.stdout
    with closing(sqlite3.connect(tmp_path / "a" / "run.sqlite")) as connection, connection:
        assert connection.execute("SELECT count(*) FROM evaluation WHERE split <> 'train'").fetchone() == (0,)
        assert connection.execute("SELECT value FROM meta WHERE key = 'kind'").fetchone() == ("noise",)


@pytest.mark.slow
def test_noise_that_is_stopped_keeps_what_was_done_and_goes_on(start_strop: Any, strop: Any, tmp_path: Path) -> None:
    asked = ["eval", "seed", "--task", "parity", "--noise", "12", *SMALL, "--out", "there"]
    process = start_strop(*asked)
    end = time.monotonic() + 120
    while repeats(tmp_path / "there") < 10 and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (
        "of 12 repeats are done" in out
        and "To continue: the same command with --out there" in err
        and "Traceback" not in err
    )
    assert not (tmp_path / "there" / "noise.json").exists()
    resumed = strop(*asked)
    assert resumed.returncode == 0 and "of 12 repeats done before" in resumed.stderr
    assert len(json.loads((tmp_path / "there" / "noise.json").read_text())["tasks"][0]["values"]) == 12
