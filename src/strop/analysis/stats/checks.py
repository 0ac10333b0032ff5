"""Checks of arguments."""

from __future__ import annotations


def checked_probability(probability: float) -> float:
    """The number itself; ValueError unless it is in (0, 1)."""
    if not 0 < probability < 1:
        raise ValueError(f"{probability} is not a probability between 0 and 1")
    return probability
