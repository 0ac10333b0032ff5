"""A batch: different calls of a function in one process, with the kernel's clock around them.

The process opens the arguments, then it is told to call the function once for each, then it describes what came. The time of the
calls is what the kernel counts of it, threads included, from the end of the opening until it says that all calls are made. The
rest is counted apart, as *outside*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from strop.evaluation.instances import Input
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned, Violated
from strop.sandbox.wire import Prepared

AT_ONCE, ROOM = 64, 1 << 18
"""Calls, and bytes of their arguments or answers, that one message has at most; one call may have more bytes."""
_BATCH = """

def __batch__(opened=None, do="", count=0, arguments=[], calls=[], results=[]):
    if opened is not None:
        from strop_by_name import binding
        arguments += opened
        calls += map(binding({entry}), opened)
    elif do == "call":
        results += [{entry}(*given, **named) for given, named in calls]
        calls.clear()
    elif do:
        described = (arguments if do == "arguments" else results)[:count]
        del arguments[:count], results[:count]
        return described
"""


class Batch:
    """Calls that one process makes, as it gets them."""

    def __init__(self, inputs: Sequence[Input], answers_at_once: int = 1) -> None:
        """`answers_at_once`: how many answers one message has."""
        self.inputs, self.answers_at_once = inputs, answers_at_once
        self.messages = [Prepared({"opened": [dict(each) for each in group]}) for group in _groups(inputs)]


def _groups(inputs: Sequence[Input]) -> Iterator[list[Prepared]]:
    """Arguments of calls in their order, as many together as fit into a message."""
    group, size = list[Prepared](), 0
    for _, arguments in inputs:
        own = sum(map(len, arguments.encoded))
        if group and (len(group) == AT_ONCE or size + own > ROOM):
            yield group
            group, size = [], 0
        group.append(arguments)
        size += own
    if group:
        yield group


class RanBatch(NamedTuple):
    """What came of a batch in one process."""

    calls: float
    """CPU seconds of all its calls."""
    outside: float
    """CPU seconds of opening the arguments and of describing what came."""
    outcomes: list[Outcome]
    """Of each call, in order. One that is no answer is the only one: the process does not say which call it was."""


def batch_program(program: GuestProgram) -> GuestProgram:
    """The program for `run_batch`."""
    return replace(program, text=program.text + _BATCH.format(entry=program.entry), entry="__batch__")


def run_batch(guest: Guest, batch: Batch, seed: int | None, described: str = "answers") -> RanBatch:
    """Make the calls of a batch in a process. `described`: `answers`, or the `arguments` as the calls leave them. `seed`: of the
    random numbers of all calls; None: they stay as they are.

    Raises:
        SandboxError: the host failed.
    """
    outside, outcomes = 0.0, list[Outcome]()
    for message in batch.messages:
        opened, seed = guest.call(message, seed=seed), None
        outside += opened.spent.cpu_seconds
        if not isinstance(opened, Returned):
            return RanBatch(0.0, outside, [opened])
    ready = guest.call({}, seed=None)  # so that the next message meets a process that has just run
    outside += ready.spent.cpu_seconds
    done = guest.call({"do": "call"}, seed=None)
    if not isinstance(done, Returned):
        return RanBatch(done.spent.cpu_seconds, outside, [done])
    while (left := len(batch.inputs) - len(outcomes)) > 0:
        count = min(left, batch.answers_at_once)
        told = guest.call({"do": described, "count": count}, seed=None)
        outside += told.spent.cpu_seconds
        if not isinstance(told, Returned):
            return RanBatch(done.spent.cpu_seconds, outside, [told])
        if not isinstance(told.value, list) or len(told.value) != count:
            return RanBatch(
                done.spent.cpu_seconds, outside, [Violated("it does not describe one answer for each call")]
            )
        outcomes += [replace(told, value=value) for value in told.value]
    return RanBatch(done.spent.cpu_seconds, outside, outcomes)
