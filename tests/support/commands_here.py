"""Orders, carried out on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from strop.evaluation.base import Order, OrderResult
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.functions.scorer import workspaces
from strop.evaluation.pool import Progress
from strop.evaluation.workers import JailedWorker
from strop.sandbox.jail import JailedSandbox
from strop.tasks.command.task import AnyTask
from support.rooms import rooms_by_name


class Here:
    """An `Evaluator` on the calling thread, in place of a `WorkerPool`."""

    slots = 1

    def __init__(self, tasks: Sequence[AnyTask], jail: JailedSandbox | None, pool: WorkspacePool | None) -> None:
        self.progress: Progress = lambda order, number, count: None
        self._order: Order | None = None
        rooms = rooms_by_name(*tasks)
        self.worker = JailedWorker(tasks, jail, pool, rooms, self._step, workspaces() if rooms else None)

    def _step(self, *progress: Any) -> None:
        if self._order is not None:
            self.progress(self._order, *progress)

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        future: Future[OrderResult] = Future()
        self._order = order
        try:
            future.set_result(self.worker.measure(order))
        except BaseException as error:  # noqa: BLE001 (the caller gets it)
            future.set_exception(error)
        return future

    def run(self, errand: Callable[[JailedWorker], Any], step: Callable[[str], None] = lambda line: None) -> Any:
        self._order = None
        return errand(self.worker)

    def forget(self, order: Order) -> bool:
        return False

    def close(self) -> None: ...


def here(task: AnyTask, *, pool: WorkspacePool | None = None, jail: JailedSandbox | None = None) -> WithBaselines:
    """An evaluator that carries out orders of a task, and of its original, on the calling thread.

    Commands run in `pool`, other tasks in `jail`.
    """
    evaluator: Any = Here([task], jail, pool)
    return WithBaselines(evaluator, evaluator, [task])
