"""The result of `strop eval`: improvers on tasks, beside the seed improver or one against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from strop.analysis.stats import Estimate, least_pairs
from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.results import Evaluation
from strop.runs.results.parts import RecordedResult, Sample
from strop.runs.run_data import TotalPrice

Kind: TypeAlias = Literal["eval", "against"]

AGAIN = " (again)"
"""Ends the name of an improver that is compared with itself: it is measured twice."""


@dataclass(frozen=True)
class Ending:
    """How one improvement ended."""

    outcome: str
    """Verdict of the improver, such as `ok`, `raised` or `timeout`."""
    detail: str
    """The reason, or empty."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One improver on one task."""

    task: str
    """Name of the task."""
    improver: str
    """The improver as the command names it; `seed` is the seed improver."""
    digest: str
    """SHA-256 of the improver's text."""
    train: Sample
    """û on the training split."""
    test: Sample
    """û on the sealed test split."""
    verdicts: tuple[str, ...]
    """How the solution of each copy ended on the sealed test split."""
    endings: tuple[Ending, ...]
    """How the improver ended on each copy."""
    lm_calls: int | None
    """LM calls over all copies; null of `agent`, of which nobody knows them."""
    responses: int | None
    """Responses of the language model over all copies; null of `agent`."""
    evaluations: int
    """Utility calls of the improver over all copies."""
    tokens: int | None
    """Tokens in and out over all copies; null of `agent`, and if the server did not count them."""
    dollars: float | None
    """Price of the responses over all copies; null if it is not known, as that of `agent`."""
    is_bound: bool = False
    """Whether `dollars` is the most that it may be: the server did not count all tokens."""
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Each metric of the task on the sealed test split, the mean over the copies that have it; empty for tasks of scores."""
    of_copies: tuple[Mapping[str, float], ...] = field(default=(), metadata=HIDDEN, compare=False, repr=False)
    """The metrics of each copy, in the order of `verdicts`; empty for a copy without."""


@dataclass(frozen=True, kw_only=True)
class SeedSolution:
    """u(s): the utility of a task's seed solution."""

    task: str
    """Name of the task."""
    train: Evaluation
    """Its evaluation on the training split."""
    test: Evaluation
    """Its evaluation on the sealed test split."""


@dataclass(frozen=True, kw_only=True)
class Difference(Estimate):
    """One improver minus another on the sealed test split, in [-1, 1], with its 95% interval.

    There is no interval between equal programs. The intervals from the seed improver hold all together.
    """

    task: str
    """Name of the task; empty for the mean of all tasks."""
    improver: str
    """The improver as the command names it."""
    against: str
    """The improver that it is compared with, as the command names it; `seed solution` in `transfer`."""


@dataclass(frozen=True)
class OverTasks:
    """One improver against another where tasks are the unit: on each, the one with the higher û on the sealed test split wins."""

    improver: str
    """The improver as the command names it."""
    against: str
    """The improver that it is compared with, as the command names it."""
    wins: int
    """Tasks on which `improver` has the higher û."""
    losses: int
    """Tasks on which it has the lower û."""
    ties: int
    """Tasks on which both have the same û."""
    p: float
    """Two-sided p-value of the exact sign test of wins and losses."""
    level: float
    """What `p` has to be less than: 0.05, divided by the number of improvers that are compared (Bonferroni)."""
    normalized: Estimate | None = None
    """The mean difference over the tasks, with its 95% interval, in shares of the best known value, the mean over the copies of
    metric / value, of a cost value / metric, and of 0 for one that fails. Null unless every task has such a value above 0, and
    every copy that did not fail such a metric."""

    @property
    def is_chance(self) -> bool:
        """Whether both are the same improver, measured twice."""
        return self.improver.removesuffix(AGAIN) == self.against.removesuffix(AGAIN)

    @property
    def needed(self) -> int:
        """How many tasks without a tie show anything at this level."""
        return least_pairs(1 - self.level)

    @property
    def decided(self) -> int:
        """1 if `improver` wins more tasks than chance explains, -1 if it loses more, else 0."""
        return (self.wins > self.losses) - (self.wins < self.losses) if self.p < self.level else 0


@dataclass(frozen=True, kw_only=True, repr=False)
class Measured(RecordedResult):
    """The measurements of improvers on tasks."""

    kind: Kind
    """`eval`, beside the seed improver or another one, or `compare`, one against another."""
    sentence: str
    """The conclusion."""
    tasks: tuple[str, ...]
    """Names of the tasks."""
    improvers: tuple[str, ...]
    """The improvers as they were named. First what the others are measured beside, or the improver that is compared."""
    copies: int
    """Copies of each task."""
    better: str | None = None
    """The better of two improvers that are compared; null without a significant difference."""
    cells: tuple[Measurement, ...]
    """Task by task in the order of the command; in a task, in the order of `improvers`."""
    seed_solutions: tuple[SeedSolution, ...]
    """The scores of the seed solutions, one for each task."""
    differences: tuple[Difference, ...]
    """Every other improver minus the first; or the first minus the second of two that are compared, over all tasks and
    on each."""
    over_tasks: tuple[OverTasks, ...] = ()
    """With two tasks or more on which none was trained: the same comparisons with these tasks as the unit, and each improver
    that is measured twice beside itself, which shows what chance does."""
    trained_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Improver → the tasks that it was trained on; only improvers of runs, and files beside their results."""
    searches: tuple[str, ...] = ()
    """The records of `strop measure` that the improver `agent` is, one for each copy of a task. None has what its model cost."""
    said: tuple[str, ...] = ()
    """A line each for what `agent` is, and for what it could read."""
    transfer: tuple[Difference, ...] = ()
    """If an improver was trained: the gain of each improver over the seed solutions, on the tasks that none was trained on."""
    own_score_because: Mapping[str, str] = field(default_factory=dict)
    """Task → why its score is the program's own; only such tasks."""
    costs: TotalPrice = field(default_factory=TotalPrice)
    """The price of everything."""
    chosen: tuple[str, ...] = ()
    """Tasks that choose their inputs themselves."""

    @property
    def unknown(self) -> str:
        """What nobody knows of the costs, in words; empty where there is no agent."""
        return "LM calls of the agent: unknown" if self.searches else ""

    @property
    def complete(self) -> bool:
        """Whether everything was measured."""
        return len(self.cells) == self.wanted and len(self.seed_solutions) == len(self.tasks)

    @property
    def is_of_tasks(self) -> bool:
        """Whether the conclusion is about tasks: a sign test of them can decide at its level. Else copies are the unit."""
        return any(row.wins + row.losses >= row.needed for row in self.over_tasks)

    @property
    def wanted(self) -> int:
        """Number of cells of a complete table."""
        return len(self.tasks) * len(self.improvers)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The tasks that no improver was trained on."""
        return tuple(task for task in self.tasks if not any(task in seen for seen in self.trained_on.values()))

    def cell(self, task: str, improver: str) -> Measurement | None:
        """The cell of a task and an improver, by its name or its digest; None if it was not measured."""
        named = (cell for cell in self.cells if cell.task == task and improver in (cell.improver, cell.digest))
        return next(named, None)

    def seed_solution(self, task: str) -> SeedSolution | None:
        """u(s) of a task; None if it was not measured."""
        return next((seed for seed in self.seed_solutions if seed.task == task), None)

    def __repr__(self) -> str:
        return f"<Measured: {self.sentence}>"
