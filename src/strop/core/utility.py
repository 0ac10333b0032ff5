"""Utilities *u* = (u_func, u_str) (§3), and the utility of a task: programs run in the jail, answers are scored in the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from strop.base.budget import UTILITY_CALLS, Budget
from strop.base.events import Evaluated, Recorder
from strop.base.later import dataclass
from strop.base.results import Evaluation, fields_of
from strop.base.solution import LONGEST
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.metric_change import utility_of
from strop.evaluation.base import WHOLE, Evaluator, Order, OrderResult, Part
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.base import Sandbox
from strop.tasks.base import Seeds, Split
from strop.tasks.command.task import AnyTask
from strop.tasks.languages import PYTHON


class Utility(Protocol):
    """A utility *u*: a function of program texts, and its description for a language model."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str:
        """The description of the utility, u_str."""

    @property
    def counter(self) -> str:
        """The budget counter that one call costs."""

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        """The evaluation of a candidate by u_func, paid by `budget`. A candidate that is not a text (None) has utility 0.

        Raises:
            StropError: the host failed; there is no score.
        """


NOT_A_TEXT = Evaluation(
    value=0.0, verdict="malformed", error=f"the candidate is not a program text of at most {LONGEST:,} characters"
)


@dataclass(frozen=True)
class TaskUtility:
    """The utility of a task on one split: the mean score of its instances, the speed of a function scored by time, or the mean
    gain of a command."""

    task: AnyTask
    split: Split
    seeds: Seeds
    sandbox: Sandbox | None
    """The sandbox in which the calling thread measures if there is no `evaluator`."""
    record: Recorder
    secret: bytes
    """The random numbers of guests derive from it."""
    past: CompletedWork = NOTHING
    """Completed work of a resumed run."""
    evaluator: Evaluator | None = None
    """Carries out evaluations; None if the calling thread measures."""
    is_final: bool = False
    part: Part = WHOLE
    """`is_final` and `part` become those of each `Order`."""
    counter = UTILITY_CALLS

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def description(self) -> str:
        return self.task.u_str

    @property
    def looks_ahead(self) -> bool:
        """Whether programs may be measured before the improver asks. Commands that are timed in turns may not."""
        is_timed = self.task.root is not None and self.task.interleaved
        return self.evaluator is not None and not is_timed

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        return self.begin(candidate, budget)()

    def begin(self, candidate: str | None, budget: Budget) -> Callable[[], Evaluated]:
        """Submit an evaluation, and return a function that waits for it."""
        completed = self.past.evaluation(budget, candidate)
        if completed is not None:
            return lambda: completed
        if candidate is None:
            return lambda: self._recorded(None, budget, NOT_A_TEXT)
        if self.evaluator is None:
            return lambda: self._kept(candidate, budget, self._measured(candidate, budget))
        future = self.evaluator.submit(self.order(candidate, budget.path))
        return lambda: self._kept(candidate, budget, future.result())

    def order(self, candidate: str, scope: str) -> Order:
        """The evaluation of a candidate at a scope."""
        where = self.task.name, self.split, self.seeds, self.secret
        return Order(scope, candidate, *where, self.part, self.is_final)

    def _measured(self, candidate: str, budget: Budget) -> OrderResult:
        assert self.task.root is None
        assert self.sandbox is not None
        drawn = DrawnInstances(self.task, self.split, self.seeds)
        return measure(self.task, self.order(candidate, budget.path), drawn, self.sandbox)

    def _kept(self, candidate: str, budget: Budget, measured: OrderResult) -> Evaluated:
        """Record the notes of the audit and the evaluation."""
        for note in measured.notes:
            self.record(note)
        evaluation = measured.result()
        if evaluation.verdict == "ok":
            evaluation = replace(evaluation, value=utility_of(self.task.facts, evaluation))
        return self._recorded(candidate, budget, evaluation)

    def _recorded(self, candidate: str | None, budget: Budget, evaluation: Evaluation) -> Evaluated:
        seconds = self.past.seconds.get(budget.path, evaluation.seconds)
        event = evaluated(self, self.split, candidate, replace(evaluation, seconds=seconds), budget)
        self.record(event)
        return event


def tags_around(utility: Utility) -> tuple[str, ...]:
    """The tags of a fence around a program of a utility, the usual one first; none if its language is unknown."""
    return utility.task.tags if isinstance(utility, TaskUtility) else PYTHON


def evaluated(utility: Utility, split: str, candidate: str | None, evaluation: Evaluation, budget: Budget) -> Evaluated:
    """The event of an evaluation."""
    values = fields_of(Evaluation, evaluation)
    return Evaluated(**values, scope=budget.path, utility=utility.name, split=split, solution=candidate)
