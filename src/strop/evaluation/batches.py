"""A batch: different calls of a function in one process, with the kernel's clock around them.

The process opens the arguments, then it is told to call the function once for each, then it describes what came. The time of the
calls is what the kernel counts of it, threads included, from the end of the opening until it says that all calls are made. The
rest is counted apart, as *outside*; and what a message takes that makes no call, as *idle*.
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
SETTLE_SECONDS = 2.0
"""How long a process may go on when its batch is told, at most, while what it uses still counts."""
_BATCH = """

def __entry__():  # whose name may be that of a parameter below
    return {entry}

def __batch__(opened=None, do="", count=0, objects=False, arguments=[], calls=[], results=[], kinds=[]):
    import strop_calling
    entry = __entry__()
    if opened is not None:
        from strop_by_name import binding
        strop_calling.ready(entry){listen}
        opened = [*map(strop_calling.opened, opened)]
        arguments += opened
        calls += map(binding(entry), opened)
    elif do == "call":
        {call}
        calls.clear()
    elif do and do != "wait":
        import strop_behaviour{shares}
        return strop_behaviour.told(do, count, objects, arguments, results, kinds){heard}
"""

_CALL = """results += [entry(*given, **named) for given, named in calls]
        kinds += strop_calling.finished(results)"""
_CALL_AND_CATCH = """import strop_behaviour
        for given, named in calls:
            try:
                results.append(entry(*given, **named))
            except (Exception, SystemExit) as error:
                results.append(strop_behaviour.CallRaised(error))
        kinds += strop_calling.finished(results, strop_behaviour.CallRaised)"""

_LISTEN = "\n        strop_calling.listen()"
_SHARES = "\n        shares = strop_behaviour.shared(results[:count])"
_HEARD = " + [strop_calling.heard(), shares]"


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
    shares: bool = False
    """Whether an earlier answer holds a part of the answer that can be changed; asked of programs that catch."""


_LAZY = ("a generator", "a coroutine", "an async generator")
_KINDS = frozenset({"", "an object", "an exception", *_LAZY, *(f"{each} of objects" for each in _LAZY)})
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
    printed: str = ""
    """By all calls, if the program tells it."""
    idle: float = 0.0
    """CPU seconds of a message that makes no call: what the time of the calls has of other work."""


def batch_program(program: GuestProgram, *, catches: bool = False) -> GuestProgram:
    """The program for `run_batch`. `catches`: an exception is an answer, too, and so is what is printed."""
    is_innermost = program.module is not None and program.module.innermost
    entry = "__import__('strop_innermost').held()" if is_innermost else program.entry
    call, *more = (_CALL_AND_CATCH, _LISTEN, _SHARES, _HEARD) if catches else (_CALL, "", "", "")
    own = _BATCH.format(entry=entry, call=call, **dict(zip(("listen", "shares", "heard"), more, strict=True)))
    return replace(program, text=program.text + own, entry="__batch__")


def run_batch(
    guest: Guest, batch: Batch, seed: int | None, told: Told = "answers", *, objects: bool = False
) -> RanBatch:
    """Make the calls of a batch in a process. `told`: what it describes; `objects`: also what is no plain data. `seed`: of the
    random numbers of all calls; None: they stay as they are.

    Raises:
        SandboxError: the host failed.
    """
    outside, idle, outcomes, beside, printed = 0.0, 0.0, list[Outcome](), list[Beside](), ""
    for message in batch.messages:
        opened, seed = guest.call(message, seed=seed), None
        outside += opened.spent.cpu_seconds
        if not isinstance(opened, Returned):
            return RanBatch(0.0, outside, [opened], [])
    calls = 0.0
    if told != "arguments as they are":
        for _ in range(2):  # once so that the next message meets a process that has just run
            idle = guest.call({"do": "wait"}, seed=None).spent.cpu_seconds
            outside += idle
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
        printed += found[2]
    outside += guest.settle(SETTLE_SECONDS)  # what is left to a thread is no gain
    return RanBatch(calls, outside, outcomes, beside, printed, idle)


def _described(value: Any, count: int) -> tuple[list[Any], list[Beside], str] | None:
    """Answers, what is told beside them, and what was printed; None if a process says something else."""
    if type(value) is not list or [*map(type, value)] not in ([list] * 3, [list, list, list, str, list]):
        return None
    answers, kinds, arguments, printed, shares = value if len(value) > 3 else [*value, "", []]
    if len(answers) != count or any(len(each) not in (0, count) for each in (kinds, arguments, shares)):
        return None
    if not all(type(each) is str and each in _KINDS for each in kinds) or {*map(type, shares)} - {bool}:
        return None
    told = kinds or [""] * count, arguments or [None] * count, shares or [False] * count
    beside = [Beside(*each) for each in zip(*told, strict=True)]
    return answers, beside, printed
