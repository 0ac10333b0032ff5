"""The utility of a function that should become faster: CPU time relative to the original's, for equal or accepted answers.

Both run in jails of their own, in turns A B B A. Each instance has fresh processes, in training as for the verdict.

*Later calls*: a process is loaded, makes one call on another input, and gets as many different inputs as take the original 20 ms,
each when it has answered the one before. *A first call*, with `isolate="instance"`: its only call is on the instance.

The time is what the kernel counts of the process from before the first input is sent to after the last answer. Time spent
receiving arguments counts for both programs. What the program receives in less time than the original is added, because it could
leave out what it does not need. No process gets an input twice: what a program remembers is of no use.

For the verdict an instance is repeated in further processes, the mean of each program's times counts, and a program that only
returns the original's answer is timed, too. What fails has no value: an instance of the verdict on which the original fails is
left out, and other inputs on which it fails are replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import field, replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from strop.base.errors import Malformed, TaskError
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.results import Evaluation, added
from strop.base.solution import digest_of
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances, Input
from strop.evaluation.outcomes import explain, limits_of
from strop.evaluation.repeated import AT_LEAST, AT_MOST, averaged, repeats
from strop.evaluation.tally import Tally, Worth, judged
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned, Sandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance, PublishedSeeds
from strop.tasks.function.task import ANSWERING, FIRST, LOADING, RECEIVING, SECONDS, FunctionTask
from strop.tasks.values import canonical, difference, rebuilt

ENOUGH, LEAST = 0.02, 0.002
"""CPU seconds of the original for the inputs of an instance: what suffices, and what is too little."""
ANSWER, SHOW_ARGUMENTS = "return {entry}(*args, **named)", "{entry}(*args, **named); return kept[0]"
"""What a program does with its arguments: return the answer, or the arguments as the call leaves them."""
CHARGED = (SECONDS, SECONDS + AT_LEAST, SECONDS + AT_MOST)
"""The metrics to which the time of arguments that a program does not receive is added."""
T = TypeVar("T")
_MESSAGES = """

