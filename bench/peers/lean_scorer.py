"""The scorer of LPN as an ordinary user of another system writes it: numpy alone, in the process that calls it, without a jail.

Reads the instances from the file `PEERS_CASES` and appends a line for each evaluation to the file `PEERS_SCORED`.
`evaluate(path)` is openevolve's form; `python lean_scorer.py PROGRAM` evaluates in a process of its own and prints the metrics.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import programs

CASES: list[tuple[dict[str, Any], Any]] = pickle.loads(Path(os.environ["PEERS_CASES"]).read_bytes())


def scored(text: str) -> tuple[float, str]:
    """(Training score in [0, 1], error): 0 and the end of its traceback for a program that raises."""
    space: dict[str, Any] = {"__name__": "candidate"}
    try:
        exec(compile(text, "candidate", "exec"), space)
        function = space["algorithm"]
        value, error = sum(float(np.mean(function(**inputs) == labels)) for inputs, labels in CASES) / len(CASES), ""
    except Exception:  # noqa: BLE001 - a program may raise anything
        value, error = 0.0, traceback.format_exc()[-800:]
    programs.note(text, value)
    return value, error


def evaluate(program_path: str) -> dict[str, float]:
    """openevolve's form."""
    return {"combined_score": scored(Path(program_path).read_text(encoding="utf-8"))[0]}


if __name__ == "__main__":
    print(json.dumps(evaluate(sys.argv[1])))
