"""Run the command line as people do: in an empty folder, with an environment of its own."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import Event
from strop.runs.resume import identities
from strop.store import Store
from support.command_line import environment, run_here, run_process, run_small
from support.processes import wait_until

Strop = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

TINY = shlex.split("--copies 2 --lm-budget 1 --max-responses 2 --meta-budget 2 --utility-budget 3")
"""Flags of a run that takes a second or two."""
PYTEST = "python -m pytest -q --disable-plugin-autoload"
"""The tests of a user's project. To load the plugins of this environment would take longer than the tests."""


@pytest.fixture
def strop(tmp_path: Path, request: pytest.FixtureRequest) -> Strop:
    """`strop("run", "lpn", …)` in an empty folder. In this process, unless a variable is for the interpreter itself.

    Built-in tasks have few instances, unless a process reads the same records or the test is marked `whole_tasks`."""

    whole = {"start_strop", "strop_process", "terminal"} & {*request.fixturenames} or request.node.get_closest_marker(
        "whole_tasks"
    )
    here = run_here if whole else run_small

    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        run = run_process if any(name.startswith("PYTHON") for name in env) else here
        return run(*arguments, cwd=tmp_path, env=environment(tmp_path) | env)

    return call


@pytest.fixture
def strop_process(tmp_path: Path) -> Strop:
    """The same in a new process: for signals, streams and the order of imports."""
    return lambda *arguments, **env: run_process(*arguments, cwd=tmp_path, env=environment(tmp_path) | env)


def made_once(folder: Path, *arguments: str) -> Path:
    """Make a record in `folder` once, for many tests of a file that only read it; returns its directory."""
    made = run_small(*arguments, "--out", "r", cwd=folder, env=environment(folder))
    assert made.returncode == 0, made.stderr
    return folder / "r"


@pytest.fixture
def start_strop(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The same without waiting for its end. Processes that a failed test leaves behind are killed."""
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str, own_session: bool = False, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "strop", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path) | env,
            start_new_session=own_session,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def happened(directory: Path) -> Counter[str]:
    """The identities of what a record holds, which do not depend on how often its run was stopped."""
    with Store.open(directory) as store:
        return identities(store)


def recorded(directory: Path, *kinds: type[Event]) -> list[Any]:
    """The events of a record, of these kinds or of all."""
    with Store.open(directory) as store:
        return [stored.event for stored in store.events(*kinds)]


def events_in(directory: Path, where: str = "event") -> int:
    """How many events a record holds, of a run that may be going on; `where` is what follows FROM."""
    try:
        with closing(sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True)) as connection, connection:
            return int(connection.execute(f"SELECT count(*) FROM {where}").fetchone()[0])
    except sqlite3.Error:
        return 0


def stopped_at(
    process: subprocess.Popen[str], directory: Path, count: int, number: int = signal.SIGKILL, where: str = "event"
) -> str:
    """Send a signal when the record holds so many events, if it ever does; what was said on standard error."""
    wait_until(lambda: process.poll() is not None or events_in(directory, where) >= count, 0.01)
    process.send_signal(number)
    return process.communicate()[1]
