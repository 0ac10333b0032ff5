"""How many calls a batch has, and which: planned by what the original shows in processes of its own, before programs are compared
(strop.evaluation.paired)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from strop.base.errors import TaskError
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.base.randomness import derive
from strop.evaluation.base import Order
from strop.evaluation.instances import MOST, BatchPlan, DrawnInstances, Numbered
from strop.tasks.function.calls import by_program
from strop.tasks.function.source import callers
from strop.tasks.function.task import FunctionTask

ENOUGH = 0.02
"""CPU seconds of the original's calls that suffice for a batch."""
MESSAGES = 10.0
"""How many times as long as a message that makes no call the original's calls of a batch must take, so that they can be told from
it."""
SHORT = 0.0004
"""What `strop hot` takes for the least CPU seconds of a batch. It starts no jail, where it could send messages."""
MOST_CALLS = 256
"""Calls of a batch, unless twice the least time needs more."""
GROWS = 8
"""By which factor the number of tried calls grows, until they take long enough to tell how many a batch needs."""
GROWTH = 4 / 3
"""By how many times the share of the calls must grow, so that a batch of twice as many is worth it. It is 2 where all that lies
beside them is the same for any number of calls, and 1 where each call has as much beside it."""
MOST_ALONE = 8
"""How many calls a process makes alone at most, if they are short."""
BEFORE = 2
"""How many calls a process makes before a batch, each alone: its first call, and one to compare with the calls of the batch."""
TOO_FEW = "sample() draws so few different inputs that none can be held out; draw more, or give fixed_input=True"


def is_too_short(a_call: float, calls: int, least: float) -> bool:
    """Whether so many calls, of `a_call` seconds each, take less than the `least` seconds of a batch."""
    return calls * a_call < least


class TriedBatch(NamedTuple):
    """What the original shows in one process."""

    a_call: float
    """CPU seconds of a call, without a part of the message."""
    idle: float
    """CPU seconds of a message that makes no call, the least that was seen."""
    beside: float
    """CPU seconds beside the calls, for each call."""
    answers_at_once: int
    """How many answers fit into a message."""

    @property
    def least(self) -> float:
        """CPU seconds that the calls of a batch need at least."""
        return MESSAGES * self.idle

    @property
    def alone(self) -> int:
        """How many calls are made alone: as many as take what a message takes that makes no call, so that they can be told from
        it."""
        return min(max(math.ceil(self.idle / self.a_call), 1), MOST_ALONE) if self.a_call else MOST_ALONE

    @property
    def share(self) -> float:
        """The share of the calls in what the process takes, in [0, 1]."""
        return self.a_call / (self.a_call + self.beside) if self.a_call else 0.0


