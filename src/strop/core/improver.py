"""improve(): execute an improver *I* with its two handles, I(u, s, L) (equation 1).

One function serves both levels: the utility may be a task's or the meta-utility. The improver runs in a guest, and all its
requests pass through `Handles`.
"""

from __future__ import annotations

from dataclasses import replace

from strop.base.budget import LM_CALLS, Budget, Grant
from strop.base.events import ImproveFinished, ImproveStarted
from strop.base.randomness import derive
from strop.base.results import Improvement, fields_of
from strop.base.solution import LONGEST
from strop.core.edits import instructions
from strop.core.handles import Handles, Host
from strop.core.utility import Utility, tags_around
from strop.evaluation.outcomes import explain, verdict_of
from strop.sandbox.base import GuestProgram, Outcome, Returned, Value
from strop.sandbox.strop_plain_data import type_of

ENTRY = "improve_algorithm"


def improve(
    improver: str, initial_solution: str, utility: Utility, grant: Grant, budget: Budget, host: Host
) -> Improvement:
    """The result of running `improver` on (utility, initial_solution) within `grant`, paid by `budget`. A recorded improvement is
    not repeated.

    Raises:
        StropError: the host failed. Failures of the improver are in the result.
    """
    completed = host.past.improvement(budget)
    if completed is not None:
        return completed
    handles = Handles(utility, grant, budget, host, improver, initial_solution)
    host.record(
        ImproveStarted(scope=budget.path, improver=improver, initial_solution=initial_solution, utility=utility.name)
    )
    text = utility.description + instructions(host.editing, initial_solution)
    arguments: list[Value] = [
        initial_solution,
        {"str": text, "budget": grant.utility_calls, "tags": list(tags_around(utility))},
        {"budget": grant.lm_calls, "max_responses_per_call": grant.max_responses_per_call},
    ]
    seed = derive(host.secret, "improver", budget.path) & (2**64 - 1)
    program = GuestProgram(improver, ENTRY, "improver")
    with handles, handles.notes:
        with host.sandbox.open(program, host.improver_limits, handles.methods()) as guest:
            outcome = guest.call(arguments, seed=seed)
        handles.notes.observe(outcome)
    counted = replace(
        _improvement(outcome),
        unused_evaluations=handles.unused_evaluations,
        course=handles.course.in_words(),
        utility_calls=handles.budget.used(utility.counter),
        lm_calls=handles.budget.used(LM_CALLS),
        cpu_seconds=outcome.spent.cpu_seconds,
        wall_seconds=outcome.spent.wall_seconds,
        output=outcome.output,
    )
    improvement = ImproveFinished(**fields_of(Improvement, counted), scope=budget.path)
    host.record(improvement)
    return improvement


def _improvement(outcome: Outcome) -> Improvement:
    if not isinstance(outcome, Returned):
        return Improvement(None, verdict_of(outcome), explain(outcome))
    if not isinstance(outcome.value, str):
        kind = "None" if outcome.value is None else f"a {type_of(outcome.value).__name__}"
        return Improvement(None, "malformed", f"{ENTRY} returned {kind}, not the text of a solution")
    if len(outcome.value) > LONGEST:
        return Improvement(None, "malformed", f"{ENTRY} returned a text of more than {LONGEST:,} characters")
    return Improvement(outcome.value)
