"""A short soak; the long one is `python bench/soak.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "soak.py"


def test_nothing_grows_and_no_value_is_wrong_when_a_thousand_solutions_are_evaluated(tmp_path: Path) -> None:
    told, own = tmp_path / "soak.json", tmp_path / "tmp"
    own.mkdir()
    run = subprocess.run(
        [sys.executable, str(BENCH), "1000", "--hostile", "0.02", "--json", str(told)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(own)},  # what other tests have in the common folder comes and goes
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(told.read_text("utf-8"))["rows"][-1]["evaluations"] == 1000
