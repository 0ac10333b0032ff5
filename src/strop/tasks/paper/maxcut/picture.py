"""A picture of an instance of `maxcut`."""

from __future__ import annotations

from typing import Any

import numpy as np

from strop.tasks.base import Instance
from strop.tasks.drawing import framed, shaded

CELLS = 12
"""Rows and columns of shades for each side of the cut."""


def picture(instance: Instance, rng: Any) -> str:
    """The matrix as shades, its nodes ordered by the eigenvector of the lowest eigenvalue, and cut where that is 0."""
    weights = instance["adjacency_matrix"]
    vector = np.linalg.eigh(weights)[1][:, 0]
    vector = vector * np.sign(vector[np.argmax(np.abs(vector) > 1e-6)])
    order = np.argsort(vector)
    sides = np.split(order, [int((vector < 0).sum())])
    bins = [part for side in sides for part in np.array_split(side, CELLS)]
    means = np.array([[weights[np.ix_(a, b)].mean() for b in bins] for a in bins])
    lines = [f"{line[: 2 * CELLS]}│{line[2 * CELLS :]}" for line in shaded(means, means.min(), means.max())]
    middle = f"{'─' * 2 * CELLS}┼{'─' * 2 * CELLS}"
    share = weights[vector[:, None] * vector[None, :] < 0].sum() / weights.sum()
    return "\n".join(
        [
            f"{len(weights)} nodes, {int((weights > 0).sum()) // 2} edges of weight 1 to 10: the mean weight between groups of",
            f"nodes, blank {means.min():.1f} to full {means.max():.1f}. A simple cut (│ ─) leaves little within sides:",
            f"it cuts {100 * share:.1f}% of the weight, the two darker quarters; a random one 50%.",
            "",
            *framed([*lines[:CELLS], middle, *lines[CELLS:]], f"{len(sides[0])} and {len(sides[1])} nodes"),
        ]
    )
