"""openevolve's form of an evaluator with a process for each candidate: no state stays, and a time limit stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import programs

SCORER = Path(__file__).resolve().parent / f"{os.environ['PEERS_SCORER']}.py"
SECONDS = float(os.environ.get("PEERS_SECONDS", "60"))


def evaluate(program_path: str) -> dict[str, float]:
    """The metrics that a fresh interpreter prints for the program; 0 where it prints none. `PEERS_SCORED.apart` keeps them."""
    try:
        child = subprocess.run(
            [sys.executable, SCORER, program_path], capture_output=True, timeout=SECONDS, check=False
        )
        value = float(json.loads(child.stdout.splitlines()[-1])["combined_score"])
    except (subprocess.TimeoutExpired, LookupError, ValueError):
        value = 0.0
    with Path(os.environ["PEERS_SCORED"] + ".apart").open("a", encoding="ascii") as file:
        file.write(f"{programs.digest(Path(program_path).read_text(encoding='utf-8'))} {value!r}\n")
    return {"combined_score": value}
