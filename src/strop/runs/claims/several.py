"""Sentences about several differences from the seed improver, whose intervals hold together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from strop.analysis.stats import Estimate, decided, least_shown
from strop.runs.claims.where import own_score_words

LEVEL = 0.05
"""The share of results in which an interval of a difference may miss; each interval has an equal part of it (Bonferroni)."""
_NAMED = 3
"""How many improvers a sentence names; it counts the others."""
Differences: TypeAlias = Sequence[tuple[str, Estimate]]
"""(name, difference from the seed improver), with intervals that hold together."""
Size: TypeAlias = Callable[[Estimate], str]
"""The mean of a difference in words, such as `+3.2 points`."""


def in_points(difference: Estimate) -> str:
    """`+3.2 points`."""
    return f"{100 * difference.mean:+.1f} points"


def shown(differences: Differences) -> tuple[Differences, Differences]:
    """(the significantly better, the significantly worse), each with the largest difference first."""
    better = sorted((one for one in differences if decided(one[1]) > 0), key=lambda one: -one[1].mean)
    return better, sorted((one for one in differences if decided(one[1]) < 0), key=lambda one: one[1].mean)


def against_seed_words(
    differences: Differences,
    on: str,
    others: str = "others",
    size: Size = in_points,
    own_scores: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Which improvers are better than the seed improver and which are worse. `on`: `test û on lpn, 5 runs`. `own_scores`: task →
    why its score is the program's own."""
    better, worse = shown(differences)
    rest = len(differences) - len(better) - len(worse)
    if rest == len(differences):
        few = too_few_words(differences)
        return (
            f"No significant difference between the seed improver and any of {len(differences)} {others} ({on}){few}."
        )
    own = own_score_words(own_scores)
    word = "By their own scores better" if own_scores else "Better"
    parts = [f"{word} than the seed improver ({on}): {named(better, size)}{own}."] if better else []
    parts += [f"Worse than the seed improver ({on}): {named(worse, size)}."] if worse else []
    return " ".join([*parts, *([f"No significant difference: {rest} of {len(differences)}."] if rest else [])])


def named(differences: Differences, size: Size = in_points) -> str:
    """`greedy iterative (+3.2 points), best of n (+1.0 points) and 2 more`."""
    words = [f"{name} ({size(one)})" for name, one in differences[:_NAMED]]
    return ", ".join(words) + (f" and {len(differences) - _NAMED} more" if len(differences) > _NAMED else "")


def too_few_words(differences: Differences) -> str:
    """The end of a sentence where there are too few pairs for any claim; else empty."""
    confidence = 1 - LEVEL / max(len(differences), 1)
    possible = any(least_shown(one.n, confidence=confidence) is not None for _, one in differences)
    return "" if possible else "; so few copies cannot show one"
