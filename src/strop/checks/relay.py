"""The test of spoiled answers: the original's are spoiled on their way to what scores them, and none may pay.

It costs a few evaluations, and comes before anything is paid for. `spoiling` has the ways; here is what decides
(docs/design/0008-check.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from strop.analysis.stats import differences, mean
from strop.base.later import dataclass
from strop.checks.spoiling import in_words, kind_of

WAYS = 40
"""How many ways to spoil answers are tried before a run."""
LEAST = 1e-9
"""What floating-point numbers differ by."""
PERFECT = 1.0 - LEAST
AGAIN = 3
"""Further measurements of the original, and of the spoiled answers, once these seem to pay."""
SEVERAL = 3.0
"""Standard deviations of the original's mean that are no luck."""
TIMES = 10.0
"""How many times better odd numbers, or more of the same, have to be: an honest program may find better ones."""
MODEST = ("value", "size")
NO_ANSWERS = ("gone", "code")
"""Kinds that must not have the best score there is."""
WORTHLESS = (*NO_ANSWERS, "part", "unseen", "value", "unfit")
"""Kinds that nobody may accept who only accepts answers: what is accepted is as good as the original's, and costs less."""
CODE = "code in a spoiled answer ran where it is scored"


@dataclass(frozen=True)
class OriginalRun:
    """The original on the first training instances; one entry for each of them."""

    answers: tuple[str, ...]
    """Equal texts are equal answers; empty where the answer is not seen apart from its score."""
    metrics: tuple[Mapping[str, float], ...]
    """Those that no clock or counter of the kernel gives."""
    notes: tuple[str, ...]


class Relay(Protocol):
    """Where answers of the original pass to what scores them: in the host, beside an evaluator, before a judge."""

    @property
    def is_perfect(self) -> bool:
        """Whether the original's answers have the best score there is, so that no spoiled answer could have a better one."""

    @property
    def unacceptable(self) -> Sequence[str]:
        """Kinds of spoiled answers that must not be as good as the original's, where nothing is better than those."""

    @property
    def executed(self) -> bool:
        """Whether code in a spoiled answer has run: `spoiling.MARK` was seen where it is scored."""

    def ways(self) -> Sequence[tuple[str, Any]]:
        """(name, variant) to try, the most telling first: of `telling()`, or `(name, None)` of `spoiling.TEXTS`."""

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        """What all of the original's answers are worth, spoiled in one way: one score for each instance or run, in the same
        order each time, in [0, 1] or a utility of which 1/2 is the original's. With an empty name: the answers as they are.

        An answer that cannot be spoiled so stays as it is. None: the way applies to none, or changes none, or one is refused.
        """

    def without_program(self) -> tuple[Sequence[float], Sequence[float]] | None:
        """(scores of no answer, those of the original); None if it is refused, or shows nothing."""


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
