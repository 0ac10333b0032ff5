"""Carry out orders at several workers, each served by one thread: in this process, or in worker processes of this machine."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from strop.base.errors import SandboxError
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.workers import CommandWorker, Worker, WorkerLost
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import CommandTask

PATIENCE = 1.0
"""Seconds; a worker process takes about as long to start."""
MOST_ATTEMPTS = 10
"""How often an order is given when its worker dies; a program cannot kill its worker, but the machine can."""


class PooledOrder:
    """An order and its future."""

    def __init__(self, order: Order, *, ahead: bool) -> None:
        self.order, self.ahead = order, ahead
        self.future: Future[OrderResult] = Future()
        self.started = False
        self.attempts = 0


class WorkerPool:
    """An `Evaluator` of up to `slots` workers. They start when there is work for them."""

    def __init__(
        self, start: Callable[[], Worker], slots: int, *, first: Worker | None = None, patience: float = PATIENCE
    ) -> None:
        """`start` makes a worker; it may take seconds, and may raise StropError.

        `first`: a worker that is ready. It works until all others have started, and these start only when work has waited for
        `patience` seconds: a few quick evaluations need no processes.
        """
        self._start, self.slots = start, slots
        self._first, self._patience = first, patience
        self._relief: threading.Timer | None = None
        """Starts workers that `first` needs beside it."""
        self._hired = self._starting = 0
        self._is_first_at_work = self._is_complete = False
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Order, PooledOrder] = OrderedDict()
        self._jobs: dict[Order, PooledOrder] = {}
        """Those whose result was not asked for yet, or has not arrived."""
        self._workers: set[Worker] = set()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, order: Order, *, ahead: bool = False) -> Future[OrderResult]:
        """Queue an order, or find the same order submitted before. Raises SandboxError if the pool is closed."""
        with self._changed:
            if self._closed:
                raise SandboxError("the evaluator is closed")
            job = self._jobs.get(order)
            if job is None:
                job = self._jobs[order] = self._waiting[order] = PooledOrder(order, ahead=ahead)
                self._staff()
                self._changed.notify()
            if not ahead:
                job.ahead = False
                if job.future.done():
                    del self._jobs[order]
            return job.future

    def start(self) -> None:
        """Start all workers now, because much work is to come."""
        with self._changed:
            self._hire(self.slots)

    def forget(self, order: Order) -> bool:
        """Drop an order that nobody will ask for; one that a worker has started goes on. Returns whether it was started."""
        with self._changed:
            job = self._jobs.pop(order, None)
            self._waiting.pop(order, None)
            return job is not None and job.started

    def close(self) -> None:
        """Close the workers and wait for their threads; orders without a result raise SandboxError. Idempotent."""
        with self._changed:
            self._closed = True
            workers, jobs = [*self._workers], [*self._waiting.values()]
            workers += [] if self._first is None else [self._first]
            self._waiting.clear()
            self._changed.notify_all()
            if self._relief is not None:
                self._relief.cancel()
        for job in jobs:
            job.future.set_exception(SandboxError("the evaluator is closed"))
        for worker in workers:
            worker.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _staff(self) -> None:
        """Ensure that somebody carries out the orders that wait."""
        if self._lacking <= 0:
            return
        if self._first is None:
            self._hire(self._lacking)
        elif not self._is_first_at_work:
            self._is_first_at_work = True
            self._begin(self._serve_first)
        elif self._relief is None and self._hired < self.slots:
            self._relief = threading.Timer(self._patience, self._relieve)
            self._relief.daemon = True
            self._relief.start()

    @property
    def _lacking(self) -> int:
        """Orders that no worker is free for or about to be."""
        return len(self._waiting) - self._idle - self._starting

    def _relieve(self) -> None:
        with self._changed:
            self._relief = None
            self._hire(self._lacking)

    def _hire(self, most: int) -> None:
        """Start up to so many workers."""
        while most > 0 and self._hired < self.slots and not self._closed:
            self._hired += 1
            self._starting += 1
            most -= 1
            self._begin(self._serve)

    def _begin(self, serve: Callable[[], None]) -> None:
        thread = threading.Thread(target=serve, name="strop-evaluation", daemon=True)
        thread.start()
        self._threads.append(thread)  # only now: one that the system refuses to start cannot be joined

    def _serve(self) -> None:
        worker, failure = self._started()
        try:
            while (job := self._next()) is not None:
                try:
                    if worker is None:
                        assert failure is not None
                        raise failure
                    self._finish(job, worker.measure(job.order))
                except WorkerLost as error:
                    self._leave(worker)
                    worker = None
                    self._again(job, error)
                except BaseException as error:  # noqa: BLE001 (the thread that asked gets it)
                    self._finish(job, error)
                if worker is None:
                    with self._changed:
                        self._starting += 1
                    worker, failure = self._started()
        finally:
            self._leave(worker)

    def _serve_first(self) -> None:
        assert self._first is not None
        while (job := self._next(is_first=True)) is not None:
            try:
                self._finish(job, self._first.measure(job.order))
            except BaseException as error:  # noqa: BLE001 (as above)
                self._finish(job, error)

    def _started(self) -> tuple[Worker | None, BaseException | None]:
        """A new worker, or why there is none, with which the next order fails."""
        worker: Worker | None = None
        failure: BaseException | None = None
        try:
            worker = self._start()
        except BaseException as error:  # noqa: BLE001 (the thread that asks gets it)
            failure = error
        with self._changed:
            self._starting -= 1
            if worker is not None and not self._closed:
                self._workers.add(worker)
                self._is_complete = self._is_complete or len(self._workers) == self.slots
                self._changed.notify_all()
                return worker, None
        if worker is not None:
            worker.close()
        return None, failure or SandboxError("the evaluator is closed")

    def _next(self, *, is_first: bool = False) -> PooledOrder | None:
        """The next job: one that was asked for, else the first of the others; None once closed, or when others do the work."""
        with self._changed:
            self._idle += 1
            while not (self._waiting or self._closed or (is_first and self._is_complete)):
                self._changed.wait()
            self._idle -= 1
            if self._closed or (is_first and self._is_complete):
                return None
            order = next((order for order, job in self._waiting.items() if not job.ahead), next(iter(self._waiting)))
            job = self._waiting.pop(order)
            job.started = True
            job.attempts += 1
            return job

    def _finish(self, job: PooledOrder, result: OrderResult | BaseException) -> None:
        with self._changed:
            if not job.ahead and self._jobs.get(job.order) is job:
                del self._jobs[job.order]
        if isinstance(result, BaseException):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)

    def _again(self, job: PooledOrder, error: WorkerLost) -> None:
        """Give an order again, before all others."""
        with self._changed:
            again = job.attempts < MOST_ATTEMPTS and not self._closed
            if again:
                self._waiting[job.order] = job
                self._waiting.move_to_end(job.order, last=False)
                self._changed.notify()
        if not again:
            self._finish(job, error)

    def _leave(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._changed:
                self._workers.discard(worker)
            worker.close()


class CommandPool(WorkerPool):
    """An `Evaluator` for command tasks, which closes its workspaces."""

    def __init__(self, tasks: Sequence[CommandTask], workspaces: Workspaces, slots: int) -> None:
        self.worker = CommandWorker(tasks, workspaces)
        super().__init__(lambda: self.worker, slots)

    def close(self) -> None:
        """Close the workspaces and end the workers; orders without a result raise SandboxError."""
        self.worker.close()  # also if no thread has begun
        super().close()
