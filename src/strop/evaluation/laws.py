"""Laws of the verdict, of values alone: nothing here knows a form of target, a room or a task."""

from __future__ import annotations

from collections.abc import Collection

from strop.analysis.stats import least_pairs

ONE_ANSWER = (
    "the original gives one and the same answer to all inputs, so that a program that remembers it would cost nothing"
)
"""Why a lower cost is held back."""

KEEPS = 2.0
"""How many times as much the first call of a process takes as later ones, if a function keeps something between calls."""
WARMING = 0.0005
"""Seconds by which the first call of any function may take longer."""
LEAST = least_pairs()
"""The fewest measurements that may show a difference."""
SAME = 3
"""Equal measurements of both programs that suffice where the target chooses its inputs itself."""
COPIES = 10
"""Into how many fresh pairs of copies, of the candidate and of the original, times for a verdict are divided at most."""


def copy_of(index: int, count: int) -> int:
    """The pair of copies in which measurement `index` of `count` is made. Copies take turns of their own, one after another."""
    return index * min(COPIES, count) // count


def keeps_something(first: float, later: float) -> bool:
    """Whether a function keeps something between calls, by the seconds of the first call of a process and of later ones."""
    return first >= KEEPS * later > 0 and first - later > WARMING


def holds_back_cost(answers: Collection[str], *, is_cost: bool, is_wanted: bool) -> bool:
    """Whether a lower cost shows nothing: the original gave one and the same answer each time.

    `answers`: digests of the original's answers, with empty ones where it gave none. `is_cost`: whether the kernel counts what
    decides, time or memory. A value is what was asked for. `is_wanted`: whether the user wants one answer for all inputs.
    """
    return is_cost and not is_wanted and len({*answers}) == 1
