"""The utility of a function that should become faster: CPU time relative to the original's, for equal or accepted answers.

Both make the same calls in processes of their own, in turns A B B A. The unit is a *batch* (`strop.evaluation.batches`):
different calls in one process, as many as take the original 20 ms, and no fewer than take it ten times a message that makes no
call. Each batch has fresh processes, in training as for the verdict, and no process gets an input twice: what a program remembers
is of no use.

*Later calls*: a call alone, on an input of its own, precedes the batch, and a second one where the batch has several calls. *A
first call*, with `isolate="instance"`: the batch is the only call of its process.

Every CPU second of a process is loading, calls, or beside them. What lies beside the calls is kept in two parts, before and after
them, and `laws.log_speedup` says what all that shows.

For the verdict a batch is repeated in further processes, and the mean of each program's times counts. What fails has no value: an
instance on which the original fails is left out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from functools import partial
from itertools import chain, islice, repeat
from statistics import median
from typing import Any, NamedTuple, TypeVar

from strop.base.errors import Malformed, TaskError
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.base.randomness import derive
from strop.base.results import Evaluation, means_of
from strop.base.solution import digest_of
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.batches import (
    AT_ONCE,
    MESSAGE_BYTES,
    AnswerDetails,
    Batch,
    Described,
    batch_program,
    difference_of_details,
    end,
    run_batch,
    with_arguments,
)
from strop.evaluation.instances import MOST, BatchPlan, DrawnInstances, Input, TriedBatch
from strop.evaluation.laws import check_repeats, leaves_out
from strop.evaluation.left_behind import LEFT_BEHIND, Leftovers
from strop.evaluation.outcomes import explain, guest_program, limits_of
from strop.evaluation.repeated import AT_LEAST, AT_MOST, averaged, repeats
from strop.evaluation.tally import Tally, Worth, judged
from strop.sandbox.base import Guest, GuestProgram, Outcome, Raised, Returned, Sandbox
from strop.sandbox.strop_plain_data import OPAQUE
from strop.tasks.base import Instance, PublishedSeeds
from strop.tasks.function.source import callers
from strop.tasks.function.task import (
    ALONE,
    BESIDE,
    CALLS,
    DESCRIBING,
    DIFFERENT,
    FIRST,
    IDLE,
    LOADING,
    OPENING,
    SECONDS,
    FunctionTask,
)
from strop.tasks.score_limit import ended
from strop.tasks.values import canonical, difference, rebuilt

ENOUGH = 0.02
"""CPU seconds of the original's calls that suffice for a batch."""
MESSAGES = 10.0
"""How many times as long as a message that makes no call the original's calls of a batch must take, so that they can be told from
it."""
SHORT = 0.0004
"""What `strop hot` takes for the least CPU seconds of a batch. It starts no jail, where it could send messages."""
MOST_CALLS = 256
"""Calls of a batch, unless twice the least time needs more."""
LEAST_BATCHES = 8
"""The least number of batches that listed held-out calls are dealt into, if there are as many calls."""
GROWS = 8
"""By which factor the number of tried calls grows, until they take long enough to tell how many a batch needs."""
GROWTH = 4 / 3
"""By how many times the share of the calls must grow, so that a batch of twice as many is worth it. It is 2 where all that lies
beside them is the same for any number of calls, and 1 where each call has as much beside it."""
BEFORE = 2
"""How many calls a process makes before a batch, each alone: its first call, and one to compare with the calls of the batch."""
TIMED = (SECONDS, SECONDS + AT_LEAST, SECONDS + AT_MOST)
"""The metrics of the calls of a batch."""
TOO_FEW = "sample() draws so few different inputs that none can be held out; draw more, or give fixed_input=True"
NOTHING = "the original returns None for every instance; return what it computes"
PLAIN = "plain data"
VARYING = "the original's answer differs when run again; seed what it draws, or give accept="
T = TypeVar("T")
Numbered = tuple[int, Input]
"""An input with the number of its instance."""


