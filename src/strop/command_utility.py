"""The utility of a command task: candidates run in copies of the tree, the host reads scores."""

from __future__ import annotations

from dataclasses import dataclass

from strop.budget import UTILITY_CALLS, Budget
from strop.errors import SandboxUnavailable
from strop.events import Recorder
from strop.past import NOTHING, Past
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Seeds, Split
from strop.tasks.command import CommandTask
from strop.utility import Evaluation, evaluated, evaluation_of


@dataclass(frozen=True)
class CommandUtility:
    """The utility of a command task on one split: the mean over its instances of the utility relative to the original."""

    task: CommandTask
    split: Split
    seeds: Seeds
    workspaces: Workspaces
    record: Recorder
    past: Past = NOTHING

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def description(self) -> str:
        return self.task.told

    @property
    def counter(self) -> str:
        return UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        ended = self.past.evaluation(at, candidate)
        if ended is not None:
            return evaluation_of(ended)
        evaluation = self._measure(candidate)
        self.record(evaluated(self, self.split, candidate, evaluation, at))
        return evaluation

    def _measure(self, candidate: str | None) -> Evaluation:
        raise SandboxUnavailable("commands cannot be run yet")
