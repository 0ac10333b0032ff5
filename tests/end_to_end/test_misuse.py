"""What people do to a command line by mistake: one line that says so, the right exit code, and nothing of theirs lost."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import environment
from strop.cli.app import COMMANDS
from support.processes import have_few_processes
from support.rows import table

SMALL = shlex.split("-T 0 --copies 1 --lm-budget 1 --max-responses 1 --utility-budget 1 --seed 1")


def said_in_one_line(ended: Any, code: int) -> bool:
    return bool(ended.returncode == code and ended.stderr.startswith("strop: ") and ended.stderr.count("\n") == 1)


def shell(folder: Path, script: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`strop ARGUMENTS` by a shell that does something before, or another function of `options`."""
    command = ["sh", "-c", f'{script}; exec "$@"', "sh", sys.executable, "-m", "strop", *arguments]
    env = environment(folder) | {"OPENBLAS_NUM_THREADS": "1"}
    settings = {
        "cwd": folder,
        "env": env,
        "capture_output": True,
        "text": True,
        "check": False,
        "timeout": 240,
        **options,
    }
    return subprocess.run(command, **settings)


def test_streams_that_are_full_or_closed_are_told_or_do_without(tmp_path: Path) -> None:
    ended = shell(tmp_path, "exec > /dev/full", "list", "tasks")
    assert said_in_one_line(ended, 1), ended.stderr
    ended = shell(tmp_path, "exec <&- >&- 2>&-", "run", "lpn", *SMALL, "--out", "there")
    assert ended.returncode == 0 and (tmp_path / "there" / "best.py").is_file()


def test_show_without_a_name_shows_the_run_that_began_last(strop: Any) -> None:
    strop("run", "lpn", *SMALL, "--out", "runs/zzz")
    strop("run", "lpn", *SMALL, "--out", "runs/aaa")
    assert "strop view runs/aaa" in strop("show").stdout


ODD = """
import os, strop
os.write(1, b"from the file\\n")
def sample(rng):
    {sample}
def score(instance, answer):
    os.write(1, b"from the scorer\\n")
    return 0.5
task = strop.Task(name="odd", sample=sample, score=score, seed="def f(x):\\n    return 1\\n", entry="f", time_limit=0.5)
"""


def test_what_a_task_writes_past_python_is_no_part_of_the_document(strop_process: Any, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(ODD.format(sample='return {"x": int(rng.integers(10**9))}'))
    (tmp_path / "one.py").write_text("def f(x):\n    return 1\n")
    ended = strop_process("score", "odd.py", "--solution", "one.py", "--json")
    assert json.loads(ended.stdout)["value"] == 0.5 and "from the scorer" in ended.stderr


def test_name_that_reads_like_an_error_of_the_system_is_refused(strop: Any) -> None:
    ended = strop("show", os.strerror(errno.EMFILE))
    assert said_in_one_line(ended, 2) and "ulimit" not in ended.stderr


SCREEN = 43
"""Lines of a help text at 100 columns."""


def test_help_is_one_screen_a_command_under_headings_without_defaults_that_say_nothing(
    strop: Any, subtests: pytest.Subtests
) -> None:
    for command in (*COMMANDS, "list tasks", "list improvers", "list runs", "reproduce fig4", "reproduce table2"):
        with subtests.test(command):
            said = strop(*command.split(), "--help", COLUMNS="100")
            lines = said.stdout.splitlines()
            assert said.returncode == 0 and "Usage: strop" in said.stdout, said.stderr
            assert len(lines) <= SCREEN and max(map(len, lines)) <= 100
            assert not re.search(r"\[default: (\]|\(|None|False)", " ".join(said.stdout.split()))
    commands = strop("--help").stdout
    assert all(heading in commands for heading in ("Better programs", "Better improvers", "Records of runs"))
    flags = strop("improve", "--help").stdout
    assert all(f"\n{heading}\n" in flags for heading in ("Arguments", "Scoring", "Options", "Limits", "Output"))
    assert "--max-calls" not in flags and "--max-calls" in strop("improve", "--help-all").stdout
    ended = strop("run", "--help", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr[-300:]


@table("few", (lambda: have_few_processes(1), lambda: have_few_processes(2)))
def test_run_without_threads_or_processes_ends_in_one_sentence(tmp_path: Path, few: Callable[[], None]) -> None:
    ended = shell(tmp_path, ":", "run", "lpn", "-T", "0", "--copies", "2", "--out", "there", preexec_fn=few)
    said = [line for line in ended.stderr.splitlines() if line.startswith("strop: ")]
    assert ended.returncode == 1 and "Traceback" not in ended.stderr, ended.stderr
    assert len(said) == 1 and said[0].startswith("strop: no more threads or processes are available to this user")
    shutil.rmtree(tmp_path / "there", ignore_errors=True)


def test_limit_of_the_shell_that_ends_a_run_and_a_working_folder_that_is_gone_are_named(tmp_path: Path) -> None:
    for limit, codes, words in (
        # It ends the jail, or what looks at the jail from outside.
        ("-n 32", (1, 7), r"may open no more files \(see ulimit -n\)|limit of open files is 32 \(ulimit -n\)"),
        ("-f 120", (1,), r"the size of a file is 61,440 bytes \(ulimit -f\)"),
    ):
        ended = shell(tmp_path, f"ulimit {limit}", "run", "lpn", *SMALL)
        assert ended.returncode in codes and re.search(words, ended.stderr), ended.stderr
        # Descriptors that other processes of this user send count, too: with them, the limit may end it before it begins.
        assert ("To continue: strop resume runs/" in ended.stderr) == (tmp_path / "runs").exists(), ended.stderr
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    ended = shell(tmp_path, "mkdir gone; cd gone; rmdir ../gone", "check", "lpn")
    assert said_in_one_line(ended, 1) and "was removed; change to another one and try again" in ended.stderr
