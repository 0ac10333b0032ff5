"""The best construction of a run, what its value is compared with, and the sentence about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from strop.base.as_document import HIDDEN
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.core.plausible import is_beyond
from strop.tasks.constructions.task import ProblemFacts

DIGITS, MOST_DIGITS = 7, 13
"""Significant digits of a value: more if these do not tell it from the best known one."""


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
    value = problem.value_of(_top(best))
    return Verified(
        value=value,
        start=problem.value_of(before),
        ahead=None if problem.best_known is None else _ahead(problem, value),
        is_better=_top(best) > before,
        worst=problem.value_of(min(passed, default=0.0)),
        runs=len(scores),
        failed=len(scores) - len(passed),
        construction=best.construction,
    )


def _top(evaluation: Evaluation) -> float:
    return max(evaluation.scores, default=0.0)


def construction_claim(problem: ProblemFacts, verified: Verified) -> str:
    """`verified 2.635982 (start 0.96, best known 2.635983, AlphaEvolve 2025)`, and what the program's other runs gave."""
    known, value, digits = problem.best_known, verified.value, DIGITS
    while known not in (None, value) and digits < MOST_DIGITS and plain(value, digits) == plain(known, digits):
        digits += 1
    beside = [f"start {plain(verified.start, DIGITS)}"]
    if known is not None:
        published = " ".join(filter(None, (escape(problem.by, 60), escape(problem.date, 20))))
        beside += [f"best known {plain(known, digits)}", *([published] if published else [])]
    claim = f"verified {plain(value, digits)} ({', '.join(beside)})"
    if verified.ahead is not None and _is_beyond(problem, value):
        claim = f"beyond the best known by {verified.ahead:.2g}, {claim}"
    if verified.runs < 2:
        return claim
    failed = f", {verified.failed} without a construction" if verified.failed else ""
    return f"{claim}; the program gave at least {plain(verified.worst, DIGITS)} in {quantity(verified.runs, 'run')}{failed}"


def gap_in_words(problem: ProblemFacts, value: float) -> str:
    """`1.2e-3 short of the best known 2.635983`; empty if no value is known."""
    if problem.best_known is None:
        return ""
    short, known = -_ahead(problem, value), f"the best known {plain(problem.best_known, DIGITS)}"
    if short > 0:
        return f"{short:.2g} short of {known}"
    return f"{-short:.2g} beyond {known}" if _is_beyond(problem, value) else f"as good as {known}"


def _ahead(problem: ProblemFacts, value: float) -> float:
    """By how much a value is better than the best known one, which there must be; negative if it is worse."""
    assert problem.best_known is not None
    return value - problem.best_known if problem.better == "higher" else problem.best_known - value


def _is_beyond(problem: ProblemFacts, value: float) -> bool:
    known = problem.best_known
    return known is not None and is_beyond(value, known, more_is_better=problem.better == "higher", exact=True)
