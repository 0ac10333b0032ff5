"""One improver against the seed improver, copy by copy, and many such comparisons adjusted for their number.

A pair is one copy of a task in one evaluation: both improvers worked on the same instances. The test asks whether swapping the
two of a pair would matter (sign-flip permutation test): it needs no normal differences, and holds although the copies of an
evaluation share their instances. Its smallest p-value for n pairs is 2 ** (1 - n): five pairs cannot go below 0.0625.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from strop.analysis.stats import benjamini_hochberg, differences, holm, paired_difference, sign_flip_test
from strop.reproduce.pages import percent
from strop.reproduce.values.evaluations import Copies, pooled, units


@dataclass(frozen=True)
class AgainstSeed:
    """Improver minus seed improver on the sealed test split."""

    mean: float
    interval: tuple[float, float] | None
    """95%, Student's t over the pairs of `units`, cut to [-1, 1]; None for a single pair."""
    pairs: int
    """Copies that were compared."""
    p: float
    """Two-sided, of this comparison alone, over the copies."""
    p_holm: float
    """Adjusted for the number of comparisons made at once (Holm): bounds the chance of any false claim among them."""
    p_bh: float
    """Adjusted so that the share of false claims among the claims is bounded (Benjamini and Hochberg)."""


def against_seed(pairs: Sequence[tuple[Sequence[Copies], Sequence[Copies]]]) -> list[AgainstSeed]:
    """Each (evaluations of an improver, the seed improver's in the same ones), with p-values adjusted over all of them.

    Raises:
        ValueError: they cannot be paired, or there are none.
    """
    tests = [
        # A fixed seed: the same documents give the same page.
        sign_flip_test(differences(pooled(improver), pooled(seed)), rng=np.random.default_rng(0))
        for improver, seed in pairs
    ]
    found = []
    for (improver, seed), p, p_holm, p_bh in zip(pairs, tests, holm(tests), benjamini_hochberg(tests), strict=True):
        difference = paired_difference(units(improver), units(seed))
        interval = difference.interval and (max(difference.interval[0], -1.0), min(difference.interval[1], 1.0))
        found.append(AgainstSeed(difference.mean, interval, len(pooled(seed)), p, p_holm, p_bh))
    return found


LEVEL = 0.05
"""Adjusted p at or below this is a claim."""
_NAMED = 3
"""Of those that are better, or worse; the others are counted."""

Named = Sequence[tuple[str, AgainstSeed]]
"""Comparisons that were adjusted for one another, by name."""


def claims(found: Named) -> tuple[Named, Named]:
    """Those that are better, and those that are worse, than the seed improver beyond chance; the largest differences first."""
    sure = sorted((each for each in found if each[1].p_holm <= LEVEL), key=lambda each: -each[1].mean)
    return [each for each in sure if each[1].mean > 0], [each for each in reversed(sure) if each[1].mean < 0]


def against_seed_words(found: Named, on: str) -> str:
    """Which improvers are better than the seed improver and which are worse. `on`: `test û on lpn, 5 runs`."""
    better, worse = claims(found)
    rest = len(found) - len(better) - len(worse)
    if rest == len(found):
        few = "; so few copies cannot show one" if too_few(found) else ""
        return f"No significant difference between the seed improver and any of {len(found)} others ({on}){few}."
    parts = [
        f"{word} than the seed improver ({on}): {listed(each)}."
        for word, each in (("Better", better), ("Worse", worse))
        if each
    ]
    return " ".join([*parts, *([f"No significant difference: {rest} of {len(found)}."] if rest else [])])


def listed(found: Named) -> str:
    """`greedy iterative (+3.2 points), best of n (+1.0 points) and 2 more`."""
    named = [f"{name} ({percent(each.mean, signed=True)} points)" for name, each in found[:_NAMED]]
    return ", ".join(named) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


def too_few(found: Named) -> bool:
    """Whether no difference, however large, could have been a claim: the sign-flip test has too few pairs."""
    return all(2.0 ** (1 - each.pairs) * len(found) > LEVEL for _, each in found)