def measure_paired(
    task: FunctionTask,
    order: Order,
    drawn: DrawnInstances,
    sandbox: Sandbox,
    log: AuditLog,
    progress: Callable[[int, int], object],
) -> Evaluation:
    """The evaluation of a timed function: the mean of 1 / (1 + t / t0) over the batches, where t0 is the original's time.

    One failure makes the value 0, because a function with other answers is another function. `progress`: see `measure`.

    Raises:
        Malformed: the text is no program of the task.
        TaskError: the original fails (for a verdict, everywhere), is too fast, varies, or changes arguments that nothing
        compares. SandboxError: the host failed.
    """
    programs = guest_program(task, task.seed), guest_program(task, order.program)
    is_listed, is_own = task.input != "drawn" or isinstance(order.seeds, PublishedSeeds), programs[0] == programs[1]
    timing = _Timing(task, order, drawn, sandbox, log, programs, is_listed, is_own)
    if drawn.original.changes is None:
        drawn.original.changes = timing.changes()
    if is_own and order.split == "train":
        timing.examine_original()
    drawn.original.plan = drawn.original.plan or timing.without_failing(timing.planned)
    count = order.count(task) if drawn.original.plan.dealt is None else len(drawn.original.plan.dealt)
    tally, rows = Tally(order, count), list[list[dict[str, float]]]()
    try:
        for index in range(count):
            if order.is_final:
                progress(index + 1, count)
            rows += timing.without_failing(partial(timing.batch_rows, index, tally))
        timing.check_left_behind(count, tally)
    except _Failed as failure:
        failed = Tally(order, 1, first=failure.number)
        failed.add(failure.worth, failure.instance)
        return failed.evaluation
    tally.left_out += timing.left_out()
    if not rows:
        raise timing.refused("the original fails on every held-out instance")
    tally.count = len(rows)
    is_shared = len(timing.had) < sum(row[0][CALLS] for row in rows)
    shared = {DIFFERENT: len(timing.had) / len(rows)} if is_shared else {}
    for old, new in _net(rows):
        tally.original_metrics.append(old)
        tally.metrics.append(new | shared)
        tally.spent(new[SECONDS], 0.0)
        both = old[SECONDS] + new[SECONDS]
        tally.add(Worth(old[SECONDS] / both if both else 0.5))  # a clock may stand still
    return tally.evaluation


def _net(rows: Sequence[list[dict[str, float]]]) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """The metrics of the original and of the program for each batch, without what a message takes that makes no call."""
    idle = median(row[0][IDLE] for row in rows)  # only the original's processes are believed
    return ((_without(row[0], idle), _without(row[-1], idle)) for row in rows)


def _without(metrics: dict[str, float], idle: float) -> dict[str, float]:
    """The metrics of a program without the `idle` seconds of a message that makes no call. They are never more than half of the
    calls of a batch. A call alone has no such bound, because many of them decide together."""
    a_call = idle / metrics[CALLS]
    net = {name: max(metrics[name] - a_call, metrics[name] / 2) for name in TIMED if name in metrics}
    alone = metrics[ALONE] - idle if ALONE in metrics else net[SECONDS]
    return metrics | net | {ALONE: alone}


class _Failed(Exception):
    """The program fails on an instance."""

    def __init__(self, worth: Worth, number: int, instance: Instance) -> None:
        self.worth, self.number, self.instance = worth, number, instance


class _OriginalFails(TaskError):
    """The original fails when it is loaded, or on an input, which is added to `KnownOriginal.failing`."""


class _Process(NamedTuple):
    """The result of one process."""

    metrics: dict[str, float]
    outcomes: list[Outcome]
    """Outcomes of the calls before the batch and of the batch. If a call fails, its outcome is the last."""
    details: list[AnswerDetails]
    printed: str = ""


