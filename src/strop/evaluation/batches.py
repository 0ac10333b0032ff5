"""A batch: different calls of a function in one process, with the kernel's clock around them.

The process opens the arguments, then calls the function once for each, then describes what came. The time of the calls is the CPU
time that the kernel counts for the process, threads included, from the message that asks for them until it reports that all are
made. What the process uses before that message, and after that report, is counted, too. The time of a message that makes no call
is *idle*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from strop.evaluation.instances import AT_ONCE, MESSAGE_BYTES, Input
from strop.sandbox.base import LAZY, Guest, GuestProgram, Outcome, Returned, Value, Violated
from strop.sandbox.wire import Prepared
from strop.tasks.values import difference

Described = Literal["answers", "answers and arguments", "arguments", "arguments as they are"]
"""What a process describes after the calls. Arguments are described as the calls leave them, or as they are without any call."""
SETTLE_SECONDS = 2.0
"""Wall seconds for which a process may go on working before its calls, and in the end. The CPU time that it uses counts."""
_BATCH = """

def __entry__():  # whose name may be that of a parameter below
    return {entry}

def __batch__(opened=None, do="", count=0, objects=False, arguments=[], calls=[], results=[], kinds=[]):
    import strop_calling
    entry, described = __entry__(), None
    if do == "call":
        {call}
        calls.clear()
    elif do == "end":
        import atexit
        atexit._run_exitfuncs()
    elif do == "left":
        import strop_left
        return strop_left.left(globals())
    elif do == "spoil":
        import strop_left
        strop_left.spoil()
    elif do and do != "wait":
        import strop_behaviour{shares}
        described = strop_behaviour.take_batch(do, count, objects, arguments, results, kinds){heard}
    if opened is not None:
        from strop_by_name import binding
        strop_calling.ready(entry){listen}
        import strop_behaviour
        strop_behaviour.caches.update({caches!r})
        opened = [*map(strop_calling.opened, opened)]
        arguments += opened
        calls += map(binding(entry), opened)
    return described
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
_SHARES = "\n        shares = strop_behaviour.shared(results[: count * do.startswith('answers')])"
_HEARD = " + [strop_calling.heard(), shares]"


class Batch:
    """The calls that one process makes, as messages."""

    def __init__(self, inputs: Sequence[Input], describes: Described = "answers", answers_at_once: int = 1) -> None:
        """`describes`: what the process describes after the calls. `answers_at_once`: how many answers one message has."""
        self.inputs, self.describes, self.answers_at_once = inputs, describes, answers_at_once
        self.opening = [Prepared({"opened": [dict(arguments) for arguments in group]}) for group in _groups(inputs)]


def _groups(inputs: Sequence[Input]) -> Iterator[list[Prepared]]:
    """Arguments of calls in their order, as many together as fit into a message."""
    group, size = list[Prepared](), 0
    for _, arguments in inputs:
        own = len(arguments.encoded)
        if group and (len(group) == AT_ONCE or size + own > MESSAGE_BYTES):
            yield group
            group, size = [], 0
        group.append(arguments)
        size += own
    if group:
        yield group


class AnswerDetails(NamedTuple):
    """What a process reports about an answer, beside the answer itself."""

    kind: str = ""
    """What the answer is, if it is no plain data, or comes from a generator or a coroutine; empty for plain data."""
    arguments: Value = None
    """The arguments as the call leaves them; None if they were not asked for."""
    shares: bool = False
    """Whether the answer shares a part that can be changed with an earlier answer. Known only of programs with `catches`."""


def difference_of_details(expected: AnswerDetails, actual: AnswerDetails, close: float | None) -> str:
    """How an answer shares, and its call leaves arguments, otherwise than the original's; empty if it does not. `close` is the
    tolerance of floats."""
    if actual.shares and not expected.shares:
        return "the answer shares a part that can be changed with an earlier one, the original's does not"
    why = difference(expected.arguments, actual.arguments, close)
    return why and f"the call leaves other arguments than the original's: {why.replace('the answer', 'arguments')}"


_KINDS = frozenset({"", "an object", "an exception", *LAZY, *(f"{kind} of objects" for kind in LAZY)})
"""The kinds of answer that a process may report, also with ` with ` and names of classes."""


class RanBatch(NamedTuple):
    """The result of a batch in one process."""

    before: float
    """CPU seconds before the calls: of opening the arguments, and of threads that ran on."""
    calls: float
    """CPU seconds of all its calls."""
    after: float
    """CPU seconds after the calls: of describing what came, and of threads that ran on."""
    outcomes: list[Outcome]
    """The outcome of each call, in order. A failure is the only outcome: the process does not say which call failed."""
    details: list[AnswerDetails]
    """The details of each answer."""
    printed: str = ""
    """What all calls printed. Known only of programs with `catches`."""
    idle: float = 0.0
    """CPU seconds of a message that makes no call: the part of the time of the calls that is other work."""
    digests: Sequence[bytes] = ()
    """Of the messages that describe what came. With equal digests, outcomes and details are equal."""


def batch_program(
    program: GuestProgram, *, catches: bool = False, shares: bool = False, caches: Iterable[str] = ()
) -> GuestProgram:
    """The program for `run_batch`.

    Args:
        program: the program.
        catches: whether an exception counts as an answer. What the calls print is reported, too.
        shares: whether it is reported which answers share a part with an earlier one; `catches` reports that, too.
        caches: names of attributes that are not described.
    """
    is_innermost = program.module is not None and program.module.innermost
    entry = "__import__('strop_innermost').held()" if is_innermost else program.entry
    call = _CALL_AND_CATCH if catches else _CALL
    more = (_LISTEN, _SHARES, _HEARD) if catches or shares else ("", "", "")
    parts = dict(zip(("listen", "shares", "heard"), more, strict=True))
    own = _BATCH.format(entry=entry, call=call, caches=sorted(caches), **parts)
    return replace(program, text=program.text + own, entry="__batch__", answers_alike=True)


