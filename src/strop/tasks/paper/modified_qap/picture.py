"""A picture of an instance of `modified-qap`."""

from __future__ import annotations

from typing import Any

import numpy as np

from strop.tasks.base import Instance
from strop.tasks.drawing import beside, framed, shaded


def picture(instance: Instance, rng: Any) -> str:
    """The three matrices as shades, and what the score sums for the identity, where the seed starts."""
    F, D, P = instance["F"], instance["D"], instance["P"]
    products = F * D - 0.5 * np.diag(np.diagonal(P))
    above = (_matrix(F, "F: flow of facilities"), _matrix(D, "D: distance of places"))
    below = (_matrix(P, "P: facility likes place"), _matrix(products, "summed for the identity", -0.5))
    return "\n".join(
        [
            "Three matrices of 15 x 15 numbers, blank 0 to full 1. It is maximised.",
            "",
            *beside(*above, gap=4),
            *beside(*below, gap=4),
            "",
            f"The identity scores {products.sum() / len(F) ** 2:.4f}: the sum of the last (blank -0.5), divided by 225.",
        ]
    )


def _matrix(matrix: Any, title: str, low: float = 0.0) -> list[str]:
    return framed(shaded(matrix, low, 1.0), title)
