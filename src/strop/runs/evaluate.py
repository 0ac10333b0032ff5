"""Transfer (§5.2, Table 1): improvers measured on tasks, a matrix of both, in one record.

Every cell (task, improver) is a measurement of its own, at the scope `TASK/DIGEST` of the record; the seed improver is always
measured first. All improvers of a task meet the same instances. What a record holds already is not measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Generic, TypeVar

from strop.analysis.stats import Estimate
from strop.analysis.stats.crossed import crossed_t_difference
from strop.analysis.stats.multiplicity import holm
from strop.base.concurrency import all_or_error
from strop.base.events import Evaluated
from strop.base.pluralize import quantity
from strop.core.handles import NAMED_BY
from strop.runs.assembly import RunContext, improvers_at_once
from strop.runs.measurements import SEED, Copy, MeasuredTask, Named, RecordedTask, copies_of, recorded_improvers
from strop.runs.spec import improver_text
from strop.store import Store
from strop.tasks.base import Split
from strop.tasks.command.task import AnyTask

T_co = TypeVar("T_co", bound=MeasuredTask, covariant=True)


@dataclass(frozen=True)
class Plan(Generic[T_co]):
    """What is measured: every improver on every task."""

    tasks: tuple[T_co, ...]
    improvers: tuple[Named, ...]
    """The seed improver first. One that has the seed's text under another name is not measured again."""
    copies: int
    """|D|"""


@dataclass(frozen=True)
class Cell:
    """û of one improver on one task: one value a copy, on the training and on the sealed test split."""

    task: MeasuredTask
    improver: Named
    copies: tuple[Copy, ...]

    def values(self, split: Split) -> tuple[float, ...]:
        """û of each copy on a split, in [0, 1]."""
        each = (copy.train if split == "train" else copy.test for copy in self.copies)
        return tuple(found.value for found in each if found is not None)

    @property
    def instances(self) -> tuple[tuple[float, ...], ...]:
        """For each copy, what each instance of the sealed test split counts for; their mean is the copy's value.

        Where a failing instance costs a solution its whole utility, every instance counts 0.
        """
        count = self.task.count("test")
        return tuple(
            copy.test.scores if len(copy.test.scores) == count and copy.test.value > 0 else (0.0,) * count
            for copy in self.copies
            if copy.test is not None
        )


@dataclass(frozen=True)
class SeedSolution:
    """u(s): what a task's seed solution is worth."""

    task: MeasuredTask
    train: Evaluated
    test: Evaluated


@dataclass(frozen=True)
class Matrix:
    """What was measured of a plan. Where the work was stopped, some of it is missing."""

    plan: Plan[MeasuredTask]
    seed_solutions: tuple[SeedSolution, ...]
    cells: tuple[Cell, ...]
    """Task by task, in the order of the plan."""

    def cell(self, task: MeasuredTask, improver: Named) -> Cell | None:
        """The cell of a task and an improver, if it was measured."""
        wanted = (task.name, improver.name)
        return next((each for each in self.cells if (each.task.name, each.improver.name) == wanted), None)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        plan = self.plan
        return len(self.cells) == len(plan.tasks) * len(plan.improvers) and len(self.seed_solutions) == len(plan.tasks)


@dataclass(frozen=True)
class Difference:
    """An improver minus the seed improver on one task, on the sealed test split."""

    task: MeasuredTask
    improver: Named
    found: Estimate
    """With its 95% interval, for new improvements and new instances; without one where one copy says nothing about it."""
    p: float | None
    """Two-sided, of this comparison alone; None where there is no interval, and for the seed improver under another name."""
    p_adjusted: float | None
    """Holm's, over all comparisons of the matrix."""


def differences(found: Matrix) -> tuple[Difference, ...]:
    """Every improver that was measured against the seed improver, task by task."""
    seed = found.plan.improvers[0]
    each: list[Difference] = []
    for cell in found.cells:
        against = found.cell(cell.task, seed)
        if cell.improver.name == seed.name or against is None:
            continue
        if cell.improver.digest == seed.digest:
            each.append(Difference(cell.task, cell.improver, Estimate(0.0, None, len(cell.copies)), None, None))
            continue
        difference = crossed_t_difference(cell.instances, against.instances)
        each.append(Difference(cell.task, cell.improver, _possible(difference.estimate), difference.p, None))
    adjusted = iter(holm([one.p for one in each if one.p is not None]))
    return tuple(one if one.p is None else replace(one, p_adjusted=next(adjusted)) for one in each)


