"""Which improver goes on after an iteration. A selection sees training values only."""

from __future__ import annotations

from collections.abc import Sequence

from strop.algorithm import Choice
from strop.stats import mean


def paper(incumbent: Sequence[float], candidate: Sequence[float]) -> Choice:
    """As Algorithm 1 does: every candidate goes on, unless it scores 0 when checked again."""
    if mean(candidate) == 0.0:
        return Choice(False, "the candidate scored 0 when checked again")
    return Choice(True, "as in Algorithm 1")
