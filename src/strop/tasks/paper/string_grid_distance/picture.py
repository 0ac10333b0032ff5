"""A picture of an instance of `string-grid-distance`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from strop.tasks.base import Instance


def picture(instance: Instance, rng: Any) -> str:
    """The grid of two rows: t, and the s whose distance was taken, drawn again from `rng`. Bars and crosses count."""
    t, dist = instance["t"], instance["dist"]
    rng.randint(1, 30)
    _, s = ("".join(rng.choice("AB") for _ in t) for _ in range(2))
    differ = sum(a != b for a, b in zip(t, s, strict=True))
    return "\n".join(
        [
            f"dist {dist} = {_changes(t)} changes in t (|) + {_changes(s)} in s (|) + {differ} places where they differ (x)",
            "",
            f"  t   {_barred(t)}",
            "      " + " ".join("x" if a != b else "·" for a, b in zip(t, s, strict=True)),
            f"  s   {_barred(s)}",
            "",
            "The program gets t and dist, and gives an s; this is one of the right ones.",
        ]
    )


def _changes(word: str) -> int:
    return sum(a != b for a, b in pairwise(word))


def _barred(word: str) -> str:
    """The letters, with a bar between two that differ."""
    return word[0] + "".join(("|" if a != b else " ") + b for a, b in pairwise(word))