def run_batch(guest: Guest, batch: Batch, seed: int | None, *, objects: bool = False) -> RanBatch:
    """The result of one batch; see `run_batches`."""
    return run_batches(guest, [batch], seed, objects=objects)[0]


def run_batches(guest: Guest, batches: Sequence[Batch], seed: int | None, *, objects: bool = False) -> list[RanBatch]:
    """Make the calls of batches in a process, one batch after the other, and return what came of each, up to a failure.

    The arguments of a batch are opened by the message that describes what came of the one before it: messages take time.

    Args:
        guest: the process, with a program of `batch_program`.
        batches: the calls.
        seed: of the random numbers of all calls; None leaves the generators as they are.
        objects: whether the process also describes values that are no plain data.

    Raises:
        SandboxError: the host failed.
    """
    done, opened = list[RanBatch](), 0
    for number, batch in enumerate(batches):
        following = batches[number + 1].opening[0] if number + 1 < len(batches) else None
        ran = _Running(guest, batch, {"do": batch.describes, "objects": objects}, following)
        # The first wait warms up the process, so that a second one is measured in a running one. First calls are cold anyway.
        waits = 2 if following is None else min(number, 1)
        done.append(ran.whole(batch.opening[opened:], seed if not number else None, waits))
        opened = 1
        if not isinstance(done[-1].outcomes[-1], Returned):
            break
    return done


@dataclass
class _Running:
    """A batch that a process runs."""

    guest: Guest
    batch: Batch
    asks: Mapping[str, Any]
    """The message that asks to describe some answers, without their number."""
    following: Mapping[str, Any] | None
    """The message that opens the arguments of the next batch."""

    def whole(self, opening: Sequence[Prepared], seed: int | None, waits: int) -> RanBatch:
        """What came of the batch, whose arguments are opened by these messages."""
        guest, before, calls, after, idle = self.guest, 0.0, 0.0, 0.0, 0.0
        outcomes, details, digests, printed = list[Outcome](), list[AnswerDetails](), list[bytes](), ""
        for number, message in enumerate(opening):
            opened = guest.call(message, seed=None if number else seed)
            before += opened.spent.cpu_seconds
            if not isinstance(opened, Returned):
                return RanBatch(before, calls, after, [opened], [])
        if self.batch.describes != "arguments as they are":
            before += guest.settle(SETTLE_SECONDS)  # what a thread does for later calls is none of theirs
            for _ in range(waits):
                idle = guest.call({"do": "wait"}, seed=None).spent.cpu_seconds
                before += idle
            done = guest.call({"do": "call"}, seed=None)
            calls = done.spent.cpu_seconds
            if not isinstance(done, Returned):
                return RanBatch(before, calls, after, [done], [])
        while (left := len(self.batch.inputs) - len(outcomes)) > 0:
            count = min(left, self.batch.answers_at_once)
            following = self.following if count == left and self.following is not None else {}
            reply = guest.call({**self.asks, "count": count, **following}, seed=None)
            after += reply.spent.cpu_seconds
            if not isinstance(reply, Returned):
                return RanBatch(before, calls, after, [reply], [])
            described = _described(reply.value, count)
            if described is None:
                return RanBatch(before, calls, after, [Violated("it does not describe one answer for each call")], [])
            outcomes += [replace(reply, value=value) for value in described[0]]
            details += described[1]
            digests.append(reply.digest)
            printed += described[2]
        return RanBatch(before, calls, after, outcomes, details, printed, idle, digests)


def end(guest: Guest) -> float:
    """Let a process finish: its threads, and what it does at exit. Returns the CPU seconds of that, which no batch counts."""
    settled = guest.settle(SETTLE_SECONDS)
    return settled + guest.call({"do": "end"}, seed=None).spent.cpu_seconds + guest.settle(SETTLE_SECONDS)


def _described(value: Any, count: int) -> tuple[list[Any], list[AnswerDetails], str] | None:
    """Answers, their details, and what was printed; None if the process reports anything else."""
    if type(value) is not list or [*map(type, value)] not in ([list] * 3, [list, list, list, str, list]):
        return None
    answers, kinds, arguments, printed, shares = value if len(value) > 3 else [*value, "", []]
    if len(answers) != count or any(len(column) not in (0, count) for column in (kinds, arguments, shares)):
        return None
    if not all(type(kind) is str and _is_kind(kind) for kind in kinds) or {*map(type, shares)} - {bool}:
        return None
    columns = kinds or [""] * count, arguments or [None] * count, shares or [False] * count
    details = [AnswerDetails(*row) for row in zip(*columns, strict=True)]
    return answers, details, printed


def _is_kind(kind: str) -> bool:
    known, _, names = kind.partition(" with ")
    return known in (*_KINDS, "plain data") and len(names) < 300 and names.isprintable()


def with_arguments(outcomes: Sequence[Outcome], details: Sequence[AnswerDetails]) -> list[Any]:
    """Pairs of an answer and the arguments as its call leaves them."""
    answers = [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]
    return [[answer, detail.arguments] for answer, detail in zip(answers, details, strict=True)]
