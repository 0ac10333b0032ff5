"""The utility of a function that should become faster: CPU time relative to the original's, for equal or accepted answers.

Both make the same calls in processes of their own, in turns A B B A. The unit is a *batch* (`strop.evaluation.batches`):
different calls in one process, as many as take the original 20 ms, and no fewer than take it ten times a message that makes no
call. Each batch has fresh processes, in training as for the verdict, and no process gets an input twice: what a program remembers
is of no use.

*Later calls*: a call alone, on an input of its own, precedes the batch, and others where the batch has several calls: one, or
more if they are short. *A first call*, with `isolate="instance"`: the batch is the only call of its process.

Every CPU second of a process is loading, calls, or beside them. What lies beside the calls is kept in two parts, before and after
them, and `laws.log_speedup` says what all that shows.

A batch of a verdict may be repeated in further processes (`Part.repeats`); the mean of each program's times counts. What fails
has no value: an instance on which the original fails is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from itertools import chain, islice, repeat
from statistics import mean, median
from typing import Any, NamedTuple, TypeVar

from strop.base.errors import Malformed, TaskError
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.results import MEMORY, Evaluation, means_of
from strop.base.solution import digest_of
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.batch_planning import BEFORE, GROWS, BatchPlanning, TriedBatch
from strop.evaluation.batches import (
    AnswerDetails,
    Batch,
    Described,
    batch_program,
    difference_of_details,
    end,
    run_batch,
    run_batches,
    with_arguments,
)
from strop.evaluation.instances import AT_ONCE, MESSAGE_BYTES, BatchPlan, DrawnInstances, Input, Numbered
from strop.evaluation.laws import check_repeats, leaves_out
from strop.evaluation.left_behind import LEFT_BEHIND, Leftovers
from strop.evaluation.outcomes import explain, guest_program, limits_of
from strop.evaluation.tally import Tally, Worth, judged
from strop.sandbox.base import Guest, GuestProgram, Outcome, Raised, Returned, Sandbox
from strop.sandbox.strop_plain_data import OPAQUE, encode
from strop.tasks.base import Instance, PublishedSeeds
from strop.tasks.command.objective import held_to
from strop.tasks.function.batch_metrics import (
    ALONE,
    BESIDE,
    CALLS,
    DEALT,
    DESCRIBING,
    DIFFERENT,
    FIRST,
    IDLE,
    LOADING,
    OPENING,
    SECONDS,
)
from strop.tasks.function.task import FunctionTask
from strop.tasks.score_limit import ended
from strop.tasks.values import canonical, difference, rebuilt

NOTHING = "the original returns None for every instance; return what it computes"
PLAIN = "plain data"
VARYING = "the original's answer differs when run again; seed what it draws, or give accept="
T = TypeVar("T")


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
        Malformed: the text is no program of the task. SandboxError: the host failed.
        TaskError: the original fails (for a verdict, everywhere), is too fast, varies, or changes what nothing compares.
    """
    programs = guest_program(task, task.seed), guest_program(task, order.program)
    is_listed, is_own = task.input != "drawn" or isinstance(order.seeds, PublishedSeeds), programs[0] == programs[1]
    timing = _Timing(task, order, drawn, sandbox, log, programs, is_listed, is_own)
    if drawn.original.changes is None:
        drawn.original.changes = timing.changes()
    if is_own and order.split == "train":
        timing.examine_original()
    drawn.original.plan = drawn.original.plan or timing.without_failing(timing.plan)
    count = order.count(task) if drawn.original.plan.dealt is None else len(drawn.original.plan.dealt)
    once = is_own and order.split == "train" and task.mark.is_scenario  # it is measured again beside the change
    part, rows = order.numbers(1 if once else count), list[list[dict[str, float]]]()
    tally = Tally(order, len(part), part.start, planned=count * order.is_final)
    try:
        for index in part:
            if order.is_final:
                progress(index + 1, count)
            rows += timing.without_failing(partial(timing.batch_rows, index, tally))
        timing.check_left_behind(part, tally)
    except _Failed as failure:
        failed = Tally(order, 1, first=failure.number)
        failed.add(failure.worth, failure.instance)
        return failed.evaluation
    tally.left_out += timing.left_out(part)
    if not rows and not part.start:
        raise timing.refused("the original fails on every held-out instance")
    tally.count = len(rows)
    more = timing.of_all(rows, part.start)
    for old, new in _net(rows):
        tally.original_metrics.append(old)
        tally.metrics.append(new | more)
        tally.spent(new[SECONDS], 0.0)
        both = old[SECONDS] + new[SECONDS]
        tally.add(Worth(old[SECONDS] / both if both else 0.5))  # a clock may stand still
    return held_to(task.required, tally.evaluation, is_original=is_own)


