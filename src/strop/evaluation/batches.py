"""A batch: different calls of a function in one process, with the kernel's clock around them.

The process opens the arguments, then it is told to call the function once for each, then it describes what came. The time of the
calls is what the kernel counts of it, threads included, from the end of the opening until it says that all calls are made. The
rest is counted apart, as *outside*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from strop.evaluation.instances import Input
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned, Value, Violated
from strop.sandbox.wire import Prepared

Told = Literal["answers", "answers and arguments", "arguments", "arguments as they are"]
"""What a process describes: arguments as the calls leave them, unless there are no calls."""
AT_ONCE, ROOM = 64, 1 << 18
"""Calls, and bytes of their arguments or answers, that one message has at most; one call may have more bytes."""
_BATCH = """

def __batch__(opened=None, do="", count=0, objects=False, arguments=[], calls=[], results=[], kinds=[]):
    import strop_calling
    if opened is not None:
        from strop_by_name import binding
        strop_calling.ready({entry})
        opened = [*map(strop_calling.opened, opened)]
        arguments += opened
        calls += map(binding({entry}), opened)
    elif do == "call":
        results += [{entry}(*given, **named) for given, named in calls]
        kinds += strop_calling.finished(results)
        calls.clear()
    elif do:
        from strop_behaviour import told
        return told(do, count, objects, arguments, results, kinds)
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


class Beside(NamedTuple):
    """What is told beside an answer."""

    kind: str = ""
    """Of an answer that is no plain data, or comes from a generator or a coroutine: what it is."""
    arguments: Value = None
    """As the call leaves them; None: nobody asked."""


_LAZY = ("a generator", "a coroutine", "an async generator")
_KINDS = frozenset({"", "an object", *_LAZY, *(f"{each} of objects" for each in _LAZY)})
"""What a process may say that an answer is."""


class RanBatch(NamedTuple):
    """What came of a batch in one process."""

    calls: float
    """CPU seconds of all its calls."""
    outside: float
    """CPU seconds of opening the arguments and of describing what came."""
    outcomes: list[Outcome]
    """Of each call, in order. One that is no answer is the only one: the process does not say which call it was."""
    beside: list[Beside]
    """What is told beside each answer."""


def batch_program(program: GuestProgram) -> GuestProgram:
    """The program for `run_batch`."""
    return replace(program, text=program.text + _BATCH.format(entry=program.entry), entry="__batch__")


def run_batch(
    guest: Guest, batch: Batch, seed: int | None, told: Told = "answers", *, objects: bool = False
) -> RanBatch:
    """Make the calls of a batch in a process. `told`: what it describes; `objects`: also what is no plain data. `seed`: of the
    random numbers of all calls; None: they stay as they are.

    Raises:
        SandboxError: the host failed.
    """
    outside, outcomes, beside = 0.0, list[Outcome](), list[Beside]()
    for message in batch.messages:
        opened, seed = guest.call(message, seed=seed), None
        outside += opened.spent.cpu_seconds
        if not isinstance(opened, Returned):
            return RanBatch(0.0, outside, [opened], [])
    calls = 0.0
    if told != "arguments as they are":
        ready = guest.call({}, seed=None)  # so that the next message meets a process that has just run
        outside += ready.spent.cpu_seconds
        done = guest.call({"do": "call"}, seed=None)
        calls = done.spent.cpu_seconds
        if not isinstance(done, Returned):
            return RanBatch(calls, outside, [done], [])
    while (left := len(batch.inputs) - len(outcomes)) > 0:
        count = min(left, batch.answers_at_once)
        said = guest.call({"do": told, "count": count, "objects": objects}, seed=None)
        outside += said.spent.cpu_seconds
        if not isinstance(said, Returned):
            return RanBatch(calls, outside, [said], [])
        found = _described(said.value, count)
        if found is None:
            return RanBatch(calls, outside, [Violated("it does not describe one answer for each call")], [])
        outcomes += [replace(said, value=value) for value in found[0]]
        beside += found[1]
    return RanBatch(calls, outside, outcomes, beside)


def _described(value: Any, count: int) -> tuple[list[Any], list[Beside]] | None:
    """Answers, and what is told beside them; None if a process says something else."""
    if type(value) is not list or len(value) != 3 or any(type(each) is not list for each in value):
        return None
    answers, kinds, arguments = value
    if len(answers) != count or any(len(each) not in (0, count) for each in (kinds, arguments)):
        return None
    if not all(type(each) is str and each in _KINDS for each in kinds):
        return None
    return answers, [Beside(*each) for each in zip(kinds or [""] * count, arguments or [None] * count, strict=True)]
