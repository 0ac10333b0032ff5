"""What calls of a function leave behind: in the data of its module and of its classes, and in switches of the process. It is
behaviour, which a user sees in what the program prints.

A process of its own, which no clock watches, makes some calls, and makes them again after its first answers were changed, as a
caller may change what it gets. Of the data, what the original's calls change is compared, and what only the program's calls
change. A program may fill a cache otherwise (`strop.tasks.function.caches`), share less, and leave the recursion limit alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from strop.base.errors import Malformed
from strop.evaluation.batches import AnswerDetails, Batch, Described, batch_program, run_batch
from strop.evaluation.instances import Input
from strop.evaluation.outcomes import explain, limits_of
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned, Sandbox
from strop.tasks.base import Task
from strop.tasks.values import difference, rebuilt

RANDOM, RECURSION = "the state of random numbers", "the recursion limit"
"""Parts of what `strop_left` describes."""
NOT_DESCRIBED = "not described"
"""The first item of what stands there for a value that cannot be described."""
Answer = tuple[Outcome, AnswerDetails]
Judge = Callable[[int, Any, tuple[AnswerDetails, AnswerDetails], Any], object]


class LeftBehind(NamedTuple):
    """What a process reports. What comes after a failure is empty."""

    before: Mapping[str, Any] = {}
    """Part → description, before any call."""
    after: Mapping[str, Any] = {}
    """After the calls."""
    answers: Sequence[Answer] = ()
    again: Sequence[Answer] = ()
    """Of the same calls, made again."""

    def steady(self, other: LeftBehind, close: float | None) -> LeftBehind:
        """Without the parts that another process of the same program leaves otherwise, such as a time, and without those that
        cannot be described."""
        kept = {
            name: value
            for name, value in self.after.items()
            if name in other.after and not _is_not_described(value) and not difference(value, other.after[name], close)
        }
        return self._replace(after=kept)


def left_behind(
    task: Task,
    program: GuestProgram,
    sandbox: Sandbox,
    inputs: Sequence[Input],
    describes: Described = "answers",
    *,
    again: bool,
) -> LeftBehind:
    """What a program of a task leaves behind in a fresh process. `again`: whether its calls are made twice.

    Raises:
        SandboxError: the host failed.
    """
    assert task.mark is not None
    started = batch_program(program, catches=task.recorded is not None, shares=True, caches=task.mark.caches.attributes)
    objects = not task.mark.has_accept

    def made(guest: Guest) -> list[Answer]:
        ran = run_batch(guest, Batch(inputs), 0, describes, objects=objects)
        return [*zip(ran.outcomes, ran.details or [AnswerDetails()] * len(ran.outcomes), strict=True)]

    with sandbox.open(started, limits_of(task)) as guest:
        guest.call({}, seed=0)  # loads it
        before = _parts(guest)
        answers = made(guest)
        after = _parts(guest)
        guest.call({"do": "spoil"}, seed=None)
        return LeftBehind(before, after, answers, made(guest) if again and after else ())


def _parts(guest: Guest) -> Mapping[str, Any]:
    reply = guest.call({"do": "left"}, seed=None)
    parts: Any = rebuilt(reply.value) if isinstance(reply, Returned) else None
    return parts if type(parts) is dict and {*map(type, parts)} == {str} else {}


class LeftOtherwise(NamedTuple):
    """What a program leaves behind otherwise than the original."""

    what: str
    """In words that name no value."""
    how: str


def differences_left(task: Task, original: LeftBehind, program: LeftBehind) -> Iterator[LeftOtherwise]:
    """How the data and the switches that a program's calls leave differ from those that the original's leave."""
    assert task.mark is not None
    caches, close = task.mark.caches.names, task.mark.close
    draws = task.by_time and not task.mark.has_accept  # where answers are equal, so are the draws
    if original.after and not program.after:
        yield LeftOtherwise("it hides what its calls leave behind", "its process does not tell")

    def is_changed(left: LeftBehind, name: str) -> bool:
        return (name in left.before) != (name in left.after) or bool(
            difference(left.before.get(name), left.after.get(name), close)
        )

    for name in sorted(original.after):
        own = name if "." not in name else f".{name.rpartition('.')[2]}"
        if own in caches or (name.startswith(RANDOM) and not draws):
            continue
        if not (is_changed(original, name) or is_changed(program, name)):
            continue
        if name == RECURSION and not is_changed(program, name):
            continue
        if name not in program.after:
            yield LeftOtherwise(f"its calls leave no {name}", "the original's do")
        elif why := difference(original.after[name], program.after[name], close):
            yield LeftOtherwise(
                f"its calls leave {name} otherwise than the original's", why.replace("the answer", "it")
            )


def _is_not_described(value: Any) -> bool:
    return type(value) is list and value[:1] == [NOT_DESCRIBED]


def difference_again(original: LeftBehind, program: LeftBehind, judge: Judge) -> tuple[int, LeftOtherwise] | None:
    """The number of the first call that answers otherwise when it is made again, and how; None if there is none.

    `judge` gets the number of a call, the expected answer, the details of both, and the program's answer; it raises Malformed.
    Sharing less is fine: an answer may be the original's first one, too.
    """

    def why(number: int, expected: Answer, actual: Answer) -> str:
        (outcome, details), (own, own_details) = expected, actual
        if not isinstance(outcome, Returned):
            return ""
        if not isinstance(own, Returned):
            return explain(own)
        try:
            judge(number, outcome.value, (details, own_details), own.value)
        except Malformed as error:
            return str(error)
        return ""

    calls = zip(original.answers, original.again, program.again, strict=False)
    for number, (first, second, answer) in enumerate(calls):
        if why(number, second, answer) and (how := why(number, first, answer)):
            return number, LeftOtherwise(
                "made again, after its first answer was changed, a call gives another answer", how
            )
    return None
