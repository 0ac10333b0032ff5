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
    """The reason in words. May be empty."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one improver reached on one task, and what it spent."""

    task: str
    """Name of the task."""
    improver: str
    """The improver as the command names it. `seed` is the seed improver."""
    digest: str
    """SHA-256 of the improver's text."""
    train: Sample
    """û of the improver on the training split."""
    test: Sample
    """û of the improver on the held-out split."""
    verdicts: tuple[str, ...]
    """How the program of each copy ended on the held-out split."""
    endings: tuple[Ending, ...]
    """How the improver ended on each copy."""
    lm_calls: int | None
    """LM calls over all copies. Null for `agent`, whose LM calls nobody knows."""
    responses: int | None
    """Responses of the language model over all copies. Null for `agent`."""
    evaluations: int
    """Evaluations that the improver asked for, over all copies."""
    tokens: int | None
    """Tokens in and out over all copies. Null for `agent`, and if the server did not count them."""
    dollars: float | None
    """Price of the responses over all copies. Null for `agent`, and if a price is not known."""
    is_bound: bool = False
    """Whether `dollars` is an upper bound, because the server did not count all tokens."""
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)
    """What was measured on the held-out split: metric → mean over the copies that have it. Empty for a task that has only
    scores."""
    of_copies: tuple[Mapping[str, float], ...] = field(default=(), metadata=HIDDEN, compare=False, repr=False)
    """The metrics of each copy, in the order of `verdicts`; empty for a copy without."""


@dataclass(frozen=True, kw_only=True)
class SeedSolution:
    """The score of a task's seed solution, u(s)."""

    task: str
    """Name of the task."""
    train: Evaluation
    """Its evaluation on the training split."""
    test: Evaluation
    """Its evaluation on the held-out split."""


@dataclass(frozen=True, kw_only=True)
class Difference(Estimate):
    """One improver minus another on the held-out split, with its 95% interval.

    There is no interval between equal programs. The intervals of several improvers beside the first hold all together.
    """

    task: str
    """Name of the task. Empty for the mean of all tasks."""
    improver: str
    """The improver as the command names it."""
    against: str
    """The improver that it is compared with, as the command names it. In `transfer` it is `seed solution`."""


@dataclass(frozen=True)
class OverTasks:
    """One improver against another, with tasks as the unit: on each task, the improver with the higher û on the held-out
    split wins."""

    improver: str
    """The improver as the command names it."""
    against: str
    """The improver that it is compared with, as the command names it."""
    wins: int
    """Number of tasks on which `improver` has the higher û."""
    losses: int
    """Number of tasks on which `improver` has the lower û."""
    ties: int
    """Number of tasks on which both have the same û."""
    p: float
    """Two-sided p-value of the exact sign test of wins and losses, from 0 to 1."""
    level: float
    """The level below which `p` decides: 0.05, divided by the number of improvers that are compared (Bonferroni)."""
    normalized: Estimate | None = None
    """The mean difference over the tasks in shares of the best known value, with its 95% interval. A copy counts as its
    metric divided by the best known value, the other way round if less is better, and as 0 if it fails. Null unless
    every task has a best known value above 0, and every copy that did not fail a metric above 0."""

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
    """What was measured of improvers on tasks, and which of them is better."""

    kind: Kind
    """What the record is of: `eval`, improvers beside another one, or `against`, one improver against another."""
    sentence: str
    """What may be said of the improvers."""
    tasks: tuple[str, ...]
    """Names of the tasks."""
    improvers: tuple[str, ...]
    """The improvers as the command named them. The first is what the others are measured beside, or the improver that
    is compared."""
    copies: int
    """Number of copies of each task."""
    better: str | None = None
    """The better of two improvers that are compared. Null if they do not differ significantly."""
    cells: tuple[Measurement, ...]
    """One measurement for each task and improver: task by task, and within a task in the order of `improvers`."""
    seed_solutions: tuple[SeedSolution, ...]
    """The score of each task's seed solution."""
    differences: tuple[Difference, ...]
    """Every other improver minus the first one. Of two improvers that are compared, the first minus the second, over
    all tasks and on each."""
    over_runs: tuple[Difference, ...] = ()
    """The last improvers of a study's runs (`strop run --seeds`) minus the first improver, with runs as the unit: on each task,
    and the mean of all tasks. `improver` is the folder of the study."""
    over_tasks: tuple[OverTasks, ...] = ()
    """The comparisons of `differences` with tasks as the unit, if there are two tasks or more on which no improver was
    trained. An improver that is measured twice is compared with itself, which shows what chance does."""
    trained_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tasks that an improver was trained on: improver → names of tasks. Only improvers of runs, and files that lie
    beside their results."""
    searches: tuple[str, ...] = ()
    """The records of `strop measure` that are the improver `agent`, one for each copy of a task."""
    said: tuple[str, ...] = ()
    """What to know about `agent`, one line for each fact: what it is, and what it could read."""
    transfer: tuple[Difference, ...] = ()
    """The gain of each improver over the seed solutions on tasks that no improver was trained on. Empty if none was
    trained."""
    own_score_because: Mapping[str, str] = field(default_factory=dict)
    """Why a task's score is the program's own: task → reason. Only tasks of which that is so."""
    costs: TotalPrice = field(default_factory=TotalPrice)
    """The price of all LM calls."""
    chosen: tuple[str, ...] = ()
    """Names of the tasks that choose their inputs themselves."""

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
        """The measurement of an improver, by its name or digest, on a task. None if it was not measured."""
        named = (cell for cell in self.cells if cell.task == task and improver in (cell.improver, cell.digest))
        return next(named, None)

    def seed_solution(self, task: str) -> SeedSolution | None:
        """The score of a task's seed solution. None if it was not measured."""
        return next((seed for seed in self.seed_solutions if seed.task == task), None)

    def __repr__(self) -> str:
        return f"<Measured: {self.sentence}>"
