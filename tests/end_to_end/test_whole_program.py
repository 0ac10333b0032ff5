"""The recorded command decides: it runs with the patch and without, before a program is called better."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import Start, Strop, events_in, recorded, stopped_at
from strop.base.events import CallsChanged, Evaluated, ProgramRan
from support.trees import written

SLOW = "def f(n):\n    total = 0\n    for i in range(40000):\n        total += i * n % 7\n    return total\n"
FAST = """
def f(n):
    whole, rest = divmod(40000, 7)
    row = [i * n % 7 for i in range(7)]
    return whole * sum(row) + sum(row[:rest])
"""
TABLE = (
    f"{SLOW.replace('def f', 'def slow')}\nTABLE = [slow(n) for n in range(160)]\n\n\ndef f(n):\n    return TABLE[n]\n"
)
"""A table that takes four times as long to make as all calls of the program, and that no call pays for."""
APP = "from lib import f\n\nprint('total', sum(f(n) for n in range(40)))\n"
COUNTS = "import sys\nimport lib\n\nprint(sum(lib.f(n) for n in range(40)), len(sys.modules))\n"
SHOWS = "improve", "lib.py:f", "--record", "python app.py", "--model", "scripted:answers.jsonl", "--lm-budget", "1"
SEARCH = (*SHOWS, "--max-responses", "1", "--utility-budget", "3", "--seed", "1", "--out", "there")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    written(tmp_path, {"pyproject.toml": "", "lib.py": SLOW, "app.py": APP, "new.py": TABLE})
    (tmp_path / "answers.jsonl").write_text(2 * (json.dumps(f"```python\n{FAST}```\n") + "\n"))
    return tmp_path


def facts(document: Mapping[str, Any]) -> dict[str, str]:
    return {fact["name"]: fact["text"] for fact in document["details"]}


def test_better_program_is_told_by_what_the_recorded_command_takes(strop: Strop, project: Path) -> None:
    ended = strop(*SEARCH)
    assert "the recorded command runs in the jail; its output repeats" in ended.stderr, ended.stderr
    found = json.loads(strop("show", "there", "--json").stdout)
    first = found["sentence"]
    assert first.startswith("Better: `python app.py` takes ") and first.endswith("with the same output."), first
    assert "less CPU time (" in first and len(first) <= 100 and found["schema_version"] == 5
    assert facts(found)["output"] == "the same" and facts(found)["program"].startswith("`python app.py` takes ")
    assert first in ended.stdout and f"  program        {facts(found)['program']}" in ended.stdout
    assert strop("view", "there", "--html", "page.html").returncode == 0
    page = (project / "page.html").read_text()
    assert "with the same output" in page.partition("</h1>")[0] and '<dl class="behind">' in page
    change, runs = found["program_change"], found["whole_program"]
    assert change["amount"] > 2 and len(runs["metrics"]) == len(runs["original_metrics"]) >= 8
    assert strop("apply", "there").returncode == 0


def test_program_that_takes_longer_with_faster_calls_is_worse(strop: Strop, project: Path) -> None:
    ended = strop("compare", "lib.py:f", "--with", "new.py", "--record", "python app.py", "--out", "there", "--json")
    found = json.loads(ended.stdout)
    assert found["finding"] == "worse" and found["sentence"].startswith("Worse: `python app.py` takes "), ended.stdout
    assert " as long (" in found["sentence"] and "as fast" in facts(found)["function"]
    assert "loading" not in facts(found)
    plan = strop("compare", "lib.py:f", "--with", "new.py", "--record", "python app.py", "--dry-run").stdout
    assert (
        "the recorded command runs with the patch and without, in 2:00 at most, or once each if that takes longer"
        in plan
    )


def test_program_that_prints_something_else_is_worse_and_its_line_quotes_nothing(strop: Strop, project: Path) -> None:
    (project / "app.py").write_text(COUNTS)
    (project / "new.py").write_text(f"import tomllib\n\n\n{FAST}")
    ended = strop("compare", "lib.py:f", "--with", "new.py", "--record", "python app.py", "--out", "there")
    assert "Worse: with it, `python app.py` prints or writes something else." in ended.stdout, ended.stdout
    shown = json.loads(strop("show", "there", "--json").stdout)
    assert facts(shown)["output"] == "something else: line 1 of standard output"
    quoted = next(line for line in ended.stdout.splitlines() if line.startswith("the output: "))
    assert " in place of " in quoted and quoted.split(": ")[1] not in json.dumps(shown)


def test_command_that_cannot_run_in_the_jail_is_not_compared_and_check_says_so(strop: Strop, project: Path) -> None:
    (project / "app.py").write_text(f"import os\n{APP}os.environ['PATH_OF_MINE']\n")
    why = "could not be run in the jail (exit status 1; KeyError: 'PATH_OF_MINE')"
    variables = {"PATH_OF_MINE": "1"}
    ended = strop(*SEARCH, **variables)
    assert f"`python app.py` {why}: what it prints, and how long it takes, is not compared" in ended.stdout, (
        ended.stdout
    )
    assert (
        ended.stdout.count("Better: ") == 1 and "CPU time (" not in ended.stdout.partition("Better: ")[2].split("\n")[0]
    )
    checked = strop("check", "lib.py:f", "--record", "python app.py", **variables)
    assert f"The recorded command {why}" in checked.stdout, checked.stdout


IS_PROGRAM = "event WHERE kind = 'ProgramRan'"
POINTS = (
    ("event WHERE kind = 'Evaluated'", 1),
    (IS_PROGRAM, 1),
    ("event WHERE kind = 'Evaluated' AND scope LIKE 'improved/test%'", 1),
    ("event WHERE kind = 'CallsChanged'", 1),
    ("event WHERE kind = 'CallsChanged'", 1),
    (IS_PROGRAM, 2),
)
"""When a run is killed: the events that its record then has."""


def test_program_run_that_is_killed_at_six_points_ends_as_the_whole_one(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    (project / "new.py").write_text(FAST)
    words = "compare", "lib.py:f", "--with", "new.py", "--record", "python app.py", "--seed", "1", "--no-report"
    assert strop(*words, "--out", "whole").returncode == 0
    began: tuple[str, ...] = (*words, "--out", "parts")
    for where, count in POINTS:
        stopped_at(start_strop(*began), project / "parts", count, where=where)
        assert events_in(project / "parts", where) >= count
        began = "resume", "parts"
    assert strop("resume", "parts").returncode == 0
    kinds = Evaluated, CallsChanged, ProgramRan
    scopes = [[event.scope for event in recorded(project / name, *kinds)] for name in ("whole", "parts")]
    assert all(len({*one}) == len(one) for one in scopes), scopes  # nothing was measured twice
    first, again = ([scope for scope in one if not scope.rpartition("/")[2].isdecimal()] for one in scopes)
    assert first == again  # without later looks, whose number depends on times
    whole, parts = (json.loads(strop("show", name, "--json").stdout) for name in ("whole", "parts"))
    assert whole["finding"] == parts["finding"] == "better"
    assert facts(whole).keys() - {"machine"} == facts(parts).keys() - {"machine"}
