"""Whether a result is beyond the best known value."""

from __future__ import annotations

SLACK = 1e-6
"""Relative: a value this much better than the best known one equals it, within the tolerance of a validator."""


def is_beyond(value: float, best_known: float, *, more_is_better: bool = True) -> bool:
    """Whether a value is better than the best known one."""
    over = value - best_known if more_is_better else best_known - value
    return over > SLACK * abs(best_known)
