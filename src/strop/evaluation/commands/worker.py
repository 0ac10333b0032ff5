"""Measure commands in this process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from strop.evaluation.base import Order, OrderResult
from strop.evaluation.commands.measure import Progress, Spoiled, measure_command, spoiling
from strop.evaluation.commands.program_copy import Rooms
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import CommandTask


class CommandWorker:
    """Measures command tasks; shared by all threads of a pool. Built copies of originals are kept for the next order."""

    def __init__(self, tasks: Sequence[CommandTask], workspaces: Workspaces) -> None:
        self.workspaces, self._rooms = workspaces, Rooms(workspaces)
        self.place(tasks)

    def place(self, tasks: Sequence[CommandTask], progress: Progress = lambda *_: None) -> None:
        """Measure these tasks from now on, on the trees that they name. `progress` is called for verdicts."""
        self._progress, self._tasks = progress, {task.name: task for task in tasks}
        for task in tasks:
            self._rooms.free(task.name)  # they may be of another tree

    def measure(self, order: Order) -> OrderResult:
        """Measure the program of an order in the workspaces."""
        return measure_command(self._tasks[order.task], order, self._rooms, self._progress)

    def spoiling(self, order: Order) -> AbstractContextManager[Spoiled]:
        """See `measure.spoiling`."""
        return spoiling(self._tasks[order.task], order, self._rooms)

    def close(self) -> None:
        """Close the workspaces."""
        self._rooms.close()
        self._rooms.workspaces.close()


def workspaces_for(tasks: Sequence[CommandTask], at_once: int, require: Collection[str] | None) -> Workspaces:
    """Where so many orders of these tasks are measured at once. `require`: see `Workspaces`.

    Raises:
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    # Each order takes one for its candidate; each task may keep one for its original and one for its judge.
    return Workspaces(slots=(1 + 2 * len(tasks)) * at_once, require=require)