def __messages__(call=None, kept=[], bind=[]):
    if call is not None:
        kept[:] = [call]
    elif not bind:
        from by_name import binding
        bind.append(binding({entry}))
    else:
        args, named = bind[0](kept[0])
        """


def measure_paired(
    task: FunctionTask,
    order: Order,
    drawn: DrawnInstances,
    sandbox: Sandbox,
    log: AuditLog,
    progress: Callable[[int, int], object],
) -> Evaluation:
    """The mean of 1 / (1 + t / t0) over the instances. One failure costs it all: a function with other answers is another one.
    `progress`: see `strop.evaluation.measure.measure`.

    Raises Malformed: the text is no program of the task; TaskError: the original fails (for the verdict: everywhere), is too fast
    to compare, answers otherwise when it is run again, or changes its arguments; SandboxError: the host failed."""
    texts = task.program(task.seed), task.program(order.program)
    is_listed, is_own = task.input != "drawn" or isinstance(order.seeds, PublishedSeeds), texts[0] == texts[1]
    timing = _Timing(task, order, drawn, sandbox, log, texts, is_listed, is_own, progress)
    if is_own and order.split == "train":
        timing.examine_original()
    drawn.timed = drawn.timed or timing.without_failing(timing.found)
    rows = list[list[dict[str, float]]]()
    try:
        for row in timing.rows(drawn.timed):
            rows.append(row)
        if not rows:
            raise timing.refused("the original fails on every held-out instance")
    except _Failed as failure:
        failed = Tally(order, 1, first=len(rows) + len(timing.left_out))
        failed.add(*failure.args)
        return failed.evaluation
    tally = Tally(
        order,
        len(rows),
        original_metrics=[row[0] for row in rows],
        answers=timing.answers,
        inputs=timing.asked,
        left_out=timing.left_out,
    )
    lacking = max(added(row[0][RECEIVING] for row in rows) / added(row[-1][RECEIVING] for row in rows) - 1.0, 0.0)
    for row in rows:
        old, new = row[0], row[-1]
        charged = lacking * new[RECEIVING]
        seconds = new[SECONDS] + charged
        tally.metrics.append(new | {name: new[name] + charged for name in CHARGED if name in new})
        tally.spent(seconds, 0.0)
        tally.add(Worth(old[SECONDS] / (old[SECONDS] + seconds)))
    return tally.evaluation


class _Failed(Exception):
    """The program fails: (what its answer is worth, the instance)."""


class _OriginalFails(TaskError):
    """The original fails, on an input that is then among `_Timing.failing`, or when it is loaded."""


@dataclass(frozen=True)
class _Timing:
    """The original and a program (texts). `is_listed`: there are no inputs but the instances; `is_own`: both are the same."""

    task: FunctionTask
    order: Order
    drawn: DrawnInstances
    sandbox: Sandbox
    log: AuditLog
    texts: tuple[str, str]
    is_listed: bool
    is_own: bool
    progress: Callable[[int, int], object]
    failing: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Inputs on which the original was seen to fail."""
    left_out: list[bool] = field(default_factory=list)
    """`Tally.left_out`."""
    answers: list[str] = field(default_factory=list)
    """`Evaluation.answers`."""
    asked: list[int] = field(default_factory=list)
    """`Tally.inputs`."""

    def examine_original(self) -> None:
        """Raises TaskError if it changes an argument, which a candidate could leave out, or if its answers show nothing."""
        inputs, seen = [self.drawn[index] for index in range(self.task.count("train"))], list[list[Any]]()
        for do in (SHOW_ARGUMENTS, ANSWER, ANSWER):
            with self.open(0, do) as guest:
                timed_calls(guest, [])
                seen.append([])
                for each in inputs:
                    if not isinstance(outcome := timed_calls(guest, [each])[2][0], Returned):
                        return  # it fails, as its timing says
                    seen[-1].append([outcome.value])
        if any(difference([dict(each[1])], after) for each, after in zip(inputs, seen[0], strict=True)):
            raise self.refused("the original changes its arguments, which nothing compares; work on a copy")
        if self.task.accept is None and all(answer[0] is None for answer in seen[1]):
            raise self.refused("the original returns None for every instance; return what it computes")
        if self.task.accept is None and difference(seen[1], seen[2]):
            raise self.refused("the original's answer differs when run again; seed what it draws, or give accept=")

    def found(self) -> int:
        """`DrawnInstances.timed`: for the first instance; of listed ones it is enough if one takes long enough."""
        seconds, total = list[float](), 0.0
        with self.open(0) as guest:
            timed_calls(guest, [])
            for each in islice(self.different(0), 1 if self.task.isolate else None):
                *spent, outcomes = timed_calls(guest, [each])
                self.returned(outcomes, 0, [each])
                seconds.append(sum(spent))
                total = max(seconds) if self.is_listed else sum(seconds[1:] or seconds)
                if total >= (LEAST if self.is_listed else ENOUGH) and len(seconds) > 1:
                    break
        if seconds and total < LEAST:
            raise self.refused(
                f"the original takes {1000 * total:.2g} ms, too little to compare; draw longer inputs, or more different ones"
            )
        return min(len(seconds), 2) if self.is_listed else len(seconds)

    def open(self, which: int, do: str = ANSWER) -> Guest:
        """A fresh process of the original or of the program."""
        program = GuestProgram(self.texts[which], self.task.entry, module=self.task.module)
        return self.sandbox.open(with_messages(program, do), limits_of(self.task))

    def rows(self, different: int) -> Iterator[list[dict[str, float]]]:
        """Metrics of both for each instance, of so many different inputs. Raises _Failed."""
        count = self.task.count(self.order.split)
        for index in range(count):
            if self.order.is_final:
                self.progress(index + 1, count)
            yield from self.without_failing(partial(self.instance, index, different))

    def instance(self, index: int, different: int) -> list[list[dict[str, float]]]:
        """The row of an instance; none if the original fails on it, for the verdict. Raises _Failed."""
        own = self.drawn[index]
        if own[1].encoded in self.failing:
            with self.open(1) as guest:
                outcomes = timed_calls(guest, [])[2] or timed_calls(guest, [own])[2]
            self.left_out.append(not isinstance(outcomes[-1], Returned))
            return []
        inputs, other = self.inputs(index, different)
        rows, turns = list[list[dict[str, float]]](), 1
        while len(rows) < turns:
            with ExitStack() as stack:
                guests, loaded = self.opened(stack, index, other)
                row, answers = self.row(guests, index, inputs, loaded)
            rows.append(row)
            if self.order.is_final:
                turns = 1 + repeats(sum(each[SECONDS] * (len(inputs) + 1) + each[LOADING] for each in rows[0]))
        if self.order.is_final or self.is_own:
            self.answers.append(digest_of(" ".join(sorted({canonical(rebuilt(each)) for each in answers})))[:16])
        if not self.order.is_final:
            return rows
        self.asked.append(hash(own[1].encoded))
        passing = {ANSWERING: self.passing(answers)}
        return [[averaged(of, SECONDS) | passing for of in zip(*rows, strict=True)]]

    def different(self, index: int) -> Iterator[Input]:
        """The inputs for an instance, without those on which the original was seen to fail."""
        drawn = self.drawn.different(index, is_listed=self.is_listed)
        return (each for each in drawn if each[1].encoded not in self.failing)

    def inputs(self, index: int, different: int) -> tuple[list[Input], list[Input]]:
        """What is timed for an instance, and the input of the call before, if there is another."""
        drawn = [*islice(self.different(index), different)]
        return drawn[: max(len(drawn) - 1, 1)], drawn[1:][-1:]

    def without_failing(self, do: Callable[[], T]) -> T:
        """What it returns; for the verdict it is done again if the original failed on an input, which is then left out."""
        while True:
            had = len(self.failing)
            try:
                return do()
            except _OriginalFails:
                if not self.order.is_final or len(self.failing) == had:
                    raise

    def opened(
        self, stack: ExitStack, index: int, other: Sequence[Input]
    ) -> tuple[list[Guest], list[tuple[float, float]]]:
        """Fresh processes, loaded, which have answered an input; the CPU seconds of both for each."""
        guests = [stack.enter_context(self.open(which)) for which in (0, 1)[: 2 - self.is_own]]
        loading = [sum(each) for each in self.seconds(guests, index, [])[0]]
        first = [sum(each) for each in self.seconds(guests, index, other)[0]] if other else [0.0] * len(guests)
        return guests, list(zip(loading, first, strict=True))

    def row(
        self, guests: Sequence[Guest], index: int, inputs: Sequence[Input], loaded: Sequence[tuple[float, float]]
    ) -> tuple[list[dict[str, float]], list[Any]]:
        """Metrics of each for these inputs, and the original's answers. Raises _Failed."""
        (spent, answers), row = self.seconds(guests, index, inputs), list[dict[str, float]]()
        for each, (load, first) in zip(spent, loaded, strict=True):
            receiving, total = each[0] / len(inputs), sum(each) / len(inputs)
            beyond = max(first - total, 0.0)
            row.append({SECONDS: total, RECEIVING: receiving, LOADING: load + beyond, FIRST: total + beyond})
        return row, answers

    def passing(self, answers: Sequence[Any]) -> float:
        """CPU seconds in which a program that computes nothing answers with one of these."""
        inputs = [(None, Prepared({"answer": each})) for each in answers]
        program = GuestProgram("def same(answer):\n    return answer\n", "same")
        with self.sandbox.open(with_messages(program, ANSWER), limits_of(self.task)) as guest:
            for before in ([], inputs[:1]):
                timed_calls(guest, before)
            return timed_calls(guest, inputs)[1] / len(inputs)

    def seconds(
        self, guests: Sequence[Guest], index: int, inputs: Sequence[Input]
    ) -> tuple[list[tuple[float, float]], list[Any]]:
        """CPU seconds in which each receives and answers these inputs, and the original's answers; without any it is loaded.
        Raises _Failed."""
        # the same for both, so that neither can tell which program it is
        seed = derive(self.order.secret, "guest", "speed", self.order.split, index) & (2**64 - 1)
        turn = -1 if index % 2 else 1
        ran = [timed_calls(guest, inputs, seed) for guest in guests[::turn]][::turn]
        expected = self.returned(ran[0][2], index, inputs)
        for at, outcome in enumerate(ran[-1][2]):
            instance = (inputs or [self.drawn[index]])[at][0]
            self.log.observe(outcome)
            judge = partial(self.accepted, instance, expected[at], self.is_own)
            ask_original = partial(self.accepted, instance, expected[at], True, expected[at])
            found = judged(outcome, judge, self.log, ask_original, is_original=self.is_own)
            if found.verdict != "ok":
                raise _Failed(found, instance)
        return [each[:2] for each in ran], expected

    def accepted(self, instance: Instance, expected: Any, own: bool, answer: Any) -> float:
        """1 for an answer that is accepted in place of the `expected` one; `own`: it is the original's. A `Judge`."""
        if why := self.task.objection(instance, answer, expected, own=own):
            raise Malformed(why)
        return 1.0

    def returned(self, outcomes: Sequence[Outcome], index: int, inputs: Sequence[Input]) -> list[Any]:
        """The original's answers to these inputs. Raises _OriginalFails."""
        if outcomes and not isinstance(outcomes[-1], Returned):
            self.failing.update(each[1].encoded for each in inputs[len(outcomes) - 1 : len(outcomes)])
            why = f"the original fails on instance {index}: {gist(explain(outcomes[-1]))[:300]}"
            raise _OriginalFails(f"task {self.task.name}: {why}")
        return [each.value for each in outcomes if isinstance(each, Returned)]

    def refused(self, why: str) -> TaskError:
        """The error of a target that cannot be timed."""
        return TaskError(f"task {self.task.name}: {why}")