@dataclass(frozen=True)
class BatchPlanning:
    """Plans the batches of a split."""

    task: FunctionTask
    order: Order
    drawn: DrawnInstances
    timed: Callable[[Sequence[Numbered], Sequence[Numbered]], TriedBatch]
    """What the original shows in one process that makes calls together. The second inputs are those of calls that it makes alone
    before."""

    def plan(self, *, is_listed: bool) -> BatchPlan:
        """The batches of the split. `is_listed` says that there are no inputs but the instances. Batches of a comparison have as
        many calls as training planned, because another clock would plan others.

        Raises:
            TaskError: the original's calls are too short or too few.
        """
        calls, is_dealt = self.order.part.calls, is_listed or self.order.part.is_dealt
        if not calls:
            return self.dealt() if is_listed else self.drawn_each()
        working = ((index, one) for index in self.listed() if not self.drawn.is_failing(one := self.drawn[index]))
        some = [*islice(working if is_dealt else self.drawn.usable(0), 1)]
        if not some:
            return BatchPlan(1, 1, [], 0.0)
        sample = self.timed(some, [])
        if is_dealt:
            return self.split_up(self.listed(), calls if self.order.part.is_dealt else min(calls, self.most), sample)
        return BatchPlan(calls, sample.answers_at_once, None, sample.least, sample.alone)

    def listed(self) -> list[int]:
        """The instances that batches are dealt from, in an order that the secret draws."""
        draws, count = self.task.input == "drawn" and not self.task.fixed_input, self.task.count(self.order.split)
        every = [*{self.drawn[index][1].encoded if draws else index: index for index in range(count)}.values()]
        listed = [index for index in every if not self.drawn.is_others(self.drawn[index][1])] or every
        random.Random(derive(self.order.secret, "batches", self.order.split)).shuffle(listed)
        return listed

    def dealt(self) -> BatchPlan:
        """The batches of listed inputs: each input is in one batch. If recorded calls are too few or too short for that, also
        beside what lies beside them, each batch is drawn from all of them, and batches share calls."""
        listed = self.listed()
        working = [index for index in listed if not self.drawn.is_failing(self.drawn[index])]
        if not working:
            return BatchPlan(1, 1, [], 0.0)
        inputs = [(index, self.drawn[index]) for index in working[: 1 if self.task.isolate else None]]
        tried, sample = 1, self.timed(inputs[:1], [])
        # All of them may take longer than a process may.
        while tried < (more := min(tried * GROWS, len(inputs), self.within_limit(sample))):
            tried, sample = more, self.timed(inputs[:more], [])
        most = self.most
        available = most if self.task.cases and self.task.recorded is None else max(len(listed) - BEFORE, most)
        is_short = is_too_short(sample.a_call, min(self.wanted(sample), most), sample.least)
        calls = self.enough(sample, available if is_short else most)
        before, limit = inputs[calls:][-BEFORE:], min(available, self.within_limit(sample))
        return self.split_up(listed, self.grown(calls, limit, lambda calls: inputs[:calls], before), sample)

    @property
    def most(self) -> int:
        """How many listed calls a batch has at most, so that there are enough batches."""
        held_out = len(self.listed()) if self.task.input == "drawn" else self.task.count("test")
        return 1 if self.task.isolate else max(held_out // self.order.part.batches, 1)

    def split_up(self, listed: list[int], calls: int, sample: TriedBatch) -> BatchPlan:
        """Batches of so many listed calls. If that is more than `most`, batches share calls."""
        if calls > self.most:
            chance = random.Random(derive(self.order.secret, "shared", self.order.split))
            drawn = [chance.sample(listed, calls) for _ in range(self.order.part.batches)]
            return BatchPlan(calls, sample.answers_at_once, drawn, sample.least)
        count = max(len(listed) // calls, 1)
        dealt = [listed[number::count] for number in range(count)]
        return BatchPlan(calls, sample.answers_at_once, dealt, sample.least)

    def drawn_each(self) -> BatchPlan:
        """The batches of drawn inputs. More and more inputs are tried, until they take long enough to tell how many are
        needed."""
        if not self.drawn.can_hold_out:
            raise self.refused(TOO_FEW)
        pool, size, tried, sample = self.drawn.usable(0), 1, 0, TriedBatch(0.0, 0.0, 0.0, 1)
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
        available = 1 if self.task.isolate else max(len([*islice(self.drawn.usable(0), most)]) - BEFORE, 1)
        calls = self.enough(sample, available)
        if available > 1:
            most = min(self.within_limit(sample), MOST - BEFORE)
            calls = self.grown(calls, most, lambda calls: [*islice(self.drawn.usable(0), 1, calls + 1)], before)
        return BatchPlan(calls, sample.answers_at_once, None, sample.least, sample.alone)

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
        if not is_too_short(sample.a_call, calls, sample.least):
            return calls
        too_little = (
            f"the original takes {plain(1000 * calls * sample.a_call, 2)} ms for {quantity(calls, 'different call')}, too "
            f"little to compare ({plain(1000 * sample.least, 2)} ms are needed: {MESSAGES:g} times a message that makes no call)"
        )
        if self.task.recorded is not None:
            raise self.refused(f"{too_little}; record a run with longer calls, or {by_program()}")
        caller = next(iter(callers(self.task.source, self.task.entry)), "") if self.task.parts else ""
        mark = f", or mark {caller}, which calls it" if caller else ""
        raise self.refused(f"{too_little}; draw longer inputs, or more different ones{mark}")

    def refused(self, why: str) -> TaskError:
        """The error of a target that cannot be timed."""
        return TaskError(f"task {self.task.name}: {why}")
