"""openevolve's evaluator with a process for each candidate: no state stays, and a time limit stops the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCORER = Path(__file__).resolve().parent / f"{os.environ['PEERS_SCORER']}.py"


def evaluate(program_path: str) -> dict[str, float]:
    """The metrics that a fresh interpreter prints for the program; 0 where it prints none."""
    try:
        child = subprocess.run([sys.executable, SCORER, program_path], capture_output=True, timeout=60, check=False)
        return {"combined_score": float(json.loads(child.stdout.splitlines()[-1])["combined_score"])}
    except (subprocess.TimeoutExpired, LookupError, ValueError):
        return {"combined_score": 0.0}
