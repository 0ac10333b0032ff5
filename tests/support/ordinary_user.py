"""Running tests of a file again as somebody who is not root."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def run_tests_as_ordinary_user(file: str, wanted: str) -> None:
    """Run the tests of `file` that match `wanted`; all must pass, and none be skipped. Needs root."""
    lesser = [sys.executable, "-P", "-m", "strop_selftest.lesser", "user", sys.executable]
    root = str(Path(__file__).parents[2])
    flags = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", root]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        command = [*lesser, *flags, "--basetemp", f"{folder}/tests", "-k", wanted, file]
        told = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd="/")
    assert told.returncode == 0, told.stdout[-4000:]
    assert "skipped" not in told.stdout.splitlines()[-1], told.stdout[-4000:]
