"""Which recorded calls the original repeats in the jail: all others are left out before anything is measured.

A call counts if the original gives what was recorded, and gives it again in another process, in reverse order and with another
order of sets. So nothing that lies outside of its arguments decides what it does: no state of the process, no file that the jail
does not have, no clock and no random number.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.evaluation.batches import Batch, batch_program, run_batch
from strop.evaluation.functions.scorer import digest_of_file, programs_of, workspaces
from strop.evaluation.outcomes import WALL_FACTOR, explain, guest_program, limits_of
from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.base import Outcome, Returned
from strop.sandbox.tree_sandbox import TreeSandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance
from strop.tasks.function.calls import LEAST_CALLS, RecordedCall, RecordedCalls
from strop.tasks.function.task import FunctionTask
from strop.tasks.values import difference

AT_ONCE = 32
"""Calls of one process."""
OTHER_OUTCOME, VARIES = "gives another outcome than in the run", "gives another outcome when it runs again"


def reproduced(task: FunctionTask, recorded: RecordedCalls) -> RecordedCalls:
    """The recorded calls that the task's original repeats.

    Raises:
        ConfigurationError: it repeats too few.
        SandboxError: the host failed.
    """
    assert task.mark is not None
    calls, lost = recorded.calls, Counter[str]()
    found = list[dict[int, Any]]()
    for hash_seed, order in ((0, 1), (1, -1)):
        numbers = range(len(calls))[::order]
        with closing(programs_of(task, workspaces(), hash_seed)) as sandbox:
            found.append(dict(outcomes(task, task.seed, calls, numbers, sandbox)))
    kept = list[RecordedCall]()
    for number, call in enumerate(calls):
        if why := _why_lost(task, call, *(each[number] for each in found)):
            lost[why] += 1
        else:
            kept.append(call)
    if len(kept) < LEAST_CALLS:
        why, count = lost.most_common(1)[0] if lost else ("there are no others", 0)
        raise ConfigurationError(
            f"{recorded.name}: in the jail {len(kept)} of {quantity(len(calls), 'recorded call')} have the recorded outcome, "
            f"and {LEAST_CALLS} are needed"
            + (f"; of {count} the original {why}" if count else "")
            + ". Record a longer run, or a function that calls it"
        )
    assert task.mark.innermost is not None
    measured = task.mark.project / task.mark.innermost[1]
    return replace(recorded, calls=tuple(kept), lost=dict(lost), digest=digest_of_file(str(measured)))


def _why_lost(task: FunctionTask, call: RecordedCall, first: Any, again: Any) -> str:
    """Why a call does not count; empty if it does. `first`, `again`: what came, or a text that says why nothing did."""
    if isinstance(first, str):
        return first
    if isinstance(again, str):
        return again
    if call.outcome:
        with suppress(plain_data.NotPlainData):
            if difference(list(plain_data.decode(call.outcome)), list(first), task.tolerance):
                return OTHER_OUTCOME
    return VARIES if difference(list(first), list(again), task.tolerance) else ""


class Seconds:
    """CPU seconds that calls may still take. Those that wait end, too, after `WALL_FACTOR` times as many seconds."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.left, self._ends = seconds, time.monotonic() + WALL_FACTOR * seconds

    @property
    def are_over(self) -> bool:
        """Whether no further call may begin."""
        return self.left <= 0 or time.monotonic() > self._ends


def outcomes(
    task: FunctionTask,
    program: str,
    calls: Sequence[RecordedCall],
    numbers: Sequence[int],
    sandbox: TreeSandbox,
    left: Seconds | None = None,
) -> Iterator[tuple[int, Any]]:
    """What a program of the task does in each of these calls, as far as `left` goes: [kind, answer, arguments], or why there is
    nothing. Raises SandboxError."""
    left = left or Seconds()
    for group in _groups(calls, numbers, task.time_limit / 4):
        ran = _ran(task, program, [calls[number] for number in group], sandbox, left)
        if len(ran) == len(group):
            yield from zip(group, ran, strict=True)
            continue
        for number in group:
            if left.are_over:
                return
            yield number, _ran(task, program, [calls[number]], sandbox, left)[0]


def _groups(calls: Sequence[RecordedCall], numbers: Sequence[int], most: float) -> Iterator[list[int]]:
    """Calls that one process makes, in at most so many CPU seconds unless one takes longer."""
    group, seconds = list[int](), 0.0
    for number in numbers:
        if group and (len(group) == AT_ONCE or seconds + calls[number].seconds > most):
            yield group
            group, seconds = [], 0.0
        group.append(number)
        seconds += calls[number].seconds
    if group:
        yield group


def _ran(
    task: FunctionTask, candidate: str, calls: Sequence[RecordedCall], sandbox: TreeSandbox, left: Seconds
) -> list[Any]:
    """Of each call [kind, answer, arguments]; of one that ends its process why, and nothing of others."""
    inputs = [(Instance(case), Prepared(case)) for case in ({plain_data.OPAQUE: call.arguments} for call in calls)]
    program = batch_program(guest_program(task, candidate), catches=True)
    with sandbox.open(program, limits_of(task)) as guest:
        loaded = guest.call({}, seed=0)
        if not isinstance(loaded, Returned):
            return [_words(loaded)]
        ran = run_batch(guest, Batch(inputs), 0, "answers and arguments", objects=True)
    left.left -= ran.calls + ran.outside
    if len(ran.outcomes) < len(calls) or not all(isinstance(each, Returned) for each in ran.outcomes):
        return [_words(ran.outcomes[-1])]
    return [
        [beside.kind, outcome.value, beside.arguments]
        for outcome, beside in zip(ran.outcomes, ran.beside, strict=True)
        if isinstance(outcome, Returned)
    ]


def _words(outcome: Outcome) -> str:
    return f"cannot be called: {explain(outcome).splitlines()[0][:200]}"
