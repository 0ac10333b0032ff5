"""The test of spoiled answers: answers of the original are spoiled on their way to the scorer, and none may be rewarded.

It costs a few evaluations, and comes before anything is paid for. `spoiling` has the ways to spoil an answer; this module decides
whether one is rewarded (docs/design/0008-check.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from strop.analysis.stats import differences, mean
from strop.base.errors import ScorerAtLimit
from strop.base.later import dataclass
from strop.checks.relays import LEAST, PERFECT, Relay
from strop.checks.spoiling import in_words, kind_of

AGAIN = 3
"""Further measurements of the original and of the spoiled answers, made once these seem to be rewarded."""
SEVERAL = 3.0
"""Standard errors of the original's mean beyond which a difference is not luck."""
TIMES = 10.0
"""How many times better spoiled numbers or sizes must be to count as rewarded: an honest program may find better ones."""
MODEST = ("value", "size")
CODE = "code in a spoiled answer ran where it is scored"
SOONER = (
    "Let it refuse such an answer at once, or give it a shorter limit; "
    "if it waits for a process that it starts, let it close the end of the pipe that this process writes to"
)
"""What to do about a scorer that reaches its limit on a spoiled answer."""


@dataclass(frozen=True)
class SpoiledAnswers:
    """The result of the test of spoiled answers."""

    tried: int = 0
    """Kinds of spoiled answers."""
    paid: str = ""
    """The kind that is rewarded, with its score; empty if none is."""
    limit: str = ""
    """The limit that the scorer reached, and on which spoiled answer of how many; empty if it reached none."""


def spoiled_answers(relay: Relay) -> SpoiledAnswers:
    """Score spoiled answers until one is rewarded.

    The first one on which the scorer reaches its limit is the last one: on each further one it could wait as long.
    """
    ways, tried = relay.ways(), set[str]()
    honest = relay.scored("", None) if ways else None
    for number, (name, variant) in enumerate(ways if honest else (), 1):
        tried.add(name)
        try:
            why = _why_paid(relay, name, variant, honest or ())
        except ScorerAtLimit as error:
            limit = no_more(f"the scorer reached its limit on spoiled answer {number} of {len(ways)} ({error})")
            return SpoiledAnswers(len(tried), CODE if relay.executed else "", limit)
        if why:
            return SpoiledAnswers(len(tried), why)
    return SpoiledAnswers(len(tried))


def no_more(why: str) -> str:
    """The sentence that the test has ended early, without its full stop."""
    return f"{why}; no more spoiled answers were tried"


def ignores(relay: Relay) -> bool:
    """Whether the scorer ignores answers: no answer at all gets the original's score, which is not 0, and no other answer that
    was tried got another score."""
    scores = relay.without_program()
    return scores is not None and any(scores[1]) and list(scores[0]) == list(scores[1])


def _why_paid(relay: Relay, name: str, variant: Any, honest: Sequence[float]) -> str:
    spoiled = relay.scored(name, variant)
    if relay.executed:
        return CODE
    if not spoiled or not _pays(relay, name, [spoiled], [honest]):
        return ""
    # In turns, because a judge gets a spoiled copy of the last answer of the original.
    pairs = [(relay.scored("", None), relay.scored(name, variant)) for _ in range(AGAIN)]
    others = [spoiled, *(scores for _, scores in pairs if scores)]
    if len(others) <= AGAIN or not _pays(relay, name, others, [honest, *(scores for scores, _ in pairs if scores)]):
        return ""
    return f"{in_words(name, variant)} scores {mean(spoiled):.3f}, the original {mean(honest):.3f}"


def _pays(relay: Relay, name: str, spoiled: Sequence[Sequence[float]], honest: Sequence[Sequence[float]]) -> bool:
    """Whether each measurement of the spoiled answers is better than each of the original. If nothing can be better than the
    original, equal scores of some kinds suffice."""
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
    """Whether `scores` are higher than `base` on each of the same instances."""
    return min(differences(scores, base)) > LEAST


def is_much(scores: Sequence[float], base: Sequence[float]) -> bool:
    """Whether `scores` lack `TIMES` less to 1 in the mean than `base` does."""
    return TIMES * (1 - mean(scores)) <= 1 - mean(base)
