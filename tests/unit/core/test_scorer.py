"""Who computes a score, in the line that a user reads before anything is paid."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from strop.evaluation.functions.load import load_any
from strop.tasks.command.config import command_task
from strop.tasks.command.task import scoring_line
from support.rows import table

FUNCTION = """import strop


@strop.improve_me({how}, cases=[{{"x": 1}}, {{"x": 2}}])
def same(x):
    return x
"""
BY_STROP = f" (Python {sys.version_info[0]}.{sys.version_info[1]} of strop's own environment)"
OWN = ': a better result will be called "by its own score" (name a judge: docs/reference/targets.md)'


@table(
    ("how", "line"),
    [
        ("score=lambda answer, x: 1.0", f"computed by score(), in a process of its own{BY_STROP}"),
        ('score="time"', f"CPU time, counted by the kernel; answers must equal the original's{BY_STROP}"),
        (
            'score="time", accept=lambda instance, answer: True',
            f"CPU time, counted by the kernel; accept() decides about answers, in a process of its own{BY_STROP}",
        ),
    ],
)
@pytest.mark.process
def test_line_about_a_function_says_who_computes_its_score(tmp_path: Path, how: str, line: str) -> None:
    (tmp_path / "own.py").write_text(FUNCTION.format(how=how))
    assert scoring_line(load_any(f"{tmp_path}/own.py:same")) == line


@table(
    ("options", "line"),
    [
        ({"score": ["time"]}, "CPU time, counted by the kernel; answers must equal the original's"),
        ({"score": ["memory"]}, "memory, counted by the kernel; answers must equal the original's"),
        ({"score": ["time"], "judge": "./check"}, "CPU time, counted by the kernel; the judge ./check accepts answers"),
        (
            {"score": [r"n: (\d+)"], "metric": ["score:max"], "judge": "./check", "description": "n"},
            "computed by the judge ./check",
        ),
        ({"score": [r"n: (\d+)"], "metric": ["score:max"]}, f"the program prints this score itself{OWN}"),
        ({"score": ["tests"]}, f"the tests run in the program's own process{OWN}"),
        ({"score": ["time"], "require_metric": ["tests=1"]}, f"nothing but the program itself checks its answer{OWN}"),
        (
            {"score": [r"n: (\d+)"], "metric": ["score:max"], "trust_programs": True},
            "the program prints this score itself, and --trust-programs accepts that",
        ),
    ],
)
def test_line_about_a_command_says_who_computes_its_score_as_its_facts_do(
    tmp_path: Path, options: dict[str, Any], line: str
) -> None:
    (tmp_path / "p.sh").write_text("echo n: 1\n")
    task = command_task(tmp_path, files=["p.sh"], command="sh p.sh {seed}", **options)
    facts = task.facts
    assert scoring_line(task) == line
    assert facts is not None and facts.scored_by == task.scored_by and line.startswith(facts.scoring)
