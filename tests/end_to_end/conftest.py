"""Runs the command line as people do: another process, its own folder, no environment but what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Strop = Callable[..., "subprocess.CompletedProcess[str]"]

TINY = ["--copies", "2", "--lm-budget", "1", "--max-responses", "2", "--meta-budget", "2", "--utility-budget", "3"]
"""Flags of a run that takes a second or two."""


def environment(tmp_path: Path) -> dict[str, str]:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    # A report at the end of every run would take longer than many of the runs.
    return {"PATH": os.environ["PATH"], **home, "COLUMNS": "80", "STROP_NO_REPORT": "1"}


@pytest.fixture
def strop(tmp_path: Path) -> Strop:
    """`strop("run", "lpn", …)` in an empty folder."""

    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "strop", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path) | env,
            timeout=240,
            check=False,
        )

    return call


def made_once(folder: Path, *arguments: str) -> Path:
    """A record that many tests of a file read: made once, in `folder`; the path of its directory there."""
    made = subprocess.run(
        [sys.executable, "-m", "strop", *arguments, "--out", "r"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(folder),
        timeout=240,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder / "r"


@pytest.fixture
def start_strop(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The same, without waiting for its end; what a failed test has left is ended with it."""
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "strop", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path) | env,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()
