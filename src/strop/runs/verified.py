"""The best construction of a run, and the sentence about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.runs.claims.numbers import written
from strop.tasks.problem import VALUE, Goal

DIGITS, MOST_DIGITS = 7, 13
"""Significant digits of a value, and the most that it gets if fewer do not tell it from the best known value."""


@dataclass(frozen=True)
class Verified:
    """The best construction of a run. Its value was verified exactly."""

    value: float
    """The value of the construction, to 15 digits."""
    start: float | None
    """The best value of the original, over all of its runs. Null if it gave no construction."""
    is_better: bool
    """Whether the construction is better than every one of the original."""
    worst: float | None
    """The worst value of the improved program over `runs`. Failed runs are left out. Null if all failed."""
    runs: int
    """How often the improved program was run, each time with other random numbers."""
    failed: int
    """How many of these runs gave no construction."""
    construction: str = field(metadata=HIDDEN)
    """The construction as JSON."""
    goal: Goal = "max"
    """`max` if more is better, `min` if less is better."""


def verified_of(
    goal: Goal, start: Sequence[Evaluation], every: Iterable[Evaluation], result: Sequence[Evaluation]
) -> Verified | None:
    """The best construction of `every` evaluation; None if nothing was verified. `start` are the evaluations of the original, and
    `result` those of the improved program."""
    best, worst = (max, min) if goal == "max" else (min, max)
    top, runs, before = best_construction(goal, every), _values(result), best(_values(start), default=None)
    if top is None:
        return None
    value = best(_values([top]))
    count = sum(len(one.scores) for one in result)
    return Verified(
        value=value,
        start=before,
        is_better=before is None or best(value, before) != before,
        worst=worst(runs, default=None),
        runs=count,
        failed=count - len(runs),
        construction=top.construction,
        goal=goal,
    )


def best_construction(goal: Goal, evaluations: Iterable[Evaluation]) -> Evaluation | None:
    """The first evaluation with the best construction; None without one."""
    best = max if goal == "max" else min
    return best((one for one in evaluations if one.construction), key=lambda one: best(_values([one])), default=None)


def _values(evaluations: Iterable[Evaluation]) -> list[float]:
    """The value of each construction."""
    return [row[VALUE] for one in evaluations for row in one.metrics if VALUE in row]


def bound(worst: float, goal: Goal) -> str:
    """The worst of several values as a bound of all: `at least 2.4` where more is better, otherwise `at most 2.4`."""
    return f"at {'least' if goal == 'max' else 'most'} {written(worst, -1 if goal == 'max' else 1, digits=DIGITS)}"


def verified_in_words(verified: Verified, best_known: float | None, by: str = "") -> str:
    """`verified 2.635982 (start 0.96, best known 2.635983, AlphaEvolve 2025)`."""
    value, digits = verified.value, DIGITS
    while (
        best_known not in (None, value) and digits < MOST_DIGITS and plain(value, digits) == plain(best_known, digits)
    ):
        digits += 1
    compared_with = [] if verified.start is None else [f"start {plain(verified.start, DIGITS)}"]
    if best_known is not None:
        compared_with += [f"best known {plain(best_known, digits)}", *([escape(by, 80)] if by else [])]
    return f"verified {plain(value, digits)}" + (f" ({', '.join(compared_with)})" if compared_with else "")


def construction_claim(verified: Verified, best_known: float | None, by: str) -> str:
    """The claim about a construction, and the values of the program's other runs."""
    claim = verified_in_words(verified, best_known, by)
    if verified.runs < 2 or verified.worst is None:
        return claim
    failed = f", {verified.failed} without a construction" if verified.failed else ""
    return (
        f"{claim}; the program gave {bound(verified.worst, verified.goal)} in {quantity(verified.runs, 'run')}{failed}"
    )
