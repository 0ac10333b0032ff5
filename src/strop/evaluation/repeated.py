"""Repetition of short runs for a verdict. All repetitions count, none is picked, because a program may draw random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strop.analysis.stats import mean

TIMES, SECONDS = 5, 2.0
"""How many times an instance is measured at most, and in how many wall seconds of both programs together."""
AT_LEAST, AT_MOST = " at least", " at most"
"""Ends of the names of metrics that hold the smallest and the largest of repeated values."""


def repeats(seconds: float) -> int:
    """How often a pair of runs of so many seconds is repeated."""
    return max(min(TIMES, int(SECONDS / max(seconds, 1e-3))) - 1, 0)


def averaged(rows: Sequence[Mapping[str, float]], name: str) -> dict[str, float]:
    """The first row with the mean of the metric `name` over all rows, and its smallest and largest value beside it."""
    values = [row[name] for row in rows]
    least, most = min(values), max(values)
    spread = {name + AT_LEAST: least, name + AT_MOST: most} if len(rows) > 1 else {}
    # the mean of three equal numbers may be rounded to another one
    return {**rows[0], name: min(max(mean(values), least), most), **spread}
