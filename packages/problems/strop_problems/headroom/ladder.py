"""What is measured of each headroom task: its seed, three heuristics, a strong reference, and a language model's first answer.

`bench/ladder.py --write` measures them and writes `ladder.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WHAT: Mapping[str, str] = {
    "noisy-parity": "learns a noisy parity",
    "golomb": "makes short Golomb rulers",
    "cap-set": "finds large cap sets",
    "quadratic-assignment": "assigns facilities",
    "bin-packing": "packs items into few bins",
    "job-shop": "schedules jobs on machines",
    "circle-packing": "packs circles around nails",
    "multiplier-block": "multiplies by constants",
}
"""Task → what its programs do, in a few words."""
MODEL = "language model"
"""The name of the last rung."""


@dataclass(frozen=True)
class Rung:
    """The score of one program, in [0, 1]: its mean over held-out instances with a 95% interval."""

    name: str
    """`seed`, the name of a heuristic, `reference`, or `MODEL`."""
    what: str
    mean: float
    low: float
    high: float


@cache
def ladder(task: str) -> tuple[Rung, ...]:
    """The rungs of a task from the seed to the language model's first answer; empty for any other task."""
    recorded = json.loads((files(__package__) / "ladder.json").read_text(encoding="utf-8"))
    return tuple(Rung(**rung) for rung in recorded.get(task, ()))
