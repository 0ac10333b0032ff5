"""improve(): execute an improver *I* with its two handles, I(u, s, L) (equation 1).

One function serves both levels: the utility may be a task's or the meta-utility. The improver runs in a guest, and all its
requests pass through `Handles`.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from hashlib import sha256

from strop.base.budget import LM_CALLS, Budget
from strop.base.events import ImproveFinished, ImproveStarted
from strop.base.randomness import derive
from strop.base.results import Improvement, fields_of
from strop.core.edits.answers import instructions
from strop.core.handles import Grant, Handles, Host
from strop.core.utility import LONGEST, Utility
from strop.evaluation.again import tell_of, undisturbed
from strop.evaluation.outcomes import explain, verdict_of
from strop.sandbox.base import GuestProgram, Handler, Outcome, Returned, Value
from strop.sandbox.strop_plain_data import type_of
from strop.sandbox.wire import encode

ENTRY = "improve_algorithm"


def improve(
    improver: str, initial_solution: str, utility: Utility, grant: Grant, at: Budget, host: Host
) -> Improvement:
    """Run `improver` on (utility, initial_solution) within `grant`, spending from `at`; a recorded improvement is not repeated.

    Raises:
        StropError: the host failed. Failures of the improver are in the result.
    """
    completed = host.past.improvement(at)
    if completed is not None:
        return completed
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
    program, served = GuestProgram(improver, ENTRY, "improver"), Served(handles.methods())

    def call(believe: bool) -> Outcome:
        limits = replace(host.improver_limits, believe_kills=believe)
        with host.sandbox.open(program, limits, served.again()) as guest:
            return guest.call(arguments, seed=seed)

    with handles, handles.notes:
        outcome, killed = undisturbed(call)
        tell_of(killed, "its run, with the same answers,")
        handles.notes.observe(outcome)
    counted = replace(
        _improvement(outcome),
        unused_evaluations=handles.unused_evaluations,
        course=handles.course.words(),
        utility_calls=handles.budget.used(utility.counter),
        lm_calls=handles.budget.used(LM_CALLS),
        cpu_seconds=outcome.spent.cpu_seconds,
        wall_seconds=outcome.spent.wall_seconds,
        output=outcome.output,
    )
    improvement = ImproveFinished(**fields_of(Improvement, counted), scope=at.path)
    host.record(improvement)
    return improvement


class Served:
    """Methods for an improver that is run again if it is killed: what it asks again gets the same answer, and costs nothing."""

    def __init__(self, methods: Mapping[str, Handler]) -> None:
        self._methods = methods
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, bytes], list[Future[Value]]] = defaultdict(list)

    def again(self) -> dict[str, Handler]:
        """The methods for another run."""
        asked: Counter[tuple[str, bytes]] = Counter()
        return {name: partial(self._serve, name, asked) for name in self._methods}

    def _serve(self, name: str, asked: Counter[tuple[str, bytes]], params: Sequence[Value]) -> Value:
        key = name, sha256(encode({"params": list(params)})).digest()
        with self._lock:
            number, answers = asked[key], self._answers[key]
            asked[key] += 1
            is_new = number == len(answers)
            if is_new:
                answers.append(Future())
        if is_new:
            try:
                answers[number].set_result(self._methods[name](params))
            except BaseException as error:  # noqa: BLE001 - raised below, now and when it is asked again
                answers[number].set_exception(error)
        return answers[number].result()


def _improvement(outcome: Outcome) -> Improvement:
    if not isinstance(outcome, Returned):
        return Improvement(None, verdict_of(outcome), explain(outcome))
    if not isinstance(outcome.value, str):
        kind = "None" if outcome.value is None else f"a {type_of(outcome.value).__name__}"
        return Improvement(None, "malformed", f"{ENTRY} returned {kind}, not the text of a solution")
    if len(outcome.value) > LONGEST:
        return Improvement(None, "malformed", f"{ENTRY} returned a text of more than {LONGEST:,} characters")
    return Improvement(outcome.value)
