"""The contract of every evaluator: orders in, measurements out.

An `Order` asks for one evaluation. Its scope names it: the random numbers of its guests derive from the scope, so an order has
the same scores wherever it is carried out, and an order whose worker died can be given again. Budgets, the record and the
language model stay with the coordinator.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from strop.base.errors import StropError
from strop.base.events import AuditNoted
from strop.base.later import dataclass
from strop.base.results import Evaluation
from strop.tasks.base import Seeds, Split, Task

if TYPE_CHECKING:
    from strop.evaluation.commands.relay import OriginalCalls
    from strop.tasks.command.behaviour import Behaviour
    from strop.tasks.command.readers import Reading
    from strop.tasks.command.task import CommandTask


MOST_REPEATS, MOST_SECONDS = 5, 2.0
"""How many times a time is measured at most, and in how many wall seconds of both programs together."""


LEAST_BATCHES = 8
"""The least number of batches that listed calls are dealt into, if there are as many calls."""


class Part(NamedTuple):
    """The part of a final comparison that an order measures. A comparison looks at what it has after each part."""

    instances: int = 0
    """How many instances the whole comparison has at most; 0 for as many as the split has."""
    first: int = 0
    """The number of the first instance of the part."""
    until: int = 0
    """The number of the instance before which the part ends; 0 for the end of the instances."""
    repeats: int = 1
    """How many times the time of an instance is measured, if it is short."""
    calls: int = 0
    """How many calls each batch of a function has, as training planned them; 0 in training."""
    is_dealt: bool = False
    """Whether training dealt listed inputs into batches."""
    batches: int = LEAST_BATCHES
    """The least number of batches that listed calls are dealt into: the comparison's level takes so many for an interval."""

    def times(self, seconds: float) -> int:
        """How many times a pair of runs of so many seconds is measured. The mean counts, because a program may draw its luck."""
        return max(min(self.repeats, int(MOST_SECONDS / max(seconds, 1e-3))), 1)


WHOLE = Part()
"""All instances of a split, each once."""


@dataclass(frozen=True)
class Order:
    """One evaluation to make: a program on a split of a task."""

    scope: str
    """Unique in a run."""
    program: str
    task: str
    """Name of the task."""
    split: Split
    seeds: Seeds
    """Seeds of the instances."""
    secret: bytes
    """The random numbers of guests derive from it and the scope."""
    part: Part = WHOLE
    """The instances to measure, and how often."""
    is_final: bool = False
    """Whether it is a part of the final comparison. A command is then measured in turns with the original, in several fresh
    copies of both. For other tasks each instance has its own process, verdict and score, so that no instance fails because
    another did."""

    baseline: Baseline | None = field(default=None, compare=False)
    """What is known of the original of a command task; None if this order measures the original."""
    tree: Path | None = field(default=None, compare=False)
    """The tree of a command task on this machine; None for the tree that the worker has."""

    def is_of_original(self, task: Task | CommandTask) -> bool:
        """Whether the program is the task's original, whose failure is the task's."""
        return self.program == task.seed

    def count(self, task: Task | CommandTask) -> int:
        """How many instances of the task there are, with those of other parts."""
        return self.part.instances or task.count(self.split)

    def numbers(self, count: int) -> range:
        """The numbers of the instances to measure, of `count`."""
        return range(count)[self.part.first : self.part.until or count]


@dataclass(frozen=True)
class Baseline:
    """What is known of the original of a command task on the instances of a split."""

    split: Split
    seeds: Seeds
    evaluation: Evaluation
    """Its evaluation, with utility 1/2. Its CPU seconds are 0, because they were counted when it was measured."""
    behaviours: tuple[Behaviour, ...] = ()
    """Its behaviour on each instance; empty if no behaviour is compared."""
    readings: Mapping[str, Reading] | None = None
    """Where its scores were read; None if it has not run yet."""
    calls: OriginalCalls | None = None
    """What its evaluator's calls showed, if the evaluator runs apart from the program."""

    @property
    def is_whole(self) -> bool:
        """Whether the original ran. Otherwise only its evaluation is known, from a record."""
        return self.readings is not None

    def is_of(self, order: Order) -> bool:
        """Whether the order has the same instances."""
        is_whole = order.part.instances in (0, len(self.evaluation.scores))
        return is_whole and (self.split, self.seeds) == (order.split, order.seeds)


@dataclass(frozen=True)
class OrderResult:
    """The result of an order."""

    evaluation: Evaluation | None
    """None if the task broke; then `error` says how."""
    notes: tuple[AuditNoted, ...] = ()
    """The audit's notes, in order."""
    error: StropError | None = None
    baseline: Baseline | None = None
    """What is known of the original, if the order measured it."""

    def result(self) -> Evaluation:
        """The evaluation. Raises `error` if the task broke."""
        if self.error is not None:
            raise self.error
        assert self.evaluation is not None
        return self.evaluation

    def measured_baseline(self) -> Baseline:
        """What is known of the original, which the order measured. Raises `error` if the task broke."""
        self.result()
        assert self.baseline is not None
        return self.baseline


class Evaluator(Protocol):
    """Carries out orders. Safe to use from many threads.

    Conformance: tests/support/kits/evaluator.py. Another package can offer one by the entry point `strop.evaluation`.
    """

    @property
    def slots(self) -> int:
        """How many orders are carried out at once, when all workers have joined."""

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        """The future result of an order. Submitting the same order again returns the same future.

        A `speculative` order is one whose result nobody has asked for yet. It starts after all others, which start in the order
        of their submission. Submitting it again without `speculative` asks for it.

        The future raises:
            StropError: the host failed. There is no result.
        """

    def forget(self, order: Order) -> bool:
        """Drop a speculative order whose result nobody will ask for. Returns whether it was started, so that its work is lost."""

    def close(self) -> None:
        """End all workers and their guests; orders without a result raise SandboxError. Idempotent."""


@dataclass(frozen=True)
class Machine:
    """A worker of a cluster, or this machine."""

    address: str
    """Address of the worker, or `this machine`."""
    host: str
    """Name of the machine."""
    slots: int
    """Number of programs that it evaluates at once."""
    versions: Mapping[str, str]
    """Versions that must be equal on all machines: name → version. Empty if the worker does not say."""
    system: str
    """Operating system and processor of the machine."""
    protections: Mapping[str, bool]
    """Which protections its jail was observed to enforce: name → whether it does."""
    refusal: str = ""
    """Why the machine is not used. Empty if it is used."""

    @property
    def missing(self) -> list[str]:
        """Protections that it does not enforce."""
        return [name for name, enforced in self.protections.items() if not enforced]


@runtime_checkable
class Cluster(Evaluator, Protocol):
    """An evaluator whose workers are on other machines, which it inspects before it uses them."""

    def machines(self) -> tuple[Machine, ...]:
        """The workers that are there now, with those that are refused."""
