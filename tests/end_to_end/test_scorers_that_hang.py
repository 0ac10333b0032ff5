"""A scorer that hangs keeps no command from ending."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.processes import output_of, wait_until

TASK = """
import itertools
from pathlib import Path

import strop


def score(instance, answer):
    while answer == "loop":
        Path("begun").touch()
    return float(sum(itertools.repeat(0)))


task = strop.Task("hangs", lambda rng: {{}}, score, "def f():\\n    return 'a'\\n", "f", 2, 2, score_limit={limit})
"""
Start = Callable[..., "subprocess.Popen[str]"]


def begun(start_strop: Start, folder: Path, answer: str, limit: float) -> subprocess.Popen[str]:
    """`strop score` with a scorer that hangs."""
    (folder / "hangs.py").write_text(TASK.format(limit=limit))
    (folder / "program.py").write_text(f"def f():\n    return {answer!r}\n")
    return start_strop("score", "hangs.py", "--solution", "program.py")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_scorer(start_strop: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = begun(start_strop, tmp_path, "loop", 1000.0)
    wait_until((tmp_path / "begun").exists)
    process.send_signal(number)
    errors = output_of(process)[1]
    assert process.returncode == 128 + number and f"stopped by {number.name}" in errors


def test_command_whose_scorer_nothing_can_end_says_where_it_is_and_goes_on(start_strop: Start, tmp_path: Path) -> None:
    process = begun(start_strop, tmp_path, "sum", 0.2)
    output, errors = output_of(process)
    assert process.returncode == 0 and 'hangs.py", line 11 in score' in errors
    assert "its scorer took too long on an answer, and nothing in it could be interrupted" in output
