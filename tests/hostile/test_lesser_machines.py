"""The attacks of kernel/ stay contained on machines that allow less: the suite re-executes itself on each (lesser_machine.py)."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LAUNCHER = HERE / "lesser_machine.py"
MODES = runpy.run_path(str(LAUNCHER))["MODES"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")


@pytest.mark.parametrize("mode", MODES)
def test_jail_contains_every_attack_on(mode: str) -> None:
    run = on_a_lesser_machine(mode, ["-k", "contains and everything", str(HERE / "test_kernel_attacks.py")])
    assert run.returncode == 0, run.stdout + run.stderr


def on_a_lesser_machine(mode: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        [sys.executable, str(LAUNCHER), mode, *pytest_run],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
    )
