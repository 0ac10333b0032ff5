"""What people do to a command line by mistake: one line that says so, the right exit code, and nothing of theirs lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SMALL = ["-T", "0", "--copies", "1", "--lm-budget", "1", "--max-responses", "1", "--utility-budget", "1", "--seed", "1"]


def said_in_one_line(ended: Any, code: int) -> bool:
    return bool(ended.returncode == code and ended.stderr.startswith("strop: ") and ended.stderr.count("\n") == 1)


def test_run_into_a_folder_with_other_files_leaves_them_as_they_are(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "best.py").write_text("mine\n")
    strop("run", "lpn", *SMALL, "--out", ".")
    assert (tmp_path / "best.py").read_text() == "mine\n"


@pytest.mark.parametrize("number", ["1.5", "0.7"])
def test_number_that_is_not_whole_is_refused_rather_than_rounded(strop: Any, number: str) -> None:
    ended = strop("run", "lpn", *SMALL[:-1], number)
    assert said_in_one_line(ended, 2), ended.stderr


@pytest.mark.parametrize("value", ["", ",", " "])
def test_empty_requirement_is_refused_since_only_none_means_none(strop: Any, value: str) -> None:
    ended = strop("run", "lpn", *SMALL, "--require", value)
    assert said_in_one_line(ended, 2), ended.stderr


def test_number_beyond_all_measure_is_one_line(strop: Any) -> None:
    ended = strop("run", "lpn", "--copies", "99999999999")
    assert said_in_one_line(ended, 2), ended.stderr


def test_result_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "strop", "tasks"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert said_in_one_line(ended, 1), ended.stderr


@pytest.mark.parametrize("closed", [(2,), (1, 2), (0, 1, 2)])
def test_run_goes_through_with_closed_standard_streams(tmp_path: Path, closed: tuple[int, ...]) -> None:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    command = [sys.executable, "-m", "strop", "run", "lpn", *SMALL, "--out", "there"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ended = subprocess.run(command, cwd=tmp_path, env=env, preexec_fn=close, check=False, timeout=60)
    assert ended.returncode == 0 and (tmp_path / "there" / "best.py").is_file()


def test_help_is_printed_where_the_encoding_is_ascii(strop: Any) -> None:
    ended = strop("run", "--help", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr[-300:]


def test_show_without_a_name_shows_the_run_that_began_last(strop: Any) -> None:
    strop("run", "lpn", *SMALL, "--out", "runs/zzz")
    strop("run", "lpn", *SMALL, "--out", "runs/aaa")
    assert "runs/aaa/best.py" in strop("show").stdout
