"""Cap sets: a largest cap of six dimensions, hidden among other points.

A cap of GF(3)^6 has at most 112 points (Potechin 2008). The hidden one is Edel's: the points of weight 3 on the blocks of a
2-(6,3,2) design, and half of the points of weight 6, under a random affine map.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that finds large cap sets.

`cap(points)` gets some of the 729 points of GF(3)^6, an array of six columns of 0, 1 and 2, and returns the row numbers of as
many points as possible of which no three sum to 0 modulo 3 in all columns (that is, lie on one line). 112 of the points are such
a set, and no set is larger.
"""
SEED = '''\
def cap(points):
    """Two points are never three on a line."""
    return [0, 1]
'''
DESIGN = ("012", "013", "024", "035", "045", "125", "134", "145", "234", "235")


def largest_cap() -> np.ndarray:
    """112 points of GF(3)^6, no three on a line."""
    points = product((0, 1, 2), repeat=6)
    support = {point: "".join(str(axis) for axis in range(6) if point[axis]) for point in points}
    chosen = [point for point, axes in support.items() if axes in DESIGN or (len(axes) == 6 and sum(point) % 2 == 0)]
    return np.array(chosen)


def sample(rng: np.random.Generator) -> dict[str, Any]:
    matrix = np.triu(rng.integers(0, 3, (6, 6)), 1) + np.eye(6, dtype=np.int64)
    cap = (largest_cap() @ matrix[rng.permutation(6)] @ matrix.T + rng.integers(0, 3, 6)) % 3
    codes = cap @ 3 ** np.arange(6)
    others = rng.choice(np.setdiff1d(np.arange(729), codes), rng.integers(200, 451), replace=False)
    points = rng.permutation(np.concatenate([codes, others]))
    return {"points": points[:, None] // 3 ** np.arange(6) % 3}


def score(instance: Instance, rows: np.ndarray) -> float:
    points = instance["points"][rows]
    if len(rows) == 0 or len(np.unique(rows)) < len(rows):
        raise Malformed("no row is chosen, or one is chosen twice")
    first, second = np.triu_indices(len(rows), 1)
    thirds = -(points[first] + points[second]) % 3
    if np.isin(thirds @ 3 ** np.arange(6), points @ 3 ** np.arange(6)).any():
        raise Malformed("three points lie on one line")
    excess = 112 / len(rows) - 1
    return 0.2 / (0.2 + excess)


def cap_set() -> Task:
    """312 to 562 points."""
    rows = Answer(int, shape=(None,), low=0, high=lambda instance: len(instance["points"]) - 1)
    return headroom_task("cap-set", "cap", SEED, WORDS, (sample, score), rows)
