"""The scorer of any task of strop, with the interface of `lean_scorer`: generators seeded, the form of each answer checked.

So all systems search for the same utility. It needs numpy, and `strop.tasks` from the source tree. `PEERS_TASK` names the task.
"""

from __future__ import annotations

import json
import os
import random
import sys
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
from lean_scorer import note

from strop.tasks.base import Instance, PublishedSeeds, Split, Task
from strop.tasks.registry import load_any

TASK: Task = load_any(os.environ["PEERS_TASK"])  # type: ignore[assignment]


def instances(split: Split) -> list[Instance]:
    """The instances of a split, from the published seeds."""
    return [TASK.instance(split, index, PublishedSeeds()) for index in range(TASK.count(split))]


TRAIN = instances("train")


def score(text: str, cases: list[Instance]) -> float:
    """Mean score of a program over instances, in [0, 1]. Raises what the program raises."""
    space: dict[str, Any] = {"__name__": "candidate"}
    exec(compile(text, "candidate", "exec"), space)
    function = space[TASK.entry]
    total = 0.0
    for number, case in enumerate(cases):
        random.seed(number)
        np.random.seed(number)
        total += TASK.checked_score(case, function(**case.inputs))
    return total / len(cases)


def scored(text: str) -> tuple[float, str]:
    """(Training score, error): 0 and the end of its traceback for a program that raises."""
    try:
        value, error = score(text, TRAIN), ""
    except Exception:  # noqa: BLE001 - a program may raise anything
        value, error = 0.0, traceback.format_exc()[-800:]
    note(text, value)
    return value, error


def evaluate(program_path: str) -> dict[str, float]:
    """openevolve's form."""
    return {"combined_score": scored(Path(program_path).read_text(encoding="utf-8"))[0]}


if __name__ == "__main__":
    print(json.dumps(evaluate(sys.argv[1])))
