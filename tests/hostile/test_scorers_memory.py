"""A program that its scorer runs as another process: it reads the scorer's memory, and leaves a process behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.evaluator.task import RUNNER
from support.ordinary_user import run_tests_as_ordinary_user

LIMITS = CommandLimits(wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1 << 30)
LINE = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
"""As in docs/reference/targets.md."""
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
HIDES = YAMA.exists() and YAMA.read_text() != "0\n"
PROGRAM = """
import os, re
found = ""
try:
    with open(f"/proc/{os.getppid()}/maps") as maps, open(f"/proc/{os.getppid()}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" in line and "[v" not in line:
                memory.seek(begin)
                hit = re.search(rb"label-[0-9a-f]{16}", memory.read(end - begin))
                found = found or (hit[0].decode() if hit else "")
except OSError:
    pass
print(found)
"""
SCORER = """
import random, subprocess, sys
label = "label-%016x" % random.SystemRandom().getrandbits(64)
def score():
    run = subprocess.run([sys.executable, "-I", "program.py"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return float(run.stdout.strip() == label)
"""
EVALUATOR = SCORER + "def evaluate(path): return {'combined_score': score()}\n"


def output(workspaces: Workspaces, folder: Path, files: dict[str, str], command: str) -> str:
    with workspaces.open(Tree(folder, {"program.py": PROGRAM, **files})) as workspace:
        ran = workspace.run(f"'{sys.executable}' {command}", LIMITS)
        assert ran.ok, ran.errors
        return ran.output


@pytest.mark.parametrize(
    ("line", "score"),
    [
        (LINE, "0.0\n"),
        pytest.param("", "1.0\n", marks=pytest.mark.skipif(HIDES, reason="this kernel hides all memory of a parent")),
    ],
    ids=["hidden", "readable"],
)
def test_scorers_memory_is_hidden_by_the_documented_line(
    workspaces: Workspaces, tmp_path: Path, line: str, score: str
) -> None:
    assert line in ("", LINE)
    assert output(workspaces, tmp_path, {"scorer.py": f"{line}{SCORER}print(score())"}, "scorer.py") == score


LEAVES = """
import os, time
if os.fork() == 0:
    os.setsid()
    for descriptor in range(3):
        os.close(descriptor)
    while True:
        for place in [*(f"/proc/{pid}/fd/{number}" for pid in range(1, 30) for number in range(8)), "result.json"]:
            try:
                if str(os.getpid()) not in place:
                    with open(place, "w") as file:
                        file.write('{"score": 1.0, "combined_score": 1.0}')
            except OSError:
                pass
print("its answer")
"""
LATE = "found = score()\n__import__('time').sleep(0.5)\n"
"""The scorer gives the process that was left behind its time."""


@pytest.mark.parametrize("line", [LINE, ""], ids=["hidden", "readable"])
def test_process_that_a_program_leaves_behind_does_not_reach_what_its_scorer_prints(
    workspaces: Workspaces, tmp_path: Path, line: str
) -> None:
    files = {"program.py": LEAVES, "scorer.py": f"{line}{SCORER}{LATE}print(found)"}
    assert output(workspaces, tmp_path, files, "scorer.py") == "0.0\n"


@pytest.mark.parametrize(
    ("program", "evaluator"),
    [(PROGRAM, EVALUATOR), (LEAVES, f"{SCORER}{LATE}def evaluate(path): return {{'combined_score': found}}\n")],
    ids=["reads_its_memory", "leaves_behind"],
)
def test_program_reaches_neither_the_memory_of_its_evaluator_nor_what_that_gives(
    workspaces: Workspaces, tmp_path: Path, program: str, evaluator: str
) -> None:
    files = {"program.py": program, "evaluator.py": evaluator, "runner.py": RUNNER.read_text("utf-8")}
    assert '"score": 0.0' in output(workspaces, tmp_path, files, "runner.py path evaluator.py program.py")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")
def test_ordinary_users_scorer_is_not_reached_either() -> None:
    """There the program could open what its scorer prints to, were it a pipe."""
    run_tests_as_ordinary_user(__file__, "leaves_behind")
