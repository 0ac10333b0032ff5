"""Which recorded calls the original repeats in the jail. All others are left out before anything is measured.

A call counts if the original gives the recorded outcome, and gives it again in another process, in reverse order and with another
order of sets. So only its arguments decide its outcome: no state of the process, no file that the jail lacks, no clock and no
random number.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from strop.base.errors import ConfigurationError
from strop.evaluation.batches import Batch, batch_program, run_batch
from strop.evaluation.functions.scorer import digest_of_file, programs_of, workspaces
from strop.evaluation.outcomes import WALL_FACTOR, explain, guest_program, limits_of
from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.base import Outcome, Returned
from strop.sandbox.tree_sandbox import TreeSandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance
from strop.tasks.function.calls import LEAST_CALLS, RecordedCall, RecordedCalls, by_program
from strop.tasks.function.task import FunctionTask
from strop.tasks.values import difference

AT_ONCE = 32
"""Calls of one process."""
OTHER_OUTCOME, VARIES = "gives another outcome than in the run", "gives another outcome when it runs again"
_PARTS = ("what it gives", "the answer", "what it leaves of its arguments")
UNKNOWN = "has no known outcome in the run"


def reproduced(task: FunctionTask, recorded: RecordedCalls) -> RecordedCalls:
    """The recorded calls that the task's original repeats.

    Raises:
        ConfigurationError: it repeats too few.
        SandboxError: the host failed.
    """
    calls, lost, first = recorded.calls, Counter[str](), dict[str, str]()
    runs = list[dict[int, Any]]()
    for hash_seed, order in ((0, 1), (1, -1)):
        numbers = range(len(calls))[::order]
        with closing(programs_of(task, workspaces(), hash_seed)) as sandbox:
            runs.append(dict(outcomes(task, task.seed, calls, numbers, sandbox)))
    repeated = list[RecordedCall]()
    for number, call in enumerate(calls):
        why, where = _why_lost(task, call, *(run[number] for run in runs))
        if why:
            lost[first.setdefault(why, f"{why}{where}")] += 1
        else:
            repeated.append(call)
    if len(repeated) < LEAST_CALLS:
        why, count = lost.most_common(1)[0] if lost else ("there are no others", 0)
        raise ConfigurationError(
            f"{recorded.name}: {LEAST_CALLS} recorded calls are needed that give the same result when strop repeats them in "
            f"the jail, and {len(repeated)} of {len(calls)} do"
            + (f" (for {count}: the original {why})" if count else "")
            + f". Record a longer run, or {by_program()}"
        )
    assert task.mark.innermost is not None
    measured = task.mark.project / task.mark.innermost[1]
    return replace(recorded, calls=tuple(repeated), lost=dict(lost), digest=digest_of_file(str(measured)))


def _why_lost(task: FunctionTask, call: RecordedCall, first: Any, again: Any) -> tuple[str, str]:
    """Why a call does not count, and the first difference, for the user alone; both are empty if it counts. `first` and `again`
    are its outcomes, or texts that say why there is none."""
    for outcome in (first, again):
        if isinstance(outcome, str):
            return outcome, ""
    try:
        recorded = list(plain_data.decode(call.outcome))
    except plain_data.NotPlainData:
        return UNKNOWN, ""
    if found := difference(recorded, list(first), task.mark.close):
        return OTHER_OUTCOME, _where(found, recorded[0])
    found = difference(list(first), list(again), task.mark.close)
    return (VARIES, _where(found, recorded[0])) if found else ("", "")


def _where(found: str, kind: str) -> str:
    """A difference of two outcomes behind a colon. It names a place as the program does: `the answer[0]._hash`."""
    text = re.sub(r"^the answer\[(\d)\]", lambda match: _PARTS[int(match[1])], found)
    if kind.endswith(("an object", "of objects")):
        text = re.sub(r"\[3\]\['(\w+)'\]|\[1\](\[\d+\])", lambda match: f".{match[1]}" if match[1] else match[2], text)
    return ": " + text.replace(", the original's is", "; it was").replace(", the original's has", "; it had")


class Seconds:
    """CPU seconds that calls may still take. Calls that only wait end after `WALL_FACTOR` times as many wall seconds."""

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
    """Number and outcome of calls that a program of the task makes, until the time `left` is over. An outcome is [kind, answer,
    arguments], or a text that says why there is none. Raises SandboxError."""
    caches = [] if left is None else task.mark.caches.attributes  # a recording, which has no such limit, has them
    left = left or Seconds()
    for group in _groups(calls, numbers, task.time_limit / 4):
        ran = _ran(task, program, [calls[number] for number in group], sandbox, left, caches)
        if len(ran) == len(group):
            yield from zip(group, ran, strict=True)
            continue
        for number in group:
            if left.are_over:
                return
            yield number, _ran(task, program, [calls[number]], sandbox, left, caches)[0]


def _groups(calls: Sequence[RecordedCall], numbers: Sequence[int], most: float) -> Iterator[list[int]]:
    """The numbers of calls in groups, each for one process. A group takes at most `most` CPU seconds, unless it is a single
    call."""
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
    task: FunctionTask,
    candidate: str,
    calls: Sequence[RecordedCall],
    sandbox: TreeSandbox,
    left: Seconds,
    caches: Sequence[str],
) -> list[Any]:
    """The outcome of each call: [kind, answer, arguments]. If a call ends the process, the list has only a text that says why."""
    inputs = [(Instance(case), Prepared(case)) for case in ({plain_data.OPAQUE: call.arguments} for call in calls)]
    program = batch_program(guest_program(task, candidate), catches=True, caches=caches)
    with sandbox.open(program, limits_of(task)) as guest:
        loaded = guest.call({}, seed=0)
        if not isinstance(loaded, Returned):
            return [_words(loaded)]
        ran = run_batch(guest, Batch(inputs, "answers and arguments"), 0, objects=True)
    left.left -= ran.before + ran.calls + ran.after
    if len(ran.outcomes) < len(calls) or not all(isinstance(outcome, Returned) for outcome in ran.outcomes):
        return [_words(ran.outcomes[-1])]
    return [
        [details.kind, outcome.value, details.arguments]
        for outcome, details in zip(ran.outcomes, ran.details, strict=True)
        if isinstance(outcome, Returned)
    ]


def _words(outcome: Outcome) -> str:
    return f"cannot be called: {explain(outcome).splitlines()[0][:200]}"
