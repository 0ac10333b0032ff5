"""Transfer (§5.2, Table 1): a matrix of improvers and tasks, measured in one record.

Every cell (task, improver) is a measurement at the scope `TASK/DIGEST`; the seed improver comes first. All improvers of a task
get the same instances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from strop.analysis.stats import Estimate, score_difference
from strop.base.events import Evaluated
from strop.core.acts import NAMED_BY
from strop.runs.assembly import RunContext
from strop.runs.claims import REPEATS, TRUSTED, named_in
from strop.runs.measurements import (
    SEED,
    Copy,
    Job,
    MeasuredTask,
    Named,
    RecordedTask,
    copies_of,
    measure_all,
    recorded_improvers,
)
from strop.runs.spec import improver_text
from strop.store import Store
from strop.tasks.base import Split
from strop.tasks.command.task import AnyTask

LEVEL = 0.05
"""The share of matrices in which an interval may miss; each of their intervals has an equal part of it (Bonferroni)."""
T_co = TypeVar("T_co", bound=MeasuredTask, covariant=True)


@dataclass(frozen=True)
class Plan(Generic[T_co]):
    """Every improver is measured on every task."""

    tasks: tuple[T_co, ...]
    improvers: tuple[Named, ...]
    """The seed improver first. Improvers with the same text are measured once."""
    copies: int
    """|D|"""


@dataclass(frozen=True)
class Cell:
    """û of one improver on one task, copy by copy, on the training and the sealed split."""

    task: MeasuredTask
    improver: Named
    copies: tuple[Copy, ...]

    def values(self, split: Split) -> tuple[float, ...]:
        """û of each copy on a split, in [0, 1]."""
        evaluations = (copy.train if split == "train" else copy.test for copy in self.copies)
        return tuple(evaluation.value for evaluation in evaluations if evaluation is not None)


@dataclass(frozen=True)
class SeedSolution:
    """u(s): the utility of a task's seed solution."""

    task: MeasuredTask
    train: Evaluated
    test: Evaluated


@dataclass(frozen=True)
class Matrix:
    """The measurements of a plan; incomplete if the work was stopped."""

    plan: Plan[MeasuredTask]
    seed_solutions: tuple[SeedSolution, ...]
    cells: tuple[Cell, ...]
    """Task by task, in the order of the plan."""
    repeats: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    """See strop.runs.measurements.REPEATS."""

    def cell(self, task: MeasuredTask, improver: Named) -> Cell | None:
        """The cell of a task and an improver; None if it was not measured."""
        wanted = (task.name, improver.name)
        return next((cell for cell in self.cells if (cell.task.name, cell.improver.name) == wanted), None)

    @property
    def complete(self) -> bool:
        """Whether everything was measured."""
        plan = self.plan
        return len(self.cells) == len(plan.tasks) * len(plan.improvers) and len(self.seed_solutions) == len(plan.tasks)


@dataclass(frozen=True)
class Difference:
    """An improver minus the seed improver on the sealed split of one task."""

    task: MeasuredTask
    improver: Named
    difference: Estimate
    """With its 95% interval, over new improvements, on these sealed instances; all intervals of the matrix hold together.
    None for the seed improver under another name."""


def differences(matrix: Matrix) -> tuple[Difference, ...]:
    """Every measured improver against the seed improver, task by task."""
    seed = matrix.plan.improvers[0]
    cells = [cell for cell in matrix.cells if cell.improver.name != seed.name and matrix.cell(cell.task, seed)]
    compared = max(sum(cell.improver.digest != seed.digest for cell in cells), 1)
    return tuple(_difference(cell, matrix.cell(cell.task, seed), 1 - LEVEL / compared) for cell in cells)


def _difference(cell: Cell, seed: Cell | None, confidence: float) -> Difference:
    assert seed is not None
    if cell.improver.digest == seed.improver.digest:
        return Difference(cell.task, cell.improver, Estimate(0.0, None, len(cell.copies)))
    change = score_difference(cell.values("test"), seed.values("test"), confidence=confidence)
    return Difference(cell.task, cell.improver, change)


def with_seed(improvers: Sequence[Named]) -> tuple[Named, ...]:
    """The seed improver, then the others."""
    return (Named(SEED, improver_text(SEED)), *(improver for improver in improvers if improver.name != SEED))


