"""One improver against the seed improver, copy by copy, and many such comparisons adjusted for their number.

A pair is one copy of a task in one evaluation: both improvers worked on the same instances. The test asks whether swapping the
two of a pair would matter (sign-flip permutation test): it needs no normal differences, and holds although the copies of an
evaluation share their instances. Its smallest p-value for n pairs is 2 ** (1 - n): five pairs cannot go below 0.0625.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from strop.reproduce.values.evaluations import Copies, pooled, units
from strop.stats import benjamini_hochberg, differences, holm, paired_difference, sign_flip_test


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


def against_seed_document(found: AgainstSeed | None) -> dict[str, object] | None:
    """A comparison as data; fractions, not percent."""
    if found is None:
        return None
    return {
        "mean": found.mean,
        "interval": None if found.interval is None else list(found.interval),
        "pairs": found.pairs,
        "p": found.p,
        "p_holm": found.p_holm,
        "p_bh": found.p_bh,
    }
