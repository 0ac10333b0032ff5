"""Stop it, kill it: what is left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import events_in, recorded
from support.processes import output_of, wait_until


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
        assert len(recorded(small / "run")) > 10
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
    output, _ = output_of(process)
    assert process.returncode == 0 and "timeout" not in output, output


def test_second_interrupt_right_after_the_first_leaves_no_traceback_and_says_how_to_continue(
    start_strop: Any, tmp_path: Path
) -> None:
    process = start_strop("run", "lpn", "-T", "4", "--seed", "1", "--out", "there")
    wait_until(lambda: events_in(tmp_path / "there") >= 30)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, errors = output_of(process)
    assert process.returncode == 130 and "Traceback" not in errors and "Exception ignored" not in errors, errors
    assert "To continue: strop resume there" in errors.splitlines()[-2:], errors  # the last if a signal came late
