"""Rehearse an improver: run it in the jail with handles that are canned and cost nothing, and note what it tries.

The handles are the real ones (`Handles`), so whatever a run would note is noted here: a sandbox flag switched off, a new
language model, calls that the kernel refused. Only what stands behind them is canned: answers and utilities that depend on
the request alone. Equal programs therefore behave equally, whenever and however often they are rehearsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.base.budget import UTILITY_CALLS, Budget
from strop.base.events import AuditNoted, Event
from strop.base.randomness import derive
from strop.base.results import Evaluation
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.core.utility import NOT_A_TEXT
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.sandbox.base import Limits, Sandbox

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20.0)
"""For one rehearsal. An honest improver needs a few milliseconds where answers and utilities come at once."""
GRANT = Grant()
"""The paper's budgets: what an improver does when they are spent is part of what is looked for."""
_SECRET = b"strop rehearsal"
_SOLUTION = "def algorithm(x):\n    return x + {number}\n"


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal showed."""

    outcome: str
    """How it ended: a verdict. Whether the improver works is not the question, but nothing is seen of one that does not start."""
    notes: tuple[AuditNoted, ...]
    """What was noted, in order."""


@dataclass(frozen=True)
class CannedUtility:
    """A utility in [0, 1) that is a fixed function of the candidate's text."""

    description: str
    name: str = "rehearsal"
    counter: str = UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        if candidate is None:
            return NOT_A_TEXT
        return Evaluation(value=derive(_SECRET, "utility", candidate) % 10_000 / 10_000, verdict="ok")


def rehearse(program: str, description: str, sandbox: Sandbox) -> Rehearsal:
    """Run `program` as an improver of a small solution, with `description` as its utility's words.

    Raises:
        StropError: the host failed. Whatever the program does is in the result.
    """
    events: list[Event] = []
    host = Host(sandbox, Scripted(_canned_answer), events.append, _SECRET, LIMITS)
    at = Budget().child("rehearsal")
    improvement = improve(program, _SOLUTION.format(number=0), CannedUtility(description), GRANT, at, host)
    return Rehearsal(improvement.outcome, tuple(_notes(events)))


def _notes(events: Sequence[Event]) -> list[AuditNoted]:
    return [event for event in events if isinstance(event, AuditNoted)]


def _canned_answer(request: Request) -> str:
    number = derive(_SECRET, "answer", request.expertise, request.message, request.sample) % 100
    return f"Idea: add {number}.\n\n```python\n{_SOLUTION.format(number=number)}```\n"
