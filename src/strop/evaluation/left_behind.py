"""What calls of a function leave behind: in the data of its module and of its classes, and in switches of the process. It is
behaviour, which a user sees in what the program prints.

A process of its own, which no clock watches, makes some calls, and makes them again after its first answers were changed, as a
caller may change what it gets. Of the data, what the original's calls change is compared, and what only the program's calls
change. A program may fill a cache otherwise (`strop.tasks.function.caches`), share less, and leave the recursion limit alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

from strop.base.errors import Malformed, TaskError
from strop.base.later import dataclass
from strop.evaluation.batches import AnswerDetails, Batch, Described, batch_program, run_batch
from strop.evaluation.instances import DrawnInstances, Input
from strop.evaluation.outcomes import explain, guest_program, limits_of
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned, Sandbox, TimedOut
from strop.tasks.function.task import FunctionTask
from strop.tasks.values import canonical, difference, rebuilt

RANDOM, RECURSION = "the state of random numbers", "the recursion limit"
"""Parts of what `strop_left` describes."""
NOT_DESCRIBED = "not described"
"""The first item of what stands there for a value that cannot be described."""
_SET = (
    "the garbage collector",
    "signal handlers",
    "the decimal context",
    "the working folder",
    "the environment",
    "the hooks",
)
"""Switches that are compared even if a program sets them when it is loaded."""
_EMPTY = (None, ["dict", [], []], ["set", []])
"""How a variable of a function begins that only keeps what was worked out."""
LEFT_BEHIND = {False: 1, True: 8}
"""Batches of a timed function of which it is compared what they leave behind, in training and for a verdict."""
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
    printed: str | None = ""
    """What the calls print on standard output; None if that varies."""
    not_compared: tuple[str, ...] = ()
    """The parts that `steady` drops, each with why."""

    def without(self, task: FunctionTask) -> LeftBehind:
        """Without the parts that a program may leave otherwise: caches, and the state of random numbers where answers may
        differ."""
        caches, draws = task.mark.caches.names, task.by_time and not task.mark.has_accept

        def is_free(name: str) -> bool:
            own = name.rpartition(":")[2]
            own = own if "." not in own else f".{own.rpartition('.')[2]}"
            is_kept_by_function = "() " in name and self.before.get(name) in _EMPTY
            return own in caches or is_kept_by_function or (name.startswith(RANDOM) and not draws)

        return self._replace(after={name: value for name, value in self.after.items() if not is_free(name)})

    def steady(self, other: LeftBehind) -> LeftBehind:
        """Without the parts that another process of the same program leaves otherwise, such as a time, and without those that
        cannot be described."""
        dropped = dict[str, str]()
        for name, value in self.after.items():
            if type(value) is list and value[:1] == [NOT_DESCRIBED]:
                dropped[name] = str(value[-1])
            elif name not in other.after or canonical(value) != canonical(other.after[name]):
                dropped[name] = "which varies"
        kept = {name: value for name, value in self.after.items() if name not in dropped}
        printed = self.printed if self.printed == other.printed else None
        more = tuple(f"{name} ({why})" for name, why in dropped.items())
        return self._replace(after=kept, printed=printed, not_compared=self.not_compared + more)


@dataclass(frozen=True)
class Leftovers:
    """What programs of a marked task leave behind, compared with what the original does."""

    task: FunctionTask
    drawn: DrawnInstances
    """Keeps what the original leaves behind."""
    sandbox: Sandbox
    describes: Described = "answers"
    may_fail: bool = False
    """Whether the original may reach a limit on the inputs, and nothing is then compared."""

    def otherwise(
        self, program: GuestProgram, key: object, inputs: Sequence[Input], judge: Judge
    ) -> tuple[int, LeftOtherwise] | None:
        """How a program's calls on these `inputs`, each of which it answers elsewhere, leave the process otherwise than the
        original's, and the number of the call that shows it. None if they do not. `key` names the inputs. For `judge` see
        `difference_again`.

        Raises:
            SandboxError: the host failed.
            TaskError: the original took longer than it may; see `may_fail`.
        """
        # Before the program does: a later run of the original then shows a time that went on.
        original = self._seen(key, inputs)
        left, found = self._left_by(program, inputs), None
        for _ in range(3):  # a time may be the same for a while: what differs must not differ for the original now
            differs = next(differences_left(self.task, original, left), None)
            found = difference_again(original, left, judge) or (None if differs is None else (0, differs))
            if found is None:
                break
            original = self._steady(key, inputs)
        return found

    def not_compared(self, key: object, inputs: Sequence[Input]) -> tuple[str, ...]:
        """The parts of what the original's calls on `inputs` leave behind that are not compared. Raises like `otherwise`."""
        steady = self._steady(key, inputs)
        return steady.not_compared or ("its process (which does not tell)",) * (not steady.after)

    def _seen(self, key: object, inputs: Sequence[Input]) -> LeftBehind:
        """What the original's calls leave behind, by all of its processes so far."""
        seen = self.drawn.original.left_behind
        if key not in seen:
            seen[key] = self._left_by_original(inputs).without(self.task)
        return seen[key]  # type: ignore[no-any-return]

    def _steady(self, key: object, inputs: Sequence[Input]) -> LeftBehind:
        """What the original's calls leave behind, and also in a further process."""
        steady = self._seen(key, inputs).steady(self._left_by_original(inputs))
        self.drawn.original.left_behind[key] = steady
        return steady

    def _left_by_original(self, inputs: Sequence[Input]) -> LeftBehind:
        left = self._left_by(guest_program(self.task, self.task.seed), inputs)
        late = next((each for each, _ in (*left.answers, *left.again) if isinstance(each, TimedOut)), None)
        if late is not None and not self.may_fail:
            raise TaskError(
                f"task {self.task.name}: what the original's calls leave behind could not be seen: {explain(late)}. Try again "
                "on a machine with less to do, or give the target a larger time limit."
            )
        return left

    def _left_by(self, program: GuestProgram, inputs: Sequence[Input]) -> LeftBehind:
        """What a program leaves behind in a fresh process. If a caller may make equal calls, the process makes them again, after
        the first answers were changed. If not, another process changes each answer before the next call."""
        mark, recorded = self.task.mark, self.task.recorded
        started = batch_program(program, catches=recorded is not None, shares=True, caches=mark.caches.attributes)
        one = limits_of(self.task)  # of one call: a message makes them all
        limits = replace(one, cpu_seconds=one.cpu_seconds * len(inputs), wall_seconds=one.wall_seconds * len(inputs))
        again = not self.task.isolate and (recorded is None or recorded.looked_at > recorded.different)

        def made(guest: Guest, these: Sequence[Input]) -> tuple[list[Answer], str]:
            ran = run_batch(guest, Batch(these, self.describes), 0, objects=not mark.has_accept)
            return [*zip(ran.outcomes, ran.details or [AnswerDetails()] * len(ran.outcomes), strict=True)], "".join(
                ran.printed.split("\0")[::2]
            )

        with self.sandbox.open(started, limits) as guest:
            guest.call({}, seed=0)  # loads it
            before = _parts(guest)
            answers, printed = made(guest, inputs)
            after = _parts(guest)
            guest.call({"do": "spoil"}, seed=None)
            left = LeftBehind(before, after, answers, made(guest, inputs)[0] if again and after else (), printed)
        if again or self.task.isolate or not after:
            return left
        with self.sandbox.open(started, one) as guest:  # nobody makes equal calls
            guest.call({}, seed=0)
            guest.call({"do": "left"}, seed=None)
            spoiled = list[Answer]()
            for one_input in inputs:
                spoiled += made(guest, [one_input])[0]
                guest.call({"do": "spoil"}, seed=None)
        return left._replace(again=spoiled)


