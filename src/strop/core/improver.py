"""improve(): run an improver *I* with its two handles, I(u, s, L) (equation 1).

One function serves both levels: the utility may be a task's, or the meta-utility. The improver is a guest; what it asks for
passes `Handles`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from strop.base.budget import LM_CALLS, Budget
from strop.base.events import ImproveFinished, ImproveStarted
from strop.base.randomness import derive
from strop.base.results import Verdict
from strop.core.edits.answers import instructions
from strop.core.handles import Grant, Handles, Host
from strop.core.utility import LONGEST, Utility, explain, verdict_of
from strop.sandbox.base import Outcome, Program, Returned, Value

ENTRY = "improve_algorithm"


@dataclass(frozen=True)
class Improvement:
    """What one run of an improver gave."""

    solution: str | None
    """Text of the improved solution; None where the improver gave no text."""
    outcome: Verdict
    """A verdict: `ok`, or why there is no solution."""
    detail: str
    """The reason in words, with the tail of the traceback; empty when ok."""
    lm_calls: int = field(default=0, compare=False)
    """LM calls that the improver used."""


def improve(
    improver: str, initial_solution: str, utility: Utility, grant: Grant, at: Budget, host: Host
) -> Improvement:
    """Run `improver` on (utility, initial_solution) within `grant`, spending in `at`; one that ended before is not run again.

    Raises:
        StropError: the host failed. Whatever the improver does wrong is in the result.
    """
    ended = host.past.improvement(at)
    if ended is not None:
        return Improvement(ended.solution, cast(Verdict, ended.outcome), ended.detail, ended.lm_calls)
    handles = Handles(utility, grant, at, host, improver, initial_solution)
    host.record(
        ImproveStarted(scope=at.path, improver=improver, initial_solution=initial_solution, utility=utility.name)
    )
    arguments: list[Value] = [
        initial_solution,
        {"str": utility.description + instructions(host.editing, initial_solution), "budget": grant.utility_calls},
        {"budget": grant.lm_calls, "max_responses_per_call": grant.max_responses_per_call},
    ]
    seed = derive(host.secret, "improver", at.path) & (2**64 - 1)
    with (
        handles.notes,
        host.sandbox.open(Program(improver, ENTRY, "improver"), host.improver_limits, handles.methods()) as guest,
    ):
        outcome = guest.call(arguments, seed=seed)
        handles.notes.saw(outcome)
    improvement = replace(_improvement(outcome), lm_calls=handles.budget.used(LM_CALLS))
    host.record(
        ImproveFinished(
            scope=at.path,
            outcome=improvement.outcome,
            detail=improvement.detail,
            solution=improvement.solution,
            utility_calls=handles.budget.used(utility.counter),
            lm_calls=improvement.lm_calls,
            cpu_seconds=outcome.spent.cpu_seconds,
            wall_seconds=outcome.spent.wall_seconds,
            output=outcome.output,
        )
    )
    return improvement


def _improvement(outcome: Outcome) -> Improvement:
    if not isinstance(outcome, Returned):
        return Improvement(None, verdict_of(outcome), explain(outcome))
    if not isinstance(outcome.value, str):
        kind = "None" if outcome.value is None else f"a {type(outcome.value).__name__}"
        return Improvement(None, "malformed", f"{ENTRY} returned {kind}, not the text of a solution")
    if len(outcome.value) > LONGEST:
        return Improvement(None, "malformed", f"{ENTRY} returned a text of more than {LONGEST:,} characters")
    return Improvement(outcome.value, "ok", "")
