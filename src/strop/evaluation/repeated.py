"""For a verdict, short runs are repeated in turns, and the least time of each program counts: what else a machine does adds to
times, and to those of two programs unequally (docs/statistics.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TIMES, SECONDS = 5, 2.0
"""How many times an instance is measured at most, and within how many seconds of both programs together."""
AT_MOST = " at most"
"""Behind a metric's name: the largest of its repeated values."""


def repeats(seconds: float) -> int:
    """How often a pair of runs of so many seconds is repeated."""
    return max(min(TIMES, int(SECONDS / max(seconds, 1e-3))) - 1, 0)


def least(rows: Sequence[Mapping[str, float]], name: str) -> dict[str, float]:
    """Of these rows the one with the least value of a metric, and the largest beside it."""
    found = dict(min(rows, key=lambda row: row[name]))
    if len(rows) > 1:
        found[name + AT_MOST] = max(row[name] for row in rows)
    return found
