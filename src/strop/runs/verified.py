"""The best construction of a run, and what its value is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from strop.base.as_document import HIDDEN
from strop.base.results import Evaluation
from strop.tasks.constructions.task import ProblemFacts


@dataclass(frozen=True)
class Verified:
    """The best construction of a run, whose value was verified exactly."""

    value: float
    """Its value, to 15 digits."""
    start: float
    """The best value of the original."""
    ahead: float | None
    """By how much it is better than the best known value, negative if it is worse; null if no value is known."""
    is_better: bool
    """Whether it is better than the best construction of the original."""
    worst: float
    """The worst value of the improved program over `runs`; what failed is left out."""
    runs: int
    """How often the improved program was run, each time with other random numbers."""
    failed: int
    """How many of these runs gave no construction."""
    construction: str = field(metadata=HIDDEN)
    """The construction as JSON."""


def verified_of(
    problem: ProblemFacts, start: Sequence[Evaluation], every: Sequence[Evaluation], result: Sequence[Evaluation]
) -> Verified | None:
    """The best construction of `every` evaluation; None if nothing was verified. `start` are the evaluations of the original,
    `result` those of the improved program."""
    kept = [one for one in every if one.construction]
    if not kept:
        return None
    best = max(kept, key=_top)
    before = max(map(_top, start), default=0.0)
    scores = [score for one in result for score in one.scores]
    passed = [
        score for one in result for score, verdict in zip(one.scores, one.verdicts, strict=True) if verdict == "ok"
    ]
    value, known = problem.value_of(_top(best)), problem.best_known
    ahead = None if known is None else (value - known if problem.better == "higher" else known - value)
    return Verified(
        value=value,
        start=problem.value_of(before),
        ahead=ahead,
        is_better=_top(best) > before,
        worst=problem.value_of(min(passed, default=0.0)),
        runs=len(scores),
        failed=len(scores) - len(passed),
        construction=best.construction,
    )


def _top(evaluation: Evaluation) -> float:
    return max(evaluation.scores, default=0.0)
