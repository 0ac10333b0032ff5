"""The meaning of scopes: their iteration, and the purpose of LM calls and evaluations in them."""

from __future__ import annotations

import re
from typing import TypeGuard

from strop.base.events import Evaluated, Event
from strop.tasks.base import META_TASK

SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT = "self-improvement", "meta-evaluation", "gate", "measurement"
FINAL_COMPARISON = "final comparison"
ROLES = (SELF_IMPROVEMENT, META_EVALUATION, GATE, MEASUREMENT, FINAL_COMPARISON)
"""Purposes of LM calls, in display order."""
IMPROVEMENT = "improvement"
"""The role of the one improvement of `strop improve`."""
ORIGINAL_PROGRAM = "original/program"
"""The scope of the recorded commands on the original of `strop improve`."""
ORIGINAL_TESTS = "original/tests"
"""The scope of the user's tests on the original of `strop improve`."""
FINAL = "final"
"""The outermost scope of the final comparison of a run."""
_CANDIDATE, _META_CANDIDATE = re.compile(r"improve/u-"), re.compile(r"t\d{1,9}/improve/u-[^/]+$")
_ITERATION = re.compile(r"t(\d{1,9})(?:/|$)")
_OF_ITERATION = re.compile(r"t\d+/(improve|gate)(?=/|$)(/)?")


_COMPARED = re.compile(r"(?:compared(\d{1,9})/)?(improved/.*)")


def comparison_at(number: int) -> str:
    """The scope of the `number`th comparison of `strop improve`; that of the first is the run's own."""
    return f"compared{number}" if number > 1 else ""


def comparison_of(scope: str) -> tuple[int, str]:
    """The comparison of `strop improve` that a scope belongs to, from 1, and its place in it; 0 and the scope of any other."""
    match = _COMPARED.fullmatch(scope)
    return (0, scope) if match is None else (int(match[1] or 1), match[2])


def iteration_of(scope: str) -> int | None:
    """The iteration of a scope; None outside of iterations."""
    match = _ITERATION.match(scope)
    return None if match is None else int(match[1])


def is_candidate(event: Event) -> TypeGuard[Evaluated]:
    """Whether an event is the training evaluation of a candidate of `strop improve`."""
    return isinstance(event, Evaluated) and _CANDIDATE.match(event.scope) is not None


def is_meta_candidate(event: Event) -> TypeGuard[Evaluated]:
    """Whether an event evaluates an improver that a self-improvement asked about."""
    return (
        isinstance(event, Evaluated) and event.utility == META_TASK and _META_CANDIDATE.match(event.scope) is not None
    )


def is_final(scope: str) -> bool:
    """Whether a scope is in the final comparison of a run."""
    return scope.partition("/")[0] == FINAL


def role_of(scope: str) -> str:
    """The purpose of an LM call in a scope: one of `ROLES`, or `IMPROVEMENT`."""
    if scope == "improve":
        return IMPROVEMENT
    match = _OF_ITERATION.match(scope)
    if match is None:
        return FINAL_COMPARISON if is_final(scope) else MEASUREMENT
    if match[1] == "gate":
        return GATE
    return META_EVALUATION if match[2] else SELF_IMPROVEMENT


def role_in(scope: str) -> str:
    """The purpose of an LM call or an evaluation in a scope. Evaluations of `strop improve` belong to its improvement."""
    role = role_of(scope)
    return IMPROVEMENT if role == MEASUREMENT and scope.startswith("improve/") else role
