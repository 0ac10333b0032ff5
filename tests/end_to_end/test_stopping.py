"""Stop it, kill it: what is left."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import events_in
from strop.base.events import RunFinished
from strop.store import Store
from strop_selftest.traces import is_alive
from support.processes import descendants, said_by, wait_until
from support.tiers import slow_unless

LONG = ["run", "lpn", "-T", "4", "--seed", "1", "--out", "there"]


@pytest.mark.parametrize("number", slow_unless(lambda number: number < 1, range(4)))
def test_no_guest_outlives_the_host_and_the_store_opens_clean_when_it_is_killed(
    start_strop: Any, tmp_path: Path, number: int
) -> None:
    process = start_strop(*LONG)
    store = tmp_path / "there" / "run.sqlite"
    moment = random.Random(number).randint(1, 400)  # events of the run, so that the moments differ on any machine
    wait_until(lambda: events_in(store.parent) >= moment)
    guests = descendants(process.pid)
    process.kill()
    process.communicate()
    assert guests
    wait_until(lambda: not any(map(is_alive, guests)))
    with Store.open(store.parent) as opened:
        assert sum(1 for _ in opened.events()) >= moment
    with closing(sqlite3.connect(store)) as connection, connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("number", "code"), slow_unless(lambda number, code: code == 130, [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
)
def test_first_signal_saves_and_stops(start_strop: Any, tmp_path: Path, number: int, code: int) -> None:
    process = start_strop(*LONG)
    store = tmp_path / "there" / "run.sqlite"
    wait_until(lambda: events_in(store.parent) >= 60)
    guests = descendants(process.pid)
    process.send_signal(number)
    _, errors = said_by(process)
    assert process.returncode == code, errors
    assert "Traceback" not in errors, errors
    *_, sentence, hint, end = errors.splitlines()
    assert "stopped by" in sentence and hint == "To continue: strop resume there", errors
    assert end == "To end the search and compare what was found: strop resume there --finish"
    wait_until(lambda: not any(map(is_alive, guests)))
    with Store.open(store.parent) as opened:
        (last,) = [stored.event for stored in opened.events(RunFinished)]
    assert last.status == "interrupted"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small file system that fills up")
@pytest.mark.parametrize("size", ["8k", "100k", "600k"])
def test_full_disk_is_one_line_and_what_was_written_stays_readable(strop: Any, tmp_path: Path, size: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size={size} tmpfs {small} 2>/dev/null") != 0:
        pytest.skip("mounting is not allowed here")
    try:
        ended = strop("run", "lpn", "-T", "4", "--seed", "1", "--out", str(small / "run"))
        assert ended.returncode == 1, ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
        if size != "600k":  # it did not begin
            assert not [*small.iterdir()]
            return
        *_, sentence, hint, _ = ended.stderr.splitlines()
        assert sentence.startswith("strop: ") and hint == f"To continue: strop resume {small / 'run'}", ended.stderr
        with Store.open(small / "run") as opened:
            assert sum(1 for _ in opened.events()) > 10
    finally:
        os.system(f"umount {small}")


SLEEPY = """import pathlib, strop

def sample(rng):
    return {"x": int(rng.integers(100))}

def score(instance, answer):
    pathlib.Path("begun").touch()
    return float(answer == instance["x"])

task = strop.Task(name="sleepy", sample=sample, score=score, description="x", instances=2, test_instances=2, time_limit=0.1,
                  seed="import time\\ndef algorithm(x):\\n    time.sleep(0.8)\\n    return x\\n")
"""
"""A task whose limit of wall time is 2 s."""


def test_pause_of_the_host_does_not_count_as_time_of_a_program(start_strop: Any, tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    (tmp_path / "x.py").write_text("import time\n\ndef algorithm(x):\n    time.sleep(0.8)\n    return x\n")
    process = start_strop("score", "sleepy.py", "--solution", "x.py")
    wait_until((tmp_path / "begun").exists)
    process.send_signal(signal.SIGSTOP)
    time.sleep(3.0)  # longer than the limit
    process.send_signal(signal.SIGCONT)
    output, _ = said_by(process)
    assert process.returncode == 0 and "timeout" not in output, output


def test_second_interrupt_right_after_the_first_leaves_no_traceback_and_says_how_to_continue(
    start_strop: Any, tmp_path: Path
) -> None:
    process = start_strop(*LONG)
    wait_until(lambda: events_in(tmp_path / "there") >= 30)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, errors = said_by(process)
    assert process.returncode == 130 and "Traceback" not in errors and "Exception ignored" not in errors, errors
    assert errors.splitlines()[-2] == "To continue: strop resume there", errors
