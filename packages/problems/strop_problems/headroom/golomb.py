"""Golomb rulers without forbidden distances.

The bound is the length of the shortest ruler without any forbidden distance (OEIS A003022, proven up to 28 marks).
"""

from __future__ import annotations

from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that makes short Golomb rulers.

`ruler(marks, forbidden)` returns the places of `marks` marks, whole numbers of at least 0 in any order. All distances of two
marks differ, and none of them is in the list `forbidden`.
"""
SEED = '''\
def ruler(marks, forbidden):
    """Each mark lies a little more than twice as far as the one before it."""
    places = [0, 1 + max(forbidden)]
    while len(places) < marks:
        places.append(2 * places[-1] + 1)
    return places
'''


def sample(rng: np.random.Generator) -> dict[str, Any]:
    marks = int(rng.integers(20, 28))
    forbidden = 1 + rng.choice(marks**2, 8, replace=False)
    return {"marks": marks, "forbidden": sorted(forbidden.tolist())}


def score(instance: Instance, places: np.ndarray) -> float:
    distances = np.sort(np.abs(places[:, None] - places)[np.triu_indices(len(places), 1)])
    if distances[0] == 0 or (np.diff(distances) == 0).any():
        raise Malformed("two pairs of marks have the same distance, or two marks have the same place")
    if np.isin(instance["forbidden"], distances).any():
        raise Malformed("the distance of two marks is forbidden")
    shortest = (283, 333, 356, 372, 425, 480, 492, 553)[instance["marks"] - 20]  # of any Golomb ruler, proven
    excess = distances[-1] / shortest - 1
    return float(0.25 / (0.25 + excess))


def golomb() -> Task:
    """20 to 27 marks, 8 forbidden distances."""
    places = Answer(int, shape=lambda instance: (instance["marks"],), low=0, high=2**40)
    return headroom_task("golomb", "ruler", SEED, WORDS, (sample, score), places)
