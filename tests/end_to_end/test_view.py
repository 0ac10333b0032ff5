"""`strop view` writes the page of a run, opens it, and writes it again while the run goes on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.conftest import Start, Strop
from strop.base.events import RunFinished
from strop.runs.spec import RunSpec
from strop.store import Store
from support.processes import output_of, wait_until
from support.records import iterated, started

LIVE = "The run goes on; this is how it stood at "
RELOADS = '<meta http-equiv="refresh"'


@pytest.fixture
def browser(tmp_path: Path) -> str:
    """A browser that writes down what it is told to open; a value of BROWSER."""
    (tmp_path / "browser").write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    (tmp_path / "browser").chmod(0o755)
    return f"{tmp_path}/browser %s"


@pytest.fixture
def going_on(tmp_path: Path) -> Iterator[Store]:
    """The record of a run in this process."""
    with Store.create(tmp_path / "r", {"kind": "run", "task": "lpn"}) as store:
        store.append(started(RunSpec(task="lpn")))
        store.append(iterated(0))
        yield store


def page(tmp_path: Path) -> str:
    path = tmp_path / "r" / "report.html"
    return path.read_text("utf-8") if path.exists() else ""


def test_view_writes_the_page_of_a_run_that_has_ended_and_opens_it(
    strop_process: Strop, going_on: Store, tmp_path: Path, browser: str
) -> None:
    going_on.append(RunFinished(scope="", status="finished"))
    going_on.close()
    ended = strop_process("view", "r", BROWSER=browser)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "page: r/report.html\n")
    wait_until((tmp_path / "opened").exists)
    assert (tmp_path / "opened").read_text() == f"{(tmp_path / 'r' / 'report.html').as_uri()}\n"
    assert page(tmp_path) and LIVE not in page(tmp_path) and RELOADS not in page(tmp_path)


def watching(start_strop: Start, tmp_path: Path, browser: str) -> subprocess.Popen[str]:
    viewing = start_strop("view", "r", BROWSER=browser)
    wait_until((tmp_path / "opened").exists)
    assert LIVE in page(tmp_path) and RELOADS in page(tmp_path)
    return viewing


def test_page_follows_a_run_to_its_end(start_strop: Start, going_on: Store, tmp_path: Path, browser: str) -> None:
    viewing = watching(start_strop, tmp_path, browser)
    going_on.append(iterated(1, train=(0.575,), test=(0.625,)))
    wait_until(lambda: "0.575" in page(tmp_path) and LIVE in page(tmp_path))
    going_on.append(RunFinished(scope="", status="finished"))
    going_on.close()
    output_of(viewing)
    assert viewing.returncode == 0 and "0.575" in page(tmp_path)
    assert LIVE not in page(tmp_path) and RELOADS not in page(tmp_path)


def test_ctrl_c_ends_viewing_and_leaves_a_page_that_does_not_reload(
    start_strop: Start, going_on: Store, tmp_path: Path, browser: str
) -> None:
    viewing = watching(start_strop, tmp_path, browser)
    viewing.send_signal(signal.SIGINT)
    assert output_of(viewing)[1].endswith("strop: stopped\n") and viewing.returncode == 130
    assert LIVE not in page(tmp_path) and "running" in page(tmp_path)
    going_on.append(iterated(1))
