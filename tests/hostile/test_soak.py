"""A short soak; the long one is `python bench/soak.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "soak.py"


@pytest.mark.slow
def test_nothing_grows_and_no_value_is_wrong_when_a_thousand_solutions_are_evaluated(tmp_path: Path) -> None:
    told = tmp_path / "soak.json"
    # A folder of its own, as what other tests have in the common one comes and goes; a short one, as sockets are bound in it.
    with tempfile.TemporaryDirectory(prefix="soak") as own:
        run = subprocess.run(
            [sys.executable, str(BENCH), "1000", "--hostile", "0.02", "--json", str(told)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TMPDIR": own},
        )
    assert run.returncode == 0, "\n".join([*run.stdout.splitlines()[-8:], run.stderr[-2000:]])
    assert json.loads(told.read_text("utf-8"))["rows"][-1]["evaluations"] == 1000
