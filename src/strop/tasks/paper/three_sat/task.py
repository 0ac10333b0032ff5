"""Random 3-SAT (Table 1): find the values that satisfy a formula that some hidden values satisfy.

The draws are those of the published implementation, bit for bit, in its order.
"""

from __future__ import annotations

import random
from importlib.resources import files
from typing import Any

from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task, described, python_random


def sample(rng: random.Random) -> tuple[dict[str, Any], Any]:
    n_variables = rng.randint(5, 50)
    n_clauses = 4 * n_variables
    hidden = [rng.random() < 0.5 for _ in range(n_variables)]
    formula: list[list[int]] = []
    for _ in range(n_clauses**2):
        variables = rng.sample(range(1, n_variables + 1), 3)
        clause = [v if rng.random() < 0.5 else -v for v in variables]
        if any(hidden[abs(literal) - 1] == (literal > 0) for literal in clause):
            formula.append(clause)
        if len(formula) == n_clauses:
            break
    rng.shuffle(formula)
    return {"formula": formula}, hidden


def score(instance: Instance, values: np.ndarray) -> float:
    # values[v - 1] is what the program returned for variable v.
    satisfied = (any((values[abs(x) - 1] > 0) == (x > 0) for x in clause) for clause in instance["formula"])
    return 1.0 if all(satisfied) else 0.01


def highest_variable(instance: Instance) -> int:
    """The answer must reach it; what stands at index 0 and after it is never read."""
    formula: list[list[int]] = instance["formula"]
    return max(abs(literal) for clause in formula for literal in clause)


def three_sat() -> Task:
    """30 training and 30 held-out instances, 0.1 s of CPU each."""
    folder = files(__package__)
    return Task(
        name="3sat",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=30,
        test_instances=30,
        time_limit=0.1,
        floor=0.01,
        description=described((folder / "description.md").read_text(encoding="utf-8"), sample, score),
        rng=python_random,
        slow_seed=True,
        answer=Answer(
            float,
            shape=lambda instance: (highest_variable(instance),),
            part=lambda instance: slice(1, highest_variable(instance) + 1),
        ),
    )