def carry_out(context: RunContext, plan: Plan[AnyTask], progress: Callable[[str], None]) -> None:
    """Measure every cell of the plan that is not completed. `progress` receives a line for each step.

    Raises:
        StropError: the host failed or was stopped. Completed work is kept.
    """
    contexts = {task.name: context.of(task, context.run.child(task.name)) for task in plan.tasks}
    for task in plan.tasks:
        _score_seed(contexts[task.name], progress)

    def job(task: AnyTask, improver: Named) -> Job:
        scope, of_task = scope_of(task, improver), contexts[task.name]
        at = context.run.child(scope)
        return Job(
            scope,
            f"{task.name}: measuring {improver.name}",
            lambda: of_task.meta_utility().measure(improver.text, at),
        )

    jobs = [job(task, improver) for task in plan.tasks for improver in _distinct(plan)]
    measure_all(context, jobs, "measurement", "test", progress)


def matrix(store: Store, plan: Plan[MeasuredTask]) -> Matrix:
    """The measurements of a plan that a record holds."""
    seeds = [SeedSolution(task, *seed) for task in plan.tasks if (seed := _seed(store, task)) is not None]
    cells = [
        Cell(task, improver, copies)
        for task in plan.tasks
        for improver in plan.improvers
        if (copies := _copies(store, task, improver, plan))
    ]
    return Matrix(plan, tuple(seeds), tuple(cells), named_in(store.meta, REPEATS), named_in(store.meta, TRUSTED))


def recorded_matrix(store: Store, copies: int) -> Matrix:
    """The measurements of a record of `strop eval`.

    Raises:
        StoreError: the record does not name its improvers, or lacks the text of one.
    """
    named = recorded_improvers(store)
    tasks = tuple(
        RecordedTask(name, _sealed_instances(store, name, named, copies)) for name in store.meta["task"].split(", ")
    )
    return matrix(store, Plan(tasks, named, copies))


def shared_because(matrix: Matrix) -> dict[str, str]:
    """Task → why its programs could make their score themselves, in words; without those that the user trusts."""
    measured = [(seed.task.name, seed.train) for seed in matrix.seed_solutions]
    measured += [(cell.task.name, copy.train) for cell in matrix.cells for copy in cell.copies]
    return {name: each.shared_because for name, each in measured if each.shared_because and name not in matrix.trusted}


def _sealed_instances(store: Store, task: str, improvers: Sequence[Named], copies: int) -> int:
    """The number of sealed instances of a task: failed evaluations may have fewer scores, or none."""
    scopes = [f"{task}/{improver.digest[:NAMED_BY]}" for improver in improvers]
    measured = [copy.test for scope in scopes for copy in copies_of(store, scope, copies, sealed=True)]
    seed = [stored.event for stored in store.events(Evaluated, scope=f"{task}/seed/test")]
    return max((len(test.scores) for test in (*measured, *seed) if test is not None), default=0)


def _score_seed(context: RunContext, progress: Callable[[str], None]) -> None:
    task, at = context.parts.task, context.run.child("seed").child("test")
    if at.path not in context.host.past.evaluations:
        progress(f"{task.name}: scoring the seed solution")
        context.check_seed()
        context.utility("test").evaluate(task.seed, at)


def _seed(store: Store, task: MeasuredTask) -> tuple[Evaluated, Evaluated] | None:
    by_split = {stored.event.split: stored.event for stored in store.events(Evaluated, scope=f"{task.name}/seed")}
    return (by_split["train"], by_split["test"]) if {"train", "test"} <= by_split.keys() else None


def _copies(store: Store, task: MeasuredTask, improver: Named, plan: Plan[MeasuredTask]) -> tuple[Copy, ...]:
    return copies_of(store, scope_of(task, improver), plan.copies, sealed=True)


def scope_of(task: MeasuredTask, improver: Named) -> str:
    """The scope of a cell."""
    return f"{task.name}/{improver.digest[:NAMED_BY]}"


def _distinct(plan: Plan[MeasuredTask]) -> list[Named]:
    """The improvers of a plan with different texts."""
    return list({improver.digest: improver for improver in reversed(plan.improvers)}.values())[::-1]
