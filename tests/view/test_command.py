"""strop view as a command: how it begins, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from support.command_line import environment, run_here
from support.viewed import begun, finished, iteration, write


@contextmanager
def viewing(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of strop view, and its address."""
    command = [sys.executable, "-m", "strop", "view", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None and process.stdout is not None
    try:
        first = process.stderr.readline()
        yield process, re.search(r"http://\S+", first)[0]  # type: ignore[index]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdout.close()


def said(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "strop", "view", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with begun(tmp_path / "runs" / "mine") as store:
        write(store, [*iteration(0), finished()])
    return tmp_path / "runs" / "mine"


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", [pytest.param(False, marks=pytest.mark.slow, id="run"), pytest.param(True, id="folder")]
)
def test_view_ends_by_itself_when_nothing_runs_and_nobody_looks(run: Path, folder: bool) -> None:
    code, lines = said(run.parent if folder else run, "--idle", "0.3s")
    assert code == 0 and "closed after 0.3 s without a visit" in lines


@pytest.mark.slow
def test_view_stays_while_the_run_goes_on_and_ends_after_it(tmp_path: Path) -> None:
    with begun(tmp_path / "r") as store, viewing(tmp_path / "r", "--idle", "1s") as (process, address):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
        with urlopen(address, timeout=60) as answer:
            assert answer.status == 200
        store.append(finished())
        store.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow, id="SIGTERM"),
    ],
)
def test_view_ends_on_a_signal_while_somebody_looks(run: Path, number: int, code: int) -> None:
    with viewing(run) as (process, address):
        with urlopen(address, timeout=60) as page:
            page.read(100)
            process.send_signal(number)
        assert process.wait(60) == code
        assert process.stderr is not None and process.stderr.read().endswith("strop: stopped\n")


def test_view_serves_at_the_port_that_is_asked_for(run: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with viewing(run, "--port", str(port)) as (_, address):
        assert address.startswith(f"http://127.0.0.1:{port}/?token=")
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{port}/", timeout=60)
        assert refused.value.code == 403
        refused.value.close()
        code, lines = said(run, "--port", str(port))
        assert code == 2 and lines.startswith(f"strop: cannot listen on --port {port}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere/run"], "there is no run directory nowhere/run"),
        (["{run}", "--port", "99999"], "ports are 1 to 65535"),
        (["{run}", "--port", "x"], "is not a whole number"),
        (["{run}", "--idle", "soon"], "soon"),
        (["{run}/best.py"], "there is no run directory"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_view_refuses_what_is_wrong_in_one_line(run: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    parts = [part.format(run=run) for part in arguments]
    ended = run_here("view", *parts, cwd=tmp_path, env=environment(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "") and says in ended.stderr and ended.stderr.count("\n") == 1
