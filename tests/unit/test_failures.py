"""A session of tests that fails says first what failed, and how to repeat each failure alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.heavy]

TESTS = Path(__file__).parents[1]
FAILING = """
import pytest
from support.rows import table

@table("numbers", [1, 2])
@table("letters", "ab")
def test_of_tables(numbers, letters):
    assert (numbers, letters) != (2, "a"), "no 2 with a"

def test_that_passes():
    pass

def test_of_subtests(subtests):
    for number in range(3):
        with subtests.test(number=number), pytest.raises(ValueError):
            print(f"body {number}")
            if number != 1:
                raise ValueError

@pytest.mark.parametrize("name", ["a name"])
def test_of_names(name):
    assert not name
"""


def ran(folder: Path, *arguments: str, row: str = "") -> list[str]:
    """The lines that pytest prints with the conftest.py of strop's tests."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
        *arguments,
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environ |= {"STROP_ROW": row, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    options = ["-c", os.devnull, "--rootdir", ".", "-p", "conftest"]
    ended = subprocess.run([*command, *options], cwd=folder, env=environ, text=True, capture_output=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


def failures(lines: list[str]) -> list[str]:
    """The list of failures, with which the summary begins."""
    (begin,) = [number for number, line in enumerate(lines) if "what failed, and how to repeat each alone" in line]
    assert not any("===" in line for line in lines[:begin])
    listed = lines[begin + 1 :]
    return listed[: next(number for number, line in enumerate(listed) if line.startswith("="))]


@pytest.mark.parametrize("workers", [[], pytest.param(["-n", "1"], marks=pytest.mark.slow)])
def test_session_begins_its_summary_with_the_first_failure_and_each_line_repeats_one_row(
    tmp_path: Path, workers: list[str]
) -> None:
    (tmp_path / "test_mine.py").write_text(FAILING)
    lines = ran(tmp_path, *workers, "test_mine.py")
    assert re.match(r"\d+ failed, 1 passed", lines[-1])
    assert failures(lines) == [
        "STROP_ROW=2 .venv/bin/pytest test_mine.py::test_of_tables  # first: AssertionError: no 2 with a",
        "STROP_ROW=1 .venv/bin/pytest test_mine.py::test_of_subtests  # Failed: DID NOT RAISE ValueError",
        ".venv/bin/pytest 'test_mine.py::test_of_names[a name]'  # AssertionError: assert not 'a name'",
    ]


def test_row_that_is_named_runs_alone(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(FAILING)
    lines = ran(tmp_path, "test_mine.py", row="1")
    assert [line.lstrip(".") for line in lines if "body" in line] == ["body 1"]
    assert len(failures(lines)) == 2  # the table has another row 1
