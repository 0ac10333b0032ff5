"""Running tests of a file again as somebody who is not root."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def run_tests_as_ordinary_user(file: str, wanted: str) -> None:
    """Run the tests of `file` that match `wanted`; all must pass, and none be skipped. Needs root."""
    lesser = [sys.executable, "-P", "-m", "strop_selftest.lesser", "user", sys.executable]
    root = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        shutil.copytree(root / "tests", f"{folder}/tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(root / "pyproject.toml", folder)  # the clone may be below a private home
        flags = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", folder]
        copied = str(Path(folder, Path(file).relative_to(root)))
        command = [*lesser, *flags, "--basetemp", f"{folder}/made", "-k", wanted, copied]
        tests = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=3600)
    assert tests.returncode == 0, tests.stdout[-4000:]
    assert "skipped" not in tests.stdout.splitlines()[-1], tests.stdout[-4000:]