def _possible(found: Estimate) -> Estimate:
    """No difference of two utilities is outside [-1, 1]."""
    return (
        found
        if found.interval is None
        else replace(found, interval=(max(-1.0, found.interval[0]), min(1.0, found.interval[1])))
    )


def with_seed(improvers: Sequence[Named]) -> tuple[Named, ...]:
    """The seed improver, and then the others."""
    return (Named(SEED, improver_text(SEED)), *(each for each in improvers if each.name != SEED))


def carry_out(laboratory: RunContext, plan: Plan[AnyTask], store: Store, told: Callable[[str], None]) -> None:
    """Measure what `store` does not hold yet. `told` is given a line for each step.

    Cells are measured side by side as far as there are places for improvers, and the next begins while the last copies of one
    are still at work.

    Raises:
        StropError: the host failed or was stopped; what was measured is kept.
    """
    spec = laboratory.parts.spec
    here = {task.name: laboratory.of(task, laboratory.run.child(task.name)) for task in plan.tasks}
    for task in plan.tasks:
        _score_seed(here[task.name], task, store, told)
    missing = [(task, each) for task in plan.tasks for each in _distinct(plan) if not _copies(store, task, each, plan)]
    done = len(plan.tasks) * len(_distinct(plan)) - len(missing)
    if done:
        told(f"{done} of {quantity(done + len(missing), 'measurement')} done before")

    numbers = count(done + 1)

    def measure(task: AnyTask, improver: Named) -> None:
        told(f"{task.name}: measuring {improver.name} ({next(numbers)} of {done + len(missing)})")
        here[task.name].meta_utility().measure(improver.text, laboratory.run.child(scope_of(task, improver)))

    all_or_error(
        [partial(measure, *each) for each in missing], improvers_at_once(spec) // plan.copies + 1, "strop-cell"
    )


def matrix(store: Store, plan: Plan[MeasuredTask]) -> Matrix:
    """What a record holds of a plan."""
    seeds = [SeedSolution(task, *found) for task in plan.tasks if (found := _seed(store, task)) is not None]
    cells = [
        Cell(task, improver, copies)
        for task in plan.tasks
        for improver in plan.improvers
        if (copies := _copies(store, task, improver, plan))
    ]
    return Matrix(plan, tuple(seeds), tuple(cells))


def recorded_matrix(store: Store, copies: int) -> Matrix:
    """What a record of strop eval holds, read from the record alone.

    Raises:
        StoreError: the record lacks the text of an improver, or does not name its improvers.
    """
    named = recorded_improvers(store)
    tasks = tuple(
        RecordedTask(name, _sealed_instances(store, name, named, copies)) for name in store.meta["task"].split(", ")
    )
    return matrix(store, Plan(tasks, named, copies))


def _sealed_instances(store: Store, task: str, improvers: Sequence[Named], copies: int) -> int:
    """How many sealed instances the evaluations of a task had: one that failed as a whole may hold fewer scores, or none."""
    found = [copies_of(store, f"{task}/{each.digest[:NAMED_BY]}", copies, sealed=True) for each in improvers]
    return max((len(copy.test.scores) for each in found for copy in each if copy.test is not None), default=0)


def _score_seed(laboratory: RunContext, task: AnyTask, store: Store, told: Callable[[str], None]) -> None:
    if _seed(store, task) is None:
        told(f"{task.name}: scoring the seed solution")
        laboratory.check_seed()
        laboratory.utility("test").evaluate(task.seed, laboratory.run.child("seed").child("test"))


def _seed(store: Store, task: MeasuredTask) -> tuple[Evaluated, Evaluated] | None:
    found = {stored.event.split: stored.event for stored in store.events(Evaluated, scope=f"{task.name}/seed")}
    return (found["train"], found["test"]) if {"train", "test"} <= set(found) else None


def _copies(store: Store, task: MeasuredTask, improver: Named, plan: Plan[MeasuredTask]) -> tuple[Copy, ...]:
    return copies_of(store, scope_of(task, improver), plan.copies, sealed=True)


def scope_of(task: MeasuredTask, improver: Named) -> str:
    """Where in the record a cell is."""
    return f"{task.name}/{improver.digest[:NAMED_BY]}"


def _distinct(plan: Plan[MeasuredTask]) -> list[Named]:
    """The improvers of a plan, each text once."""
    found: dict[str, Named] = {}
    for each in plan.improvers:
        found.setdefault(each.digest, each)
    return list(found.values())
