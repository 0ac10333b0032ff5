"""The noise floor that `strop eval --noise` measured, where its document is in the directory of a protocol."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

PLACES = ("noise.json", "noise/noise.json")
"""Where it is looked for in the directory of a protocol."""


@dataclass(frozen=True)
class Floor:
    """How far a mean gain over some runs may lie from 0 when nothing is gained."""

    reach: float
    """The floor of one difference of two û, over the square root of the number of runs."""
    single: float
    """Of one difference: the same improver against itself exceeds it in 5% of cases."""
    runs: int

    @property
    def words(self) -> str:
        """What it is and where it comes from."""
        return (
            f"Noise floor: the difference of two û of one improver exceeds {100 * self.single:.1f} points in 5% of cases "
            f"(`strop eval --noise`, training split); a mean of {self.runs} such differences, as independent ones, "
            f"{100 * self.reach:.1f} points."
        )


def floor_of(directory: Path, task: str, model: str, copies: int, runs: int) -> Floor | None:
    """The floor of a mean gain over `runs` runs; None where it was not measured on this task, model and number of copies."""
    for place in PLACES:
        try:
            document = json.loads((directory / place).read_text(encoding="utf-8"))
            if (document["model"], document["copies"]) != (model, copies):
                continue
            single = float(next(each["floor"] for each in document["tasks"] if each["task"] == task))
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue
        return Floor(single / math.sqrt(runs), single, runs)
    return None
