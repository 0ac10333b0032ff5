"""Circle packing around nails: a form of AlphaEvolve's packing of 26 circles in a square (2025) that no table answers.

The bound: circles of total area at most 1 have radii of sum at most sqrt(n / pi), by Cauchy and Schwarz.
"""

from __future__ import annotations

from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that packs circles into a square.

`pack(circles, nails)` gets a number of circles, 24 to 32, and an array of 12 points of the unit square, and returns an array of
that many rows [x, y, radius]. Circles lie in the unit square, do not overlap, and have no nail inside; they may touch each other
and nails. The sum of their radii counts.
"""
SEED = '''\
import numpy as np


def pack(circles, nails):
    """Equal circles in a row along the lower side, smaller where a nail is near."""
    x = (np.arange(circles) + 0.5) / circles
    centers = np.column_stack([x, np.full(circles, 0.5 / circles)])
    to_nail = np.sqrt(((centers[:, None] - nails) ** 2).sum(axis=2)).min(axis=1)
    return np.column_stack([centers, np.minimum(0.49 / circles, to_nail)])
'''
ROUNDING = 1e-12
"""By how much a circle may break a rule, and what is taken off each: errors of rounding, and nothing that a search could use."""


PACKING = Answer(float, shape=lambda instance: (instance["circles"], 3), low=0, high=1)


def sample(rng: np.random.Generator) -> dict[str, Any]:
    return {"circles": int(rng.integers(24, 33)), "nails": rng.random((12, 2))}


def sample_large(rng: np.random.Generator) -> dict[str, Any]:
    return {"circles": int(rng.integers(100, 141)), "nails": rng.random((50, 2))}


def score(instance: Instance, packing: np.ndarray) -> float:
    centers, radii, tolerance = packing[:, :2], packing[:, 2], ROUNDING
    walls = np.minimum(centers, 1 - centers).min(axis=1)
    if (radii > walls + tolerance).any():
        raise Malformed(f"circle {(radii - walls).argmax()} is not inside the square")
    if (radii[:, None] > distances(centers, instance["nails"]) + tolerance).any():
        raise Malformed("a nail is inside a circle")
    first, second = np.triu_indices(len(radii), 1)
    if (radii[first] + radii[second] > distances(centers, centers)[first, second] + tolerance).any():
        raise Malformed("two circles overlap")
    bound = np.sqrt(len(radii) / np.pi)
    excess = bound / max(radii.sum() - len(radii) * tolerance, tolerance) - 1
    return float(0.1 / (0.1 + excess))


def distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(((points[:, None] - others) ** 2).sum(axis=2)))


def circle_packing() -> Task:
    """24 to 32 circles, 12 nails."""
    return headroom_task("circle-packing", "pack", SEED, WORDS, (sample, distances, score), PACKING)


def circle_packing_large() -> Task:
    """100 to 140 circles, 50 nails."""
    words = WORDS.replace("24 to 32", "100 to 140").replace("12 points", "50 points")
    return headroom_task("circle-packing-large", "pack", SEED, words, (sample_large, distances, score), PACKING)
