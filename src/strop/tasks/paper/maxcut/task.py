"""Maximum cut (Table 1): put the nodes of a weighted graph on two sides so that much weight lies between them.

The draws are those of the published implementation, bit for bit, in its order; the score is the share of the weight that is
cut, which it does not divide by. It accepted more than two sides, with which more can be cut.
"""

from __future__ import annotations

import random
from importlib.resources import files
from typing import Any

from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task, described, python_random


def sample(rng: random.Random) -> dict[str, Any]:
    n_nodes = rng.randint(50, 200)
    adjacency_matrix = np.zeros((n_nodes, n_nodes))
    for i in range(n_nodes):
        for j in range(i + 1, n_nodes):
            if rng.random() < 0.4:
                adjacency_matrix[i, j] = adjacency_matrix[j, i] = rng.randint(1, 10)
    return {"adjacency_matrix": adjacency_matrix}


def score(instance: Instance, partition: np.ndarray) -> float:
    weights = instance["adjacency_matrix"]
    return float(weights[partition[:, None] != partition[None, :]].sum() / weights.sum())


def maxcut() -> Task:
    """100 training and 100 held-out instances, 0.1 s of CPU each."""
    folder = files(__package__)
    return Task(
        name="maxcut",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=100,
        test_instances=100,
        time_limit=0.1,
        floor=0.01,
        description=described((folder / "description.md").read_text(encoding="utf-8"), sample, score),
        rng=python_random,
        slow_seed=True,
        answer=Answer(float, shape=lambda instance: (len(instance["adjacency_matrix"]),), distinct=2),
    )
