"""What a command prints on 40 columns has every figure and every column that it prints on 200."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from end_to_end.conftest import Strop
from support.tiers import slow_unless

RECORDED = Path(__file__).parents[2] / "examples" / "recorded"
COMMANDS = {
    "a run": ("show", "gated"),
    "its statistics": ("show", "gated", "--full"),
    "its changes": ("show", "gated", "--diff", "0", "1"),
    "an evaluation": ("show", "eval"),
    "an improved function": ("show", "golomb"),
    "an improved command": ("show", "trackpack"),
    "an improver that was improved": ("show", "run-quadratic-assignment"),
    "what its programs do": ("audit", "run-quadratic-assignment"),
    "the audit of a run": ("audit", "lpn"),
    "rules": ("audit", "--rules"),
    "tasks": ("list", "tasks"),
    "a task": ("list", "tasks", "golomb"),
    "improvers": ("list", "improvers"),
    "runs": ("list", "runs", str(RECORDED)),
    "a plan": ("run", "lpn", "--dry-run"),
    "a score": ("score", "parity", "--solution", "seed.py"),
    "options": ("run", "--help-all"),
}


def figures(page: str) -> Counter[str]:
    """How often each word with a digit is there, but paths, which wrap; without the codes of a terminal's styles."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", page)
    return Counter(word for word in plain.split() if re.search(r"\d", word) and "/" not in word)


CASES = [(name, tty) for name in COMMANDS for tty in ("0", "1")]  # a pipe, a terminal


@pytest.mark.parametrize(
    ("name", "tty"), slow_unless(lambda name, tty: tty == "1" and name != "what its programs do", CASES)
)
def test_command_prints_every_figure_on_40_columns_too(
    strop: Strop, runs: dict[str, Path], tmp_path: Path, name: str, tty: str
) -> None:
    command, records = COMMANDS[name], {path.name: path for path in RECORDED.iterdir()} | runs
    for record in {*records} & {*command}:
        shutil.copytree(records[record], tmp_path / record)
    (tmp_path / "seed.py").write_text("def algorithm(*samples):\n    return [0]\n")
    said = {
        columns: strop(*command, COLUMNS=columns, TTY_COMPATIBLE=tty, NO_COLOR="1").stdout for columns in ("200", "40")
    }
    assert figures(said["200"]) and not figures(said["200"]) - figures(said["40"])
