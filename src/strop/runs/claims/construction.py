"""The sentence about a construction: what was verified, where it started, and the best that is known."""

from __future__ import annotations

from strop.base.pluralize import plain, quantity
from strop.base.terminal_text import escape
from strop.core.plausible import is_beyond
from strop.runs.verified import Verified
from strop.tasks.constructions.task import ProblemFacts

DIGITS, MOST_DIGITS = 7, 13
"""Significant digits of a value: more if these do not tell it from the best known one."""


def construction_claim(problem: ProblemFacts, verified: Verified) -> str:
    """`verified 2.635982 (start 0.96, best known 2.635983, AlphaEvolve 2025)`, and what the program's other runs gave."""
    known = problem.best_known
    digits = DIGITS
    while known is not None and digits < MOST_DIGITS and _looks_equal(verified.value, known, digits):
        digits += 1
    value = plain(verified.value, digits)
    start = f"start {plain(verified.start, DIGITS)}"
    if known is None:
        claim = f"verified {value} ({start})"
    else:
        published = " ".join(filter(None, (escape(problem.by, 60), escape(problem.date, 20))))
        claim = f"verified {value} ({start}, best known {plain(known, digits)}{f', {published}' if published else ''})"
        if verified.ahead is not None and _is_beyond(problem, verified.value, known):
            claim = f"beyond the best known by {verified.ahead:.2g}, {claim}"
    return claim + _other_runs(verified)


def gap_in_words(problem: ProblemFacts, value: float) -> str:
    """`1.2e-3 short of the best known 2.635983`; empty if no value is known."""
    if problem.best_known is None:
        return ""
    short = problem.best_known - value if problem.better == "higher" else value - problem.best_known
    known = f"the best known {plain(problem.best_known, DIGITS)}"
    if short > 0:
        return f"{short:.2g} short of {known}"
    return f"{-short:.2g} beyond {known}" if _is_beyond(problem, value, problem.best_known) else f"as good as {known}"


def _looks_equal(value: float, known: float, digits: int) -> bool:
    return value != known and plain(value, digits) == plain(known, digits)


def _is_beyond(problem: ProblemFacts, value: float, known: float) -> bool:
    return is_beyond(value, known, more_is_better=problem.better == "higher", exact=True)


def _other_runs(verified: Verified) -> str:
    if verified.runs < 2:
        return ""
    failed = f", {verified.failed} without a construction" if verified.failed else ""
    return f"; the program gave at least {plain(verified.worst, DIGITS)} in {quantity(verified.runs, 'run')}{failed}"