@dataclass(frozen=True)
class _Timing:
    """Times a program against the original.

    `is_listed` says that there are no inputs but the instances. `is_own` says that the program is the original.
    """

    task: FunctionTask
    order: Order
    drawn: DrawnInstances
    sandbox: Sandbox
    log: AuditLog
    programs: tuple[GuestProgram, GuestProgram]
    is_listed: bool
    is_own: bool
    idle: list[float] = field(default_factory=list)
    """CPU seconds of messages to the original that make no call."""
    had: set[bytes] = field(default_factory=set)
    """Encoded inputs of the batches."""

    def examine_original(self) -> None:
        """Raises TaskError if no answer can be compared with the original's: they are all None, or vary when it runs again."""
        if self.task.has_accept:
            return
        inputs = [self.drawn[index] for index in range(self.task.count("train"))]
        seen = list[list[Any]]()
        for _ in range(2):
            with self.open(0) as guest:
                ran = run_batch(guest, Batch(inputs), 0, self.describes, objects=True)
            if not all(isinstance(outcome, Returned) for outcome in ran.outcomes):
                return  # the original fails, which its timing reports
            seen.append(with_arguments(ran.outcomes, ran.details))
        differs = (difference(one, other, self.task.mark.close) for one, other in zip(*seen, strict=True))
        nothing = (answer is None and not self.drawn.original.changes for answer, _ in seen[0])
        check_repeats(nothing, differs, self.message(NOTHING), self.message(VARYING))

    @property
    def describes(self) -> Described:
        """What a process describes after its calls. After recorded calls it also describes arguments, because a held-out call may
        change them even if no training call does."""
        return "answers and arguments" if self.drawn.original.changes or self.task.recorded is not None else "answers"

    def changes(self) -> bool:
        """Whether the original changes its arguments on a training instance. Raises TaskError if the arguments cannot be
        compared, or if `accept` would not see the changes."""
        training = self.drawn
        if self.order.split != "train":
            seeds = self.order.seeds
            training = DrawnInstances(self.task, "train", getattr(seeds, "training", None) or seeds)
        inputs = [training[index] for index in range(self.task.count("train"))]
        before = [dict(sent) for _, sent in inputs]
        if any(OPAQUE in arguments for arguments in before):
            before = self.arguments(inputs, "arguments as they are")
        after = self.arguments(inputs, "arguments")
        pairs = [pair for pair in zip(before, after, strict=True) if None not in pair]
        changes = any(difference(*pair) for pair in pairs)
        if changes and self.task.has_accept:
            raise self.refused("the original changes its arguments, which accept() does not see; work on a copy")
        return changes

    def arguments(self, inputs: Sequence[Input], describes: Described) -> list[Any]:
        """The original's arguments, before its calls or after; None where it fails."""

        def described(these: Sequence[Input]) -> list[Outcome]:
            with self.open(0) as guest:
                return run_batch(guest, Batch(these), 0, describes, objects=True).outcomes

        outcomes = described(inputs)
        if not all(isinstance(outcome, Returned) for outcome in outcomes):
            outcomes = [described([one_input])[-1] for one_input in inputs]
        undescribed = (
            outcome for outcome in outcomes if isinstance(outcome, Raised) and outcome.exception == "NotDescribed"
        )
        if (other := next(undescribed, None)) is not None:
            raise self.refused(f"what the original does to its arguments cannot be compared: they hold {other.message}")
        return [outcome.value if isinstance(outcome, Returned) else None for outcome in outcomes]

    def planned(self) -> BatchPlan:
        """The batches of the split. Raises TaskError if the original's calls are too short or too few."""
        return self.dealt() if self.is_listed else self.drawn_each()

    def dealt(self) -> BatchPlan:
        """The batches of listed inputs: each input is in one batch, in an order that the secret draws. If recorded calls are too
        few or too short for that, also beside what lies beside them, each batch is drawn from all of them, and batches share
        calls."""
        draws, count = self.task.input == "drawn" and not self.task.fixed_input, self.task.count(self.order.split)
        every = {self.drawn[index][1].encoded if draws else index: index for index in range(count)}.values()
        own = [index for index in every if not self.drawn.is_others(self.drawn[index][1])]
        listed = [index for index in own or every if not self.is_failing(self.drawn[index])]
        if not listed:
            return BatchPlan(1, 1, [], 0.0)
        chance = random.Random(derive(self.order.secret, "batches", self.order.split))
        chance.shuffle(listed)
        inputs = [(index, self.drawn[index]) for index in listed[: 1 if self.task.isolate else None]]
        tried, sample = 1, self.timed(inputs[:1], [])
        # All of them may take longer than a process may.
        while tried < (more := min(tried * GROWS, len(inputs), self.within_limit(sample))):
            tried, sample = more, self.timed(inputs[:more], [])
        held_out = len(listed) if self.task.input == "drawn" else self.task.count("test")
        most = 1 if self.task.isolate else max(held_out // LEAST_BATCHES, 1)
        available = most if self.task.cases and self.task.recorded is None else max(len(listed) - BEFORE, most)
        is_short = min(self.wanted(sample), most) * sample.a_call < sample.least
        calls = self.enough(sample, available if is_short else most)
        before, limit = inputs[calls:][-BEFORE:], min(available, self.within_limit(sample))
        calls = self.grown(calls, limit, lambda calls: inputs[:calls], before)
        if calls > most:
            drawn = [chance.sample(listed, calls) for _ in range(LEAST_BATCHES)]
            return BatchPlan(calls, sample.answers_at_once, drawn, sample.least)
        count = max(len(listed) // calls, 1)
        dealt = [listed[number::count] for number in range(count)]
        return BatchPlan(calls, sample.answers_at_once, dealt, sample.least)

    def drawn_each(self) -> BatchPlan:
        """The batches of drawn inputs. More and more inputs are tried, until they take long enough to tell how many are
        needed."""
        if not self.drawn.can_hold_out:
            raise self.refused(TOO_FEW)
        pool, size, tried, sample = self.different(0), 1, 0, TriedBatch(0.0, 0.0, 0.0, 1)
        before = [*islice(pool, 0 if self.task.isolate else 1)]
        while len(inputs := [*islice(pool, size)] or (before if not tried else [])) > tried:
            sample = self.timed(inputs, before if inputs is not before else [])
            tried, size = len(inputs), size * GROWS
            # A clock may stand still for one call.
            if self.task.isolate or (sample.a_call and not sample.least / MOST < sample.a_call < sample.least / tried):
                break
        most = self.wanted(sample) + BEFORE
        if not self.task.isolate and self.drawn.are_few(most):
            return self.dealt()
        available = 1 if self.task.isolate else max(len([*islice(self.different(0), most)]) - BEFORE, 1)
        calls = self.enough(sample, available)
        if available > 1:
            most = min(self.within_limit(sample), MOST - BEFORE)
            calls = self.grown(calls, most, lambda calls: [*islice(self.different(0), 1, calls + 1)], before)
        return BatchPlan(calls, sample.answers_at_once, None, sample.least)

    def timed(self, inputs: Sequence[Numbered], warming: Sequence[Numbered]) -> TriedBatch:
        """What the original shows in one process that makes these calls together."""
        ran = self.process(0, Batch([one_input for _, one_input in inputs]), warming, 0)
        answers = self.returned(ran.outcomes, [*warming, *inputs])
        at_once = max(MESSAGE_BYTES // max(len(canonical(rebuilt(answer))) for answer in answers[:AT_ONCE]), 1)
        metrics = _without(ran.metrics, ran.metrics[IDLE])
        beside = sum(metrics[part] for part in BESIDE)
        self.idle.append(metrics[IDLE])
        return TriedBatch(metrics[SECONDS], MESSAGES * min(self.idle), beside / len(inputs), at_once)

    def within_limit(self, sample: TriedBatch) -> int:
        """How many calls fit into a quarter of the time that a process may take."""
        return int(self.task.time_limit / max(4 * sample.a_call, 1e-9))

    def wanted(self, sample: TriedBatch) -> int:
        """How many calls a batch should have."""
        if not sample.a_call:
            return MOST
        enough = min(ENOUGH, self.task.time_limit / 4)  # which a batch has to keep, as one call has
        least = math.ceil(2 * sample.least / sample.a_call)
        return min(MOST, max(min(math.ceil(enough / sample.a_call), MOST_CALLS), least))

    def grown(
        self, calls: int, most: int, inputs: Callable[[int], Sequence[Numbered]], warming: Sequence[Numbered]
    ) -> int:
        """How many calls a batch has, at least `calls` and at most `most`. Where most of what a process takes lies beside its
        calls, there are twice as many, as long as the share of the calls grows by a third. `inputs` returns so many inputs, or
        all if there are fewer."""
        share = self.timed(inputs(calls), warming).share
        while share < 0.5 and 2 * calls <= most and len(tried := inputs(2 * calls)) == 2 * calls:
            before, share = share, self.timed(tried, warming).share
            if share < GROWTH * before:
                break
            calls *= 2
        return calls

    def enough(self, sample: TriedBatch, most: int) -> int:
        """How many calls a batch has: as many as `wanted`, but at most `most`. Raises TaskError if they take too little time."""
        calls = min(self.wanted(sample), most)
        if calls * sample.a_call >= sample.least:
            return calls
        too_little = (
            f"the original takes {plain(1000 * calls * sample.a_call, 2)} ms for {quantity(calls, 'different call')}, too "
            f"little to compare ({plain(1000 * sample.least, 2)} ms are needed: {MESSAGES:g} times a message that makes no call)"
        )
        if (recorded := self.task.recorded) is not None:
            named = (caller for caller in recorded.callers if "<" not in caller and not caller.startswith("__main__"))
            caller = next(named, "a function that calls it")
            raise self.refused(f"{too_little}; record {caller} in its place, or a run with longer calls")
        caller = next(iter(callers(self.task.source, self.task.entry)), "") if self.task.source else ""
        mark = f", or mark {caller}, which calls it" if caller else ""
        raise self.refused(f"{too_little}; draw longer inputs, or more different ones{mark}")

    def open(self, which: int) -> Guest:
        """A fresh process of the original or of the program."""
        caches = () if self.task.mark is None else self.task.mark.caches.attributes
        program = batch_program(self.programs[which], catches=self.task.recorded is not None, caches=caches)
        return self.sandbox.open(program, limits_of(self.task))

    def is_failing(self, one_input: Input) -> bool:
        """Whether the original was seen to fail on an input."""
        return one_input[1].encoded in self.drawn.original.failing

    def different(self, index: int) -> Iterator[Numbered]:
        """Different inputs for instance `index`, its own first, without those on which the original was seen to fail."""
        return ((index, one_input) for one_input in self.drawn.different(index) if not self.is_failing(one_input))

    def without_failing(self, do: Callable[[], T]) -> T:
        """The value that `do` returns. For a verdict, `do` is repeated if the original fails on an input, which is then left
        out."""
        while True:
            had = len(self.drawn.original.failing)
            try:
                return do()
            except _OriginalFails:
                if not leaves_out(is_final=self.order.is_final, fails=len(self.drawn.original.failing) > had):
                    raise

    def inputs(self, index: int, calls: int) -> tuple[list[Numbered], list[Numbered]]:
        """The inputs of the calls of a batch, and those of the calls that are made alone before it.

        There are `calls` of them, or fewer if there are no more inputs; none if the original fails on the instance of the batch.
        """
        plan = self.drawn.original.plan
        assert plan is not None
        before = 0 if self.task.isolate else 1 + (calls > 1)
        if plan.dealt is None:
            if self.is_failing(self.drawn[index]):
                return [], []
            numbered_inputs = [*islice(self.different(index), calls + before)]
        else:
            numbers = dict.fromkeys(
                chain(*plan.dealt[index:], *plan.dealt[:index], range(self.task.count(self.order.split)))
            )
            listed = ((number, one_input) for number in numbers if not self.is_failing(one_input := self.drawn[number]))
            calls = sum(not self.is_failing(self.drawn[number]) for number in plan.dealt[index])
            numbered_inputs = [*islice(listed, calls + before if calls else 0)]
        calls = min(calls, max(len(numbered_inputs) - before, 1))
        return numbered_inputs[:calls], numbered_inputs[calls:][:before]

    def batch_rows(self, index: int, tally: Tally) -> list[list[dict[str, float]]]:
        """The metrics of both programs for a batch; for a verdict empty if the original fails on its instance. Raises _Failed if
        the program fails."""
        plan = self.drawn.original.plan
        assert plan is not None
        calls = plan.calls
        while True:
            inputs, warming = self.inputs(index, calls)
            if not inputs:
                return []
            batch = Batch([one_input for _, one_input in inputs], plan.answers_at_once)
            row, answers = self.turn(index, batch, inputs, warming)
            if self.task.isolate or len(inputs) < calls or row[0][SECONDS] * calls >= plan.least:
                break
            calls *= GROWS  # one call may take a thousand times as long as another
        self.had.update(arguments.encoded for _, (_, arguments) in inputs)
        parts = (LOADING, *BESIDE)
        seconds = sum(of[SECONDS] * of[CALLS] + sum(of[part] for part in parts) for of in row)
        further = range(1, 1 + repeats(seconds) * self.order.is_final)
        rows = [row, *(self.turn(index + number, batch, inputs, warming)[0] for number in further)]
        if self.order.is_final or self.is_own:
            tally.answers += sorted({digest_of(canonical(rebuilt(answer)))[:16] for answer in answers})[:2]
        if not self.order.is_final:
            return rows
        if plan.dealt is None:
            tally.asked(*(arguments for _, (_, arguments) in inputs))
        return [[averaged(of, SECONDS) | means_of(of) for of in zip(*rows, strict=True)]]

    def turn(
        self, number: int, batch: Batch, inputs: Sequence[Numbered], warming: Sequence[Numbered]
    ) -> tuple[list[dict[str, float]], list[Any]]:
        """The metrics of both programs for a batch, which run one after the other, and the original's answers. Raises _Failed if
        the program fails."""
        # the same for both, so that neither can tell which program it is
        seed = derive(self.order.secret, "guest", "speed", self.order.split, inputs[0][0]) & (2**64 - 1)
        calls, turn = [*warming, *inputs], -1 if number % 2 else 1
        ran = [self.process(which, batch, warming, seed) for which in (0, 1)[: 2 - self.is_own][::turn]][::turn]
        expected = self.returned(ran[0].outcomes, calls)
        outcomes = ran[-1].outcomes
        if len(outcomes) < len(calls) and not self.is_own:
            outcomes = self.one_by_one(1, calls, until_failure=True) or outcomes
        pairs = chain(zip(ran[0].details, ran[-1].details, strict=False), repeat((AnswerDetails(), AnswerDetails())))
        for (instance_number, (instance, _)), answer, outcome, pair in zip(
            calls, expected, outcomes, pairs, strict=False
        ):
            self.log.observe(outcome)
            judge = partial(self.accepted, instance, answer, self.is_own, pair)
            ask_original = partial(self.accepted, instance, answer, True, (pair[0], pair[0]), answer)
            worth = judged(outcome, judge, self.log, ask_original, is_original=self.is_own)
            if worth.verdict != "ok":
                hidden = self.task.hides(worth.error, worth.verdict)
                differs = worth.error if hidden != worth.error else ""
                worth = worth._replace(error=hidden, differs=differs)
                raise _Failed(worth, instance_number, instance)
        if ran[0].printed != ran[-1].printed and ran[0].printed == self.process(0, batch, warming, seed).printed:
            why = self.task.hides("malformed answer: the calls print other text than the original's", "malformed")
            raise _Failed(Worth(0.0, "malformed", why), inputs[0][0], inputs[0][1][0])
        answers = expected if not self.drawn.original.changes else with_arguments(ran[0].outcomes, ran[0].details)
        return [process.metrics for process in ran], answers[len(warming) :]

    def process(self, which: int, batch: Batch, warming: Sequence[Numbered], seed: int) -> _Process:
        """The result of a fresh process, which loads a program and makes the calls before the batch and those of the batch."""
        with self.open(which) as guest:
            loaded = guest.call({}, seed=seed)
            if not isinstance(loaded, Returned):
                return _Process({}, [loaded], [])
            calls, opening = list[float](), 0.0
            outcomes, details, printed = list[Outcome](), list[AnswerDetails](), ""
            for one in [*(Batch([one_input]) for _, one_input in warming), batch]:
                # Before the batch it is also seen whether the program changes what the original leaves.
                looks = (one is not batch or self.task.isolate) and not self.task.has_accept
                describes: Described = "answers and arguments" if looks else self.describes
                ran = run_batch(guest, one, seed, describes, objects=not self.task.has_accept)
                outcomes += ran.outcomes
                details += ran.details
                printed += ran.printed
                if not isinstance(outcomes[-1], Returned):
                    return _Process({}, outcomes, [])
                calls.append(ran.calls)
                opening += ran.before + (0.0 if one is batch else ran.after)
            describing = ran.after + end(guest)
        seconds = ran.calls / len(batch.inputs)
        beyond = max(calls[0] - seconds, 0.0)
        metrics = {SECONDS: seconds, CALLS: float(len(batch.inputs)), OPENING: opening, DESCRIBING: describing}
        metrics |= {IDLE: ran.idle, LOADING: loaded.spent.cpu_seconds + beyond, FIRST: seconds + beyond}
        alone = {ALONE: calls[1]} if len(calls) > BEFORE else {}
        return _Process(metrics | alone, outcomes, details, printed)

    def one_by_one(self, which: int, calls: Sequence[Numbered], *, until_failure: bool = False) -> list[Outcome]:
        """The outcome of each call, made alone. With `until_failure`, the outcomes up to the first failure; empty if no call
        fails."""
        outcomes = list[Outcome]()
        with self.open(which) as guest:
            for _, one_input in calls:
                outcomes += run_batch(
                    guest, Batch([one_input]), None, self.describes, objects=not self.task.has_accept
                ).outcomes
                if until_failure and not isinstance(outcomes[-1], Returned):
                    return outcomes
        return [] if until_failure else outcomes

    def left_out(self) -> list[bool]:
        """For each instance on which the original fails, whether the program does, too."""
        is_drawn = self.drawn.original.plan is not None and self.drawn.original.plan.dealt is None
        numbers = range(self.order.count(self.task) if is_drawn else self.task.count(self.order.split))
        failing = [(number, one_input) for number in numbers if self.is_failing(one_input := self.drawn[number])]
        return [not isinstance(outcome, Returned) for outcome in self.one_by_one(1 - self.is_own, failing)]

    def accepted(
        self, instance: Instance, expected: Any, own: bool, details: tuple[AnswerDetails, AnswerDetails], answer: Any
    ) -> float:
        """1.0 for an answer that is accepted in place of the `expected` one; `own` says that it is the original's. `details` are
        those of both answers. A `Judge`."""
        kind, own_kind = (detail.kind or PLAIN for detail in details)
        if kind != own_kind:
            raise Malformed(f"the answer is {own_kind}, the original's is {kind}")
        if not self.task.has_accept:
            limit, close = self.task.score_limit, self.task.mark.close
            if other := ended(limit, "comparing", difference_of_details, *details, close):
                raise Malformed(other)
        if why := self.task.objection(instance, answer, expected, own=own):
            raise Malformed(why)
        return 1.0

    def returned(self, outcomes: Sequence[Outcome], calls: Sequence[Numbered]) -> list[Any]:
        """The original's answers to these calls. Raises _OriginalFails."""
        answers = [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]
        if len(answers) == len(calls):
            return answers
        alone = self.one_by_one(0, calls)
        failed = [
            (call, outcome) for call, outcome in zip(calls, alone, strict=True) if not isinstance(outcome, Returned)
        ]
        self.drawn.original.failing.update(arguments.encoded for (_, (_, arguments)), _ in failed)
        (number, _), outcome = failed[0] if failed else (calls[0], outcomes[-1])
        why = f"the original fails on instance {number}: {gist(explain(outcome))[:300]}"
        raise _OriginalFails(self.message(why))

    def check_left_behind(self, count: int, tally: Tally) -> None:
        """Check that the program's calls of some of `count` batches leave behind what the original's do. Of the original, tell in
        training what cannot be compared. Raises _Failed."""
        for index in range(count)[: LEFT_BEHIND[self.order.is_final]]:
            self._check_left_behind(index, tally)

    def _check_left_behind(self, index: int, tally: Tally) -> None:
        plan = self.drawn.original.plan
        assert plan is not None
        numbered, _ = self.inputs(index, plan.calls)
        if not numbered or (self.is_own and self.order.split != "train"):
            return
        inputs = [one_input for _, one_input in numbered]

        def judge(number: int, expected: Any, details: tuple[AnswerDetails, AnswerDetails], answer: Any) -> float:
            return self.accepted(inputs[number][0], expected, False, details, answer)

        left = Leftovers(self.task, self.drawn, self.sandbox, self.describes)
        if self.is_own:
            tally.not_compared = left.by_original(index, inputs).not_compared
        elif (found := left.otherwise(self.programs[1], index, inputs, judge)) is not None:
            number, (what, how) = found
            in_full = f"malformed answer: {what}: {how}"
            worth = Worth(0.0, "malformed", in_full)
            if self.task.hides_values:
                worth = Worth(0.0, "malformed", f"malformed answer: {what}", differs=in_full)
            raise _Failed(worth, numbered[number][0], inputs[number][0])

    def refused(self, why: str) -> TaskError:
        """The error of a target that cannot be timed."""
        return TaskError(self.message(why))

    def message(self, why: str) -> str:
        """The message `why` with the name of the task before it."""
        return f"task {self.task.name}: {why}"