def _parts(guest: Guest) -> Mapping[str, Any]:
    reply = guest.call({"do": "left"}, seed=None)
    parts: Any = rebuilt(reply.value) if isinstance(reply, Returned) else None
    return parts if type(parts) is dict and {*map(type, parts)} == {str} else {}


class LeftOtherwise(NamedTuple):
    """What a program leaves behind otherwise than the original."""

    what: str
    """In words that name no value."""
    how: str


def differences_left(task: FunctionTask, original: LeftBehind, program: LeftBehind) -> Iterator[LeftOtherwise]:
    """How the data and the switches that a program's calls leave differ from those that the original's leave."""
    close = task.mark.close
    if original.after and not program.after:
        yield LeftOtherwise("it hides what its calls leave behind", "its process does not tell")
    if original.printed is not None and program.printed != original.printed:
        yield LeftOtherwise("its calls print other text than the original's", _first_difference(original, program))

    def is_changed(left: LeftBehind, name: str) -> bool:
        return (name in left.before) != (name in left.after) or bool(
            difference(left.before.get(name), left.after.get(name), close)
        )

    for name in sorted(original.after):
        if name.startswith("the ") and not (name in original.before and name in program.after):
            continue  # a switch of a module that not all load
        is_set = name in _SET and bool(difference(original.before.get(name), program.before.get(name), close))
        if not (is_set or is_changed(original, name) or is_changed(program, name)):
            continue
        if name == RECURSION and not is_changed(program, name):
            continue
        if name not in program.after:
            yield LeftOtherwise(f"its calls leave no {name}", "the original's do")
        elif why := difference(original.after[name], program.after[name], close):
            yield LeftOtherwise(
                f"its calls leave {name} otherwise than the original's", why.replace("the answer", "it")
            )


def _first_difference(original: LeftBehind, program: LeftBehind) -> str:
    lines = zip_longest(*((left.printed or "").splitlines() for left in (original, program)), fillvalue="")
    own, other = next((pair for pair in lines if pair[0] != pair[1]), ("", ""))
    return f"{other!a:.60}, the original's are {own!a:.60}"


def difference_again(original: LeftBehind, program: LeftBehind, judge: Judge) -> tuple[int, LeftOtherwise] | None:
    """The number of the first call that answers otherwise when it is made again, and how; None if there is none.

    `judge` gets the number of a call, the expected answer, the details of both, and the program's answer; it raises Malformed.
    Sharing less is fine: an answer may be the original's first one, too. But calls that do not return the first time leave
    nothing to compare.
    """
    (expected, _), (actual, _) = original.answers[-1], program.answers[-1]
    if isinstance(expected, Returned) and not isinstance(actual, Returned):
        return 0, LeftOtherwise("its calls do not return where they are not timed", explain(actual))

    def why(number: int, expected: Answer, actual: Answer) -> str:
        (outcome, details), (own, own_details) = expected, actual
        if not isinstance(outcome, Returned):
            return ""
        if not isinstance(own, Returned):
            return explain(own)
        if own.digest == outcome.digest != b"":
            return ""
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
