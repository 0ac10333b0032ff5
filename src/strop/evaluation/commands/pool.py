"""Carry out the orders of command tasks in this process, several at once."""

from __future__ import annotations

from collections.abc import Sequence

from strop.evaluation.commands.worker import CommandWorker
from strop.evaluation.pool import WorkerPool
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import CommandTask


class CommandPool(WorkerPool):
    """An `Evaluator` for command tasks, which closes its workspaces."""

    def __init__(self, tasks: Sequence[CommandTask], workspaces: Workspaces, slots: int) -> None:
        self.worker = CommandWorker(tasks, workspaces)
        super().__init__(lambda: self.worker, slots)

    def close(self) -> None:
        """Close the workspaces and end the workers; orders without a result raise SandboxError."""
        self.worker.close()  # also if no thread has begun
        super().close()