def _net(rows: Sequence[list[dict[str, float]]]) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """The metrics of the original and of the program for each batch, without what a message takes that makes no call."""
    idle = median([row[0][IDLE] for row in rows] or [0.0])  # only the original's processes are believed
    return ((_without(row[0], idle), _without(row[-1], idle)) for row in rows)


def _without(metrics: dict[str, float], idle: float) -> dict[str, float]:
    """The metrics of a program without the `idle` seconds of a message that makes no call. They are never more than half of the
    calls of a batch. A call alone has no such bound, because many of them decide together."""
    a_call = idle / metrics[CALLS]
    seconds = max(metrics[SECONDS] - a_call, metrics[SECONDS] / 2)
    return metrics | {SECONDS: seconds, ALONE: metrics[ALONE] - idle if ALONE in metrics else seconds}


def two_different(answers: Sequence[Any]) -> list[str]:
    """Digests of the first answer, and of the first one that differs from it."""
    first, digests = encode(answers[0]), [digest_of(canonical(rebuilt(answers[0])))[:16]]
    others = (digest_of(canonical(rebuilt(answer)))[:16] for answer in answers if encode(answer) != first)
    return sorted([*digests, *islice((digest for digest in others if digest not in digests), 1)])


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
    digests: Sequence[bytes] = ()
    """Of the messages that describe what came (`RanBatch.digests`)."""


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
                ran = run_batch(guest, Batch(inputs, self.describes), 0, objects=True)
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

    @property
    def describes_alone(self) -> Described:
        """What a process describes after a call that it makes alone: also what the call leaves of its arguments."""
        return self.describes if self.task.has_accept else "answers and arguments"

    def batches(self, inputs: Sequence[Numbered], warming: Sequence[Numbered], answers_at_once: int = 1) -> list[Batch]:
        """What one process runs: a batch for each call that is made alone, and that of the `inputs`."""
        describes = self.describes_alone if self.task.isolate else self.describes
        lone = [Batch([one_input], self.describes_alone) for _, one_input in warming]
        return [*lone, Batch([one_input for _, one_input in inputs], describes, answers_at_once)]

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
                return run_batch(guest, Batch(these, describes), 0, objects=True).outcomes

        outcomes = described(inputs)
        if not all(isinstance(outcome, Returned) for outcome in outcomes):
            outcomes = [described([one_input])[-1] for one_input in inputs]
        undescribed = (
            outcome for outcome in outcomes if isinstance(outcome, Raised) and outcome.exception == "NotDescribed"
        )
        if (other := next(undescribed, None)) is not None:
            raise self.refused(f"what the original does to its arguments cannot be compared: they hold {other.message}")
        return [outcome.value if isinstance(outcome, Returned) else None for outcome in outcomes]

    def plan(self) -> BatchPlan:
        """The batches of the split. Raises TaskError if the original's calls are too short or too few."""
        return BatchPlanning(self.task, self.order, self.drawn, self.timed).plan(is_listed=self.is_listed)

    def timed(self, inputs: Sequence[Numbered], warming: Sequence[Numbered]) -> TriedBatch:
        """What the original shows in one process that makes these calls together."""
        ran = self.process(0, self.batches(inputs, warming), 0)
        answers = self.returned(ran.outcomes, [*warming, *inputs])
        at_once = max(MESSAGE_BYTES // max(len(encode(answer)) for answer in answers[:AT_ONCE]), 1)
        metrics = _without(ran.metrics, ran.metrics[IDLE])
        beside = sum(metrics[part] for part in BESIDE)
        self.idle.append(metrics[IDLE])
        return TriedBatch(metrics[SECONDS], min(self.idle), beside / len(inputs), at_once)

    def open(self, which: int) -> Guest:
        """A fresh process of the original or of the program."""
        caches = () if self.task.mark is None else self.task.mark.caches.attributes
        program = batch_program(self.programs[which], catches=self.task.recorded is not None, caches=caches)
        return self.sandbox.open(program, limits_of(self.task))

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
        before = 0 if self.task.isolate else 1 + (calls > 1) * (plan.alone if plan.dealt is None else 1)
        if plan.dealt is None:
            if self.drawn.is_failing(self.drawn[index]):
                return [], []
            numbered_inputs = [*islice(self.drawn.usable(index), calls + before)]
        else:
            numbers = dict.fromkeys(
                chain(*plan.dealt[index:], *plan.dealt[:index], range(self.task.count(self.order.split)))
            )
            listed = (
                (number, one_input) for number in numbers if not self.drawn.is_failing(one_input := self.drawn[number])
            )
            calls = sum(not self.drawn.is_failing(self.drawn[number]) for number in plan.dealt[index])
            numbered_inputs = [*islice(listed, calls + before if calls else 0)]
        calls = min(calls, max(len(numbered_inputs) - before, 1))
        return numbered_inputs[:calls], numbered_inputs[calls:][:before]

    def had_before(self, first: int) -> set[bytes]:
        """Encoded inputs of the batches before `first`, which earlier parts of the comparison measured."""
        plan = self.drawn.original.plan
        assert plan is not None
        return {arguments.encoded for index in range(first) for _, (_, arguments) in self.inputs(index, plan.calls)[0]}

    def of_all(self, rows: Sequence[Sequence[Mapping[str, float]]], first: int) -> dict[str, float]:
        """The metrics that all batches of a part share, which begins with batch `first`."""
        different, plan = len(self.had - self.had_before(first)), self.drawn.original.plan
        shared = {DIFFERENT: different / len(rows)} if different < sum(row[0][CALLS] for row in rows) else {}
        return shared | ({} if plan is None or plan.dealt is None else {DEALT: float(plan.calls)})

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
            batches = self.batches(inputs, warming, plan.answers_at_once)
            row, answers = self.turn(index, batches, inputs, warming)
            if self.task.isolate or len(inputs) < calls or row[0][SECONDS] * calls >= plan.least:
                break
            calls *= GROWS  # one call may take a thousand times as long as another
        self.had.update(arguments.encoded for _, (_, arguments) in inputs)
        parts = (LOADING, *BESIDE)
        seconds = sum(of[SECONDS] * of[CALLS] + sum(of[part] for part in parts) for of in row)
        further = range(1, self.order.part.times(seconds))
        rows = [row, *(self.turn(index + number, batches, inputs, warming)[0] for number in further)]
        if self.order.is_final or self.is_own:
            tally.answers += two_different(answers)
        if not self.order.is_final:
            return rows
        if plan.dealt is None:
            tally.asked(*(arguments for _, (_, arguments) in inputs))
        return [[means_of(of) for of in zip(*rows, strict=True)]]

    def turn(
        self, number: int, batches: Sequence[Batch], inputs: Sequence[Numbered], warming: Sequence[Numbered]
    ) -> tuple[list[dict[str, float]], list[Any]]:
        """The metrics of both programs for a batch, which run one after the other, and the original's answers. Raises _Failed if
        the program fails."""
        # the same for both, so that neither can tell which program it is
        seed = derive(self.order.secret, "guest", "speed", self.order.split, inputs[0][0]) & (2**64 - 1)
        calls, turn = [*warming, *inputs], -1 if number % 2 else 1
        ran = [self.process(which, batches, seed) for which in (0, 1)[: 2 - self.is_own][::turn]][::turn]
        expected = self.returned(ran[0].outcomes, calls)
        outcomes = ran[-1].outcomes
        if len(outcomes) < len(calls) and not self.is_own:
            outcomes = self.one_by_one(1, calls, until_failure=True) or outcomes
        is_same = not self.task.has_accept and ran[0].digests == ran[-1].digests
        pairs = chain(zip(ran[0].details, ran[-1].details, strict=False), repeat((AnswerDetails(), AnswerDetails())))
        for (instance_number, (instance, _)), answer, outcome, pair in zip(
            calls, expected, outcomes, pairs, strict=False
        ):
            self.log.observe(outcome)
            if is_same:
                continue
            judge = partial(self.accepted, instance, answer, self.is_own, pair)
            ask_original = partial(self.accepted, instance, answer, True, (pair[0], pair[0]), answer)
            worth = judged(outcome, judge, self.log, ask_original, is_original=self.is_own)
            if worth.verdict != "ok":
                hidden = self.task.hides(worth.error, worth.verdict)
                differs = worth.error if hidden != worth.error else ""
                worth = worth._replace(error=hidden, differs=differs)
                raise _Failed(worth, instance_number, instance)
        if ran[0].printed != ran[-1].printed and ran[0].printed == self.process(0, batches, seed).printed:
            why = self.task.hides("malformed answer: the calls print other text than the original's", "malformed")
            raise _Failed(Worth(0.0, "malformed", why), inputs[0][0], inputs[0][1][0])
        answers = expected if not self.drawn.original.changes else with_arguments(ran[0].outcomes, ran[0].details)
        return [process.metrics for process in ran], answers[len(warming) :]

    def process(self, which: int, batches: Sequence[Batch], seed: int) -> _Process:
        """The result of a fresh process, which loads a program and runs these batches. The last one counts."""
        with self.open(which) as guest:
            loaded = guest.call({}, seed=seed)
            if not isinstance(loaded, Returned):
                return _Process({}, [loaded], [])
            done = run_batches(guest, batches, seed, objects=not self.task.has_accept)
            outcomes = [outcome for ran in done for outcome in ran.outcomes]
            if not isinstance(outcomes[-1], Returned):
                return _Process({}, outcomes, [])
            ran, calls = done[-1], [ran.calls for ran in done]
            opening = sum(ran.before for ran in done) + sum(ran.after for ran in done[:-1])
            describing = ran.after + end(guest)
        count = len(batches[-1].inputs)
        seconds = ran.calls / count
        beyond = max(calls[0] - seconds, 0.0)
        metrics = {SECONDS: seconds, CALLS: float(count), OPENING: opening, DESCRIBING: describing}
        metrics |= {IDLE: ran.idle, LOADING: loaded.spent.cpu_seconds + beyond, FIRST: seconds + beyond}
        metrics[MEMORY] = guest.memory_bytes / (1 << 20)
        alone = {ALONE: mean(calls[1:-1])} if len(calls) > BEFORE else {}
        details, printed = [detail for ran in done for detail in ran.details], "".join(ran.printed for ran in done)
        return _Process(metrics | alone, outcomes, details, printed, [digest for ran in done for digest in ran.digests])

    def one_by_one(self, which: int, calls: Sequence[Numbered], *, until_failure: bool = False) -> list[Outcome]:
        """The outcome of each call, made alone. With `until_failure`, the outcomes up to the first failure; empty if no call
        fails."""
        outcomes = list[Outcome]()
        with self.open(which) as guest:
            for _, one_input in calls:
                batch = Batch([one_input], self.describes)
                outcomes += run_batch(guest, batch, None, objects=not self.task.has_accept).outcomes
                if until_failure and not isinstance(outcomes[-1], Returned):
                    return outcomes
        return [] if until_failure else outcomes

    def left_out(self, part: range) -> list[bool]:
        """For each instance of a part on which the original fails, whether the program does, too."""
        plan = self.drawn.original.plan
        assert plan is not None
        numbers = part if plan.dealt is None else dict.fromkeys(chain(*plan.dealt[part.start : part.stop]))
        failing = [(number, one_input) for number in numbers if self.drawn.is_failing(one_input := self.drawn[number])]
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

    def check_left_behind(self, part: range, tally: Tally) -> None:
        """Check that the program's calls of some batches of a `part` leave behind what the original's do. Of the original, tell
        in training what cannot be compared. Raises _Failed."""
        most = 0 if self.task.mark.is_scenario else LEFT_BEHIND[self.order.is_final]
        for index in part[: max(most - part.start, 0)]:
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
            tally.not_compared = left.not_compared(index, inputs)
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
