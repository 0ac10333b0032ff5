"""String grid distance (Table 1, after Codeforces 1852D): construct a string at a given distance of another.

The draws are those of the published implementation, bit for bit, in its order.
"""

from __future__ import annotations

import random
from importlib.resources import files
from itertools import pairwise
from typing import Any

from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task, described, python_random


def distance(s: str, t: str) -> int:
    """Places where s and t differ, and places where s or t differs from its own next letter."""
    changes = sum(a != b for word in (s, t) for a, b in pairwise(word))
    return sum(a != b for a, b in zip(s, t, strict=True)) + changes


def sample(rng: random.Random) -> dict[str, Any]:
    length = rng.randint(1, 30)
    t = "".join(rng.choice("AB") for _ in range(length))
    s = "".join(rng.choice("AB") for _ in range(length))
    return {"t": t, "dist": distance(s, t)}


def score(instance: Instance, s: str) -> float:
    found, wanted = distance(s, instance["t"]), instance["dist"]
    return 1.0 if found == wanted else 0.5 - abs(found - wanted) / (6 * len(s))


def string_grid_distance() -> Task:
    """50 training and 50 held-out instances, 0.1 s of CPU each; a failing instance scores 0 alone."""
    folder = files(__package__)
    return Task(
        name="string-grid-distance",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=50,
        test_instances=50,
        time_limit=0.1,
        failure="instance",
        description=described((folder / "description.md").read_text(encoding="utf-8"), distance, sample, score),
        rng=python_random,
        answer=Answer(str, length=lambda instance: len(instance["t"]), alphabet="AB"),
    )
