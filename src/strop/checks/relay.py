"""The test of spoiled answers: the original's are spoiled on their way to what scores them, and none may pay.

It costs a few evaluations, and comes before anything is paid for. `spoiling` has the ways; here is what decides
(docs/design/0008-check.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from strop.analysis.stats import differences, mean
from strop.base.later import dataclass
from strop.checks.relays import LEAST, PERFECT, Relay
from strop.checks.spoiling import in_words, kind_of

WAYS = 40
"""How many ways to spoil answers are tried before a run."""
AGAIN = 3
"""Further measurements of the original, and of the spoiled answers, once these seem to pay."""
SEVERAL = 3.0
"""Standard deviations of the original's mean that are no luck."""
TIMES = 10.0
"""How many times better odd numbers, or more of the same, have to be: an honest program may find better ones."""
MODEST = ("value", "size")
CODE = "code in a spoiled answer ran where it is scored"


@dataclass(frozen=True)
class SpoiledAnswers:
    """What was tried."""

    tried: int = 0
    """Kinds of spoiled answers."""
    paid: str = ""
    """Which of them pays, with its score; empty if none does."""


def spoiled_answers(relay: Relay, *, most: int | None = None) -> SpoiledAnswers:
    """Score spoiled answers until one pays: all ways, or the `most` telling ones."""
    ways, tried = relay.ways()[:most], set[str]()
    honest = relay.scored("", None) if ways else None
    for name, variant in ways if honest else ():
        tried.add(name)
        if why := _why_paid(relay, name, variant, honest or ()):
            return SpoiledAnswers(len(tried), why)
    return SpoiledAnswers(len(tried))


def ignores(relay: Relay) -> bool:
    """Whether no answer at all has the original's score, which is not 0, and nothing that was tried has another."""
    scores = relay.without_program()
    return scores is not None and any(scores[1]) and list(scores[0]) == list(scores[1])


def _why_paid(relay: Relay, name: str, variant: Any, honest: Sequence[float]) -> str:
    spoiled = relay.scored(name, variant)
    if relay.executed:
        return CODE
    if not spoiled or not _pays(relay, name, [spoiled], [honest]):
        return ""
    # In turns: a judge gets what the original answered last, spoiled.
    pairs = [(relay.scored("", None), relay.scored(name, variant)) for _ in range(AGAIN)]
    others = [spoiled, *(scores for _, scores in pairs if scores)]
    if len(others) <= AGAIN or not _pays(relay, name, others, [honest, *(scores for scores, _ in pairs if scores)]):
        return ""
    return f"{in_words(name, variant)} scores {mean(spoiled):.3f}, the original {mean(honest):.3f}"


def _pays(relay: Relay, name: str, spoiled: Sequence[Sequence[float]], honest: Sequence[Sequence[float]]) -> bool:
    """Whether each measurement of the spoiled answers is better than each of the original; as good, where nothing is better."""
    kind = kind_of(name)
    if relay.is_perfect:
        return kind in relay.unacceptable and all(min(scores) >= PERFECT for scores in spoiled)
    means = [mean(scores) for scores in honest]
    noise = SEVERAL * math.dist(means, [mean(means)] * len(means)) / math.sqrt(max(len(means) - 1, 1))
    least = max(means) + max(noise, LEAST)
    if kind in MODEST and not all(is_much(scores, base) for scores in spoiled for base in honest):
        return False
    better = all(beats(scores, base) for scores in spoiled for base in honest)
    return better and min(map(mean, spoiled)) >= least


def beats(scores: Sequence[float], base: Sequence[float]) -> bool:
    """Whether scores are higher than others, beyond what luck explains: on each of the same instances."""
    return min(differences(scores, base)) > LEAST


def is_much(scores: Sequence[float], base: Sequence[float]) -> bool:
    """Whether what scores lack to 1 is `TIMES` smaller than what others lack."""
    return TIMES * (1 - mean(scores)) <= 1 - mean(base)
