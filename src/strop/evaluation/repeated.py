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


def least(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> dict[str, float]:
    """Of these rows the one with the least value of the first of `names`, the least of each, and the largest beside it."""
    found = dict(min(rows, key=lambda row: row[names[0]]))
    for name in names if len(rows) > 1 else ():
        values = [row[name] for row in rows]
        found |= {name: min(values), name + AT_MOST: max(values)}
    return found
