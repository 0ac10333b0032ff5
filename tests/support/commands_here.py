"""Orders of command tasks, carried out on the calling thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from strop.evaluation.base import Order, OrderResult
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.commands.measure import Progress, measure_command
from strop.evaluation.commands.program_copy import Rooms
from strop.tasks.command.task import CommandTask


class Here:
    """An `Evaluator` of command tasks on the calling thread."""

    slots = 1

    def __init__(self, tasks: Sequence[CommandTask], rooms: Rooms, progress: Progress = lambda *_: None) -> None:
        self.tasks, self._rooms, self._progress = {task.name: task for task in tasks}, rooms, progress

    def submit(self, order: Order, *, ahead: bool = False) -> Future[OrderResult]:
        future: Future[OrderResult] = Future()
        try:
            future.set_result(measure_command(self.tasks[order.task], order, self._rooms, self._progress))
        except BaseException as error:  # noqa: BLE001 (the caller gets it)
            future.set_exception(error)
        return future

    def forget(self, order: Order) -> bool:
        return False

    def close(self) -> None: ...


def here(task: CommandTask, rooms: Rooms, progress: Progress = lambda *_: None) -> WithBaselines[Here]:
    """What carries out orders of a task on the calling thread, its original first."""
    return WithBaselines(Here([task], rooms, progress), [task])
