"""Run programs on a command task as a run measures them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strop.base.events import discard
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import Terms
from strop.evaluation.commands.program_copy import Copy, CopyRun, TestsRan
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Seeds, Split
from strop.tasks.command.task import CommandTask


@dataclass(frozen=True)
class OneSeed:
    """Seeds of which there is one."""

    value: int

    def seed(self, task: str, split: Split, index: int) -> int:
        return self.value


@dataclass
class CommandBench:
    """A command task to run programs on."""

    task: CommandTask
    workspaces: Workspaces
    seeds: Seeds
    terms: Terms = field(default_factory=Terms)
    """Whether the evaluator is apart from the program."""
    notes: AuditLog = field(default_factory=lambda: AuditLog(discard, "check", None))
    tests_ran: TestsRan = ()
    """How many tests passed or failed when the task's test ran on the original."""

    def seed(self, instance: int = 0) -> int:
        """The seed of a training instance."""
        return self.seeds.seed(self.task.name, "train", instance)

    def copy(self, files: Mapping[str, str]) -> Copy:
        """A copy of the task's tree with a program."""
        return Copy(self.task, files, self.workspaces, self.notes, self.terms)

    def run(self, files: Mapping[str, str], times: int = 1, instance: int = 0) -> list[CopyRun]:
        """Build a program and run it; the failed build if it fails."""
        with self.copy(files) as copy:
            failed = copy.build()
            return [failed] if failed is not None else [copy.run(self.seed(instance), 0) for _ in range(times)]

    def failed_test(self, files: Mapping[str, str]) -> CopyRun | None:
        """How a program that builds fails the task's test; None if it passes, or if there is no test."""
        if not self.task.test:
            return None
        with self.copy(files) as copy:
            return copy.build() or copy.test(self.tests_ran)