def with_messages(program: GuestProgram, do: str) -> GuestProgram:
    """The program for `timed_calls`; `do` is `ANSWER` or `SHOW_ARGUMENTS`."""
    text = program.text + (_MESSAGES + do).format(entry=program.entry)
    return replace(program, text=text, entry="__messages__")


def timed_calls(
    guest: Guest, inputs: Sequence[tuple[object, Prepared]], seed: int = 0
) -> tuple[float, float, list[Outcome]]:
    """CPU seconds of receiving inputs (of loading, without any) and of answering them; the outcomes, until one is no answer."""
    if not inputs:
        loaded = guest.call({}, seed=seed)
        return loaded.spent.cpu_seconds, 0.0, [] if isinstance(loaded, Returned) else [loaded]
    receiving, answering, outcomes = 0.0, 0.0, list[Outcome]()
    for at, (_, arguments) in enumerate(inputs):
        message, (text, blob) = Prepared({}), arguments.encoded
        message.encoded = b'{"call":%b}' % text, blob
        sent = guest.call(message, seed=None if at else seed)  # once, because it takes as long as a short call
        outcomes.append(guest.call({}, seed=None) if isinstance(sent, Returned) else sent)
        receiving, answering = receiving + sent.spent.cpu_seconds, answering + outcomes[-1].spent.cpu_seconds
        if not isinstance(outcomes[-1], Returned):
            break
    return receiving, answering, outcomes
