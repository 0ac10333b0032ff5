"""The best construction of a run, and the sentence about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from strop.base.as_document import HIDDEN
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.tasks.problem import VALUE

DIGITS, MOST_DIGITS = 7, 13
"""Significant digits of a value: more if these do not tell it from the best known one."""


@dataclass(frozen=True)
class Verified:
    """The best construction of a run, whose value was verified exactly."""

    value: float
    """Its value, to 15 digits."""
    start: float | None
    """The best value of the original; null if it gave no construction."""
    is_better: bool
    """Whether it is better than the best construction of the original."""
    worst: float | None
    """The worst value of the improved program over `runs`; what failed is left out. Null if all did."""
    runs: int
    """How often the improved program was run, each time with other random numbers."""
    failed: int
    """How many of these runs gave no construction."""
    construction: str = field(metadata=HIDDEN)
    """The construction as JSON."""


def verified_of(start: Evaluation, every: Iterable[Evaluation], result: Sequence[Evaluation]) -> Verified | None:
    """The best construction of `every` evaluation; None if nothing was verified. `start` is the evaluation of the original,
    `result` are those of the improved program."""
    kept = [one for one in every if one.construction]
    if not kept:
        return None
    (top, value), before, runs = max(_values(kept)), max(_values([start]), default=None), sorted(_values(result))
    return Verified(
        value=value,
        start=before and before[1],
        is_better=before is None or top > before[0],
        worst=runs[0][1] if runs else None,
        runs=sum(len(one.scores) for one in result),
        failed=sum(len(one.scores) for one in result) - len(runs),
        construction=max(kept, key=lambda one: max(one.scores)).construction,
    )


def _values(evaluations: Iterable[Evaluation]) -> list[tuple[float, float]]:
    """(utility, value) of each construction."""
    pairs = ((score, row) for one in evaluations for score, row in zip(one.scores, one.metrics, strict=False))
    return [(score, row[VALUE]) for score, row in pairs if VALUE in row]


def construction_claim(verified: Verified, known: float | None, by: str) -> str:
    """`verified 2.635982 (start 0.96, best known 2.635983, AlphaEvolve 2025)`, and what the program's other runs gave."""
    value, digits = verified.value, DIGITS
    while known not in (None, value) and digits < MOST_DIGITS and plain(value, digits) == plain(known, digits):
        digits += 1
    beside = [] if verified.start is None else [f"start {plain(verified.start, DIGITS)}"]
    if known is not None:
        beside += [f"best known {plain(known, digits)}", *([escape(by, 80)] if by else [])]
    claim = f"verified {plain(value, digits)}" + (f" ({', '.join(beside)})" if beside else "")
    if verified.runs < 2 or verified.worst is None:
        return claim
    failed = f", {verified.failed} without a construction" if verified.failed else ""
    return f"{claim}; the program gave at least {plain(verified.worst, DIGITS)} in {quantity(verified.runs, 'run')}{failed}"
