"""A comparison of pairs that stops as soon as it shows enough: it looks after some of its pairs, at a part of its error each.

The intervals of all looks hold together as often as one interval of the whole error does (the union bound), so whichever look
ends the comparison, its interval may be printed at the confidence of the whole (Bonferroni 1936; group sequential designs).
"""

from __future__ import annotations

from itertools import count, takewhile

from strop.analysis.stats.exchangeable import CONFIDENCE, MOST_SUBSETS, confidence_of, decided, least_pairs
from strop.analysis.stats.means import Estimate

AFTER = (8, 16, 32)
"""Pairs after which a comparison of more looks."""
FIRST, OTHERS = 0.16, 0.08
"""The parts of the error that the first look has, and each further one but the last, which has the rest. The first is the least
with which eight pairs have an interval at 95%. At equal parts, a gain of few of the inputs would be shown half as often as by one
look at all pairs (bench/looks.py)."""
NARROW, NARROW_OF = 0.075, 0.35
"""How far the near end of an interval may lie from its middle where a comparison stops: in logs of a ratio, or a part of it."""


def levels(pairs: int, confidence: float = CONFIDENCE) -> dict[int, float]:
    """Number of pairs → the confidence of a look after so many, in a comparison of at most `pairs` pairs; the last has all.

    A look whose level no interval of so few pairs has is left out.
    """
    error, least = 1 - confidence, least_pairs(1 - FIRST * (1 - confidence))
    early = [after for after in AFTER if least <= after < pairs]
    parts = [FIRST, *[OTHERS] * len(early)][: len(early)]
    return {after: 1 - part * error for after, part in zip([*early, pairs], [*parts, 1 - sum(parts)], strict=True)}


def comparisons_decided_by(pairs: int) -> int:
    """How many final comparisons of a run have an interval (`confidence_of`), if each has `pairs` pairs: 1 with 6, 2 with 7."""
    subsets = min(2**pairs, MOST_SUBSETS)
    errors = (1 - levels(pairs, confidence_of(number))[pairs] for number in count(1))
    return sum(1 for _ in takewhile(lambda error: error / 2 * subsets >= 1 - 1e-9, errors))


def is_enough(change: Estimate, *, is_ratio: bool) -> bool:
    """Whether a comparison may stop: the interval of its change, the log of a ratio or a difference, leaves out "equal", and the
    end that is near to that lies near to the middle, too."""
    if not decided(change) or change.interval is None:
        return False
    near, middle = min(map(abs, change.interval)), abs(change.mean)
    return middle - near <= max(NARROW * is_ratio, NARROW_OF * middle)
