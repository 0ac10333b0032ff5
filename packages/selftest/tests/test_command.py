"""strop doctor --self-test, as people call it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.processes import output_of

Strop = Callable[..., Any]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the self-test needs Linux")


def test_self_test_says_that_an_attack_is_contained(strop: Strop) -> None:
    ended = strop("doctor", "--self-test", "--only", "read_secret_file", "--only", "ptrace")
    assert (ended.returncode, "2 run, 2 contained" in ended.stdout) == (0, True)
    assert "as it is: 2 run" in ended.stderr


def test_self_test_prints_one_document_when_json_is_asked_for(strop: Strop) -> None:
    document = json.loads(strop("doctor", "--self-test", "--only", "ptrace", "--json").stdout)
    assert [attack["name"] for attack in document["attacks"]] == ["ptrace"]
    assert document["machines"] == {"as it is": {"contained": 1}}
    assert document["failures"] == []


def test_self_test_prints_the_tables_of_the_document(strop: Strop) -> None:
    ended = strop("doctor", "--self-test", "--only", "ptrace", "--markdown")
    assert "| case | attack | as it is |" in ended.stdout
    assert "| 138 | `ptrace` | ✓ |" in ended.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has user ids to give away")
def test_self_test_ends_with_7_when_something_is_not_as_it_must_be(tmp_path: Path) -> None:
    def few_processes() -> None:
        resource.setrlimit(resource.RLIMIT_NPROC, (4, 4))  # enough for a server and its guest, too few for threads

    ended = subprocess.run(
        [sys.executable, "-m", "strop", "doctor", "--self-test", "--only", "thread_pool"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        preexec_fn=few_processes,
    )
    assert ended.returncode == 7
    assert "thread_pool: escaped" in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")
def test_control_shows_that_an_attack_succeeds_without_the_jail(strop: Strop) -> None:
    ended = strop("doctor", "--self-test", "--control", "--only", "tcp_loopback")
    assert (ended.returncode, "1 succeeds" in ended.stdout) == (0, True)


@pytest.mark.slow
def test_self_test_stops_with_one_line_when_a_signal_comes(start_strop: Any) -> None:
    process = start_strop("doctor", "--self-test")
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = output_of(process)
    assert first and process.returncode == 130
    assert errors.splitlines()[-1] == "strop: stopped" and "Traceback" not in errors
