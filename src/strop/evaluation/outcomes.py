"""Outcomes of guests as verdicts and words, and the limits of one instance."""

from __future__ import annotations

from strop.base.results import Verdict
from strop.base.scorer_notes import shortened
from strop.sandbox.base import (
    ANSWER_BYTES,
    AnswerTooLarge,
    Died,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Returned,
    TimedOut,
    Violated,
    describe,
)
from strop.tasks.base import Task

WALL_FACTOR = 5.0
"""The wall-clock limit in CPU limits: a busy machine must not fail a solution."""
WALL_FLOOR = 2.0
"""The shortest wall-clock limit, in seconds."""
REPORT_CHARACTERS = 2000
"""Characters of an error that are kept."""
_VERDICTS: dict[type, Verdict] = {
    Returned: "ok", Raised: "raised", TimedOut: "timeout", OutOfMemory: "out of memory", Died: "died", Violated: "violated",
    AnswerTooLarge: "malformed",
}  # fmt: skip


def limits_of(task: Task) -> Limits:
    """Limits of one instance."""
    seconds = task.time_limit
    wall = max(WALL_FACTOR * seconds, WALL_FLOOR)
    return Limits(seconds, wall, task.memory_limit, ANSWER_BYTES)


def verdict_of(outcome: Outcome) -> Verdict:
    """The verdict of an outcome."""
    return _VERDICTS[type(outcome)]


def explain(outcome: Outcome) -> str:
    """The outcome in words, with the end of the traceback if there is one."""
    traceback = outcome.traceback if isinstance(outcome, Raised) else ""
    return shortened(f"{describe(outcome)}\n{traceback}".rstrip(), REPORT_CHARACTERS)
