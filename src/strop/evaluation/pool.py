"""Runs each order once, in worker processes on this machine; requested orders go before speculative ones."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import count
from multiprocessing.connection import Pipe
from selectors import EVENT_READ, DefaultSelector
from socket import socketpair
from typing import Any, TypeAlias, TypeVar, cast

from strop.base.errors import SandboxError, ScorerAtLimit, StropError
from strop.base.parking import Parking
from strop.base.results import Evaluation
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.worker_template import start_worker
from strop.evaluation.workers import Equipment, JailedWorker, WorkerLost
from strop.tasks.score_limit import SIGNAL

# Pipe is not from multiprocessing, which imports it, and looks for _winapi, only when it is called: a module of the user's
# could be found then.
IN_EACH_PIPE = 2
"""Orders that a worker process has, so that it never waits for this process."""
_STUCK = "task {}: its scorer took too long on an answer, and nothing in it could be interrupted"
T = TypeVar("T")
Progress: TypeAlias = Callable[[Order, int, int], None]
"""Called for each measurement that begins for a verdict, with its order, its number from 1, and how many there are at most."""


class WorkerProcess:
    """A worker process (strop.evaluation.worker) and the pipe to it. It ends when this process ends, in whatever way."""

    def __init__(self) -> None:
        """Start it, without waiting for it."""
        self._channel, theirs = Pipe()
        try:
            self._process = start_worker(theirs.fileno())
        except BaseException:
            self._channel.close()
            raise
        finally:
            theirs.close()
        self.equipment: Equipment | None = None
        """The equipment that it was sent last."""
        self.is_new = True
        """Whether it never had equipment."""
        self.is_ready = False
        """Whether it has its equipment and takes orders."""
        self.orders: dict[Any, Any] = {}
        """Number → work that it was sent and has not answered, in the order in which it does it. Kept by its pool."""
        self.begun: int | None = None
        """The number of the work that it does now; None if it is idle."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """A descriptor that becomes readable when the worker sends a message, and when it has ended."""
        return self._channel.fileno()

    def send(self, message: tuple[int, object] | int) -> None:
        """Send work with its number, or the number of work that is not to be begun. Does nothing if the worker has ended."""
        with suppress(OSError):
            self._channel.send(message)

    def receive(self) -> Any:
        """The next message of the worker (strop.evaluation.worker). Raises EOFError or OSError once it has ended."""
        return self._channel.recv()

    def exit_status(self) -> int:
        """The exit status of a worker whose pipe has ended; negative if a signal ended it."""
        self._process.wait(5)
        self.close()
        return self._process.returncode or 0

    @property
    def last_words(self) -> str:
        """The last line that the worker wrote, once it has ended."""
        return self._process.last_words

    def close(self) -> None:
        """Kill it, whatever it does. Idempotent."""
        self._process.end()
        self._channel.close()


idle_workers: Parking[WorkerProcess] = Parking(most=64)
"""Worker processes that earlier pools of this process left."""


_Sent = tuple[WorkerProcess, "tuple[int, object] | int"]
"""A worker, and what it is sent."""


class PooledOrder:
    """An order and its future."""

    def __init__(self, order: Any, *, speculative: bool, step: Callable[..., None] = lambda *facts: None) -> None:
        """`order`: an `Order`, or an errand; `step` gets its steps."""
        self.order, self.speculative, self.step = order, speculative, step
        self.future: Future[Any] = Future()
        self.started = False


class WorkerPool:
    """An `Evaluator` of up to `slots` worker processes. One thread sends them their orders and reads the results.

    A process that somebody kills at work fails its orders, and the run can be resumed. It is replaced, as an idle one is.
    """

    def __init__(self, equipment: Equipment, slots: int, *, at_start: int = 0) -> None:
        """`at_start`: how many processes begin now, 0 for all; the others begin when there are orders for them."""
        self.slots = slots
        self.progress: Progress = lambda order, number, count: None
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Any, PooledOrder] = OrderedDict()
        """Orders that were sent to no worker."""
        self._jobs: dict[Any, PooledOrder] = {}
        """Orders whose result was not asked for yet, or has not arrived."""
        self._closed = False
        self._equipment, self._most = equipment, slots
        self._numbers = count()
        self._workers: list[WorkerProcess] = []
        self._selector = DefaultSelector()
        self._woken, self._waker = socketpair()
        self._waker.setblocking(False)
        self._selector.register(self._woken, EVENT_READ)
        self._thread = threading.Thread(target=self._serve, args=(at_start or slots,), name="strop-pool", daemon=True)
        self._thread.start()

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        """Queue an order, or find the same order submitted before. Raises SandboxError if the pool is closed."""
        return self._queued(PooledOrder(order, speculative=speculative, step=partial(self.progress, order)))

    def _queued(self, new: PooledOrder) -> Future[Any]:
        with self._lock:
            if self._closed:
                raise SandboxError("the evaluator is closed")
            if (job := self._jobs.get(new.order)) is None:
                job = self._jobs[new.order] = self._waiting[new.order] = new
            if not new.speculative:
                job.speculative = False
                if job.future.done():
                    del self._jobs[new.order]
        self._look()
        return job.future

    def forget(self, order: Order) -> bool:
        """Drop an order that nobody will ask for; one that was started goes on. Returns whether it was started."""
        with self._lock:
            job = self._jobs.pop(order, None)
            self._waiting.pop(order, None)
        self._look()
        return job is not None and job.started

    def run(self, errand: Callable[[JailedWorker], T], step: Callable[[str], None] = lambda line: None) -> T:
        """The value that `errand` returns for the worker of a process. It is a function of a module, or a partial one with an
        `order`. `step` is called with the lines that it reports.

        Raises:
            ScorerAtLimit: a scorer that nothing could interrupt took too long, and ended the process.
            StropError: what `errand` raises, or the host failed.
        """
        return cast("T", self._queued(PooledOrder(errand, speculative=False, step=step)).result())

    def close(self) -> None:
        """End the workers; those that are idle stay for the next pool. Orders without a result raise SandboxError. Idempotent."""
        self._fail_waiting(SandboxError("the evaluator is closed"), closes=True)
        self._look()
        self._thread.join()

    def _fail_waiting(self, error: Exception, *, closes: bool = False) -> None:
        """Fail the orders that wait. With `closes`, take no more."""
        with self._lock:
            self._closed = self._closed or closes
            jobs = [*self._waiting.values()]
            self._waiting.clear()
        for job in jobs:
            self._finish(job, error)

    def _look(self) -> None:
        with suppress(OSError):  # it is full, so that the thread wakes anyway, or closed
            self._waker.send(b"\0")

    def _serve(self, at_start: int) -> None:
        try:
            self._start(at_start)
            while not self._closed:
                self._send()
                for key, _ in self._selector.select():
                    if key.data is None:
                        self._woken.recv(4096)
                    else:
                        self._hear(key.data)
        finally:
            closed = SandboxError("the evaluator is closed")
            self._fail_waiting(closed, closes=True)
            for worker in self._workers:
                if worker.is_ready and worker.begun is None and not worker.orders:
                    idle_workers.put(worker)
                else:
                    worker.close()
                for job in worker.orders.values():
                    self._finish(job, closed)
            for end in (self._selector, self._woken, self._waker):
                end.close()

    def _start(self, most: int) -> None:
        """Bring the number of worker processes to `most`, with idle ones of earlier pools or new ones."""
        while len(self._workers) < min(most, self._most):
            try:
                worker = idle_workers.take(lambda worker: worker.equipment is self._equipment) or WorkerProcess()
            except (OSError, StropError) as error:
                self._give_up(error)
                return
            if worker.equipment is not self._equipment:
                worker.is_ready, worker.is_new, worker.equipment = False, worker.equipment is None, self._equipment
                worker.send((next(self._numbers), self._equipment))
            self._workers.append(worker)
            self._selector.register(worker, EVENT_READ, worker)

    def _give_up(self, error: Exception) -> None:
        """No further process can be started. Orders fail if there is none."""
        self._most = max(1, len(self._workers))
        if not self._workers:
            self._fail_waiting(error)

    def _send(self) -> None:
        """Send orders to workers that have room for them, and tell workers which orders are not to be begun."""
        with self._lock:
            messages = [*self._withdrawn(), *self._assigned()]
            orders = len(self._waiting) + sum(len(worker.orders) for worker in self._workers)
        for worker, message in messages:
            worker.send(message)
        self._start(orders)

    def _withdrawn(self) -> Iterator[_Sent]:
        """Messages that withdraw orders which workers have not begun, and whose result nobody will ask for."""
        for worker in self._workers:
            for number, job in [*worker.orders.items()]:
                if not job.started and self._jobs.get(job.order) is not job:
                    del worker.orders[number]
                    yield worker, number

    def _assigned(self) -> Iterator[_Sent]:
        """Messages that give orders to workers, or withdraw them. No order waits behind the one that a worker does if another
        worker could begin it, and no speculative order waits there while a requested one waits."""
        ready = [worker for worker in self._workers if worker.is_ready]
        while ready:
            free, job = min(ready, key=lambda worker: len(worker.orders)), self._first()
            if job is not None and len(free.orders) < IN_EACH_PIPE:
                number = next(self._numbers)
                free.orders[number] = self._waiting.pop(job.order)
                yield free, (number, job.order)
                continue
            if free.orders if job is None else job.speculative:
                return
            behind = ((worker, number) for worker in ready for number in [*worker.orders][1:])
            movable = next(
                ((one, number) for one, number in behind if job is None or one.orders[number].speculative), None
            )
            if movable is None:
                return
            self._put_back([movable[0].orders.pop(movable[1])])
            yield movable

    def _first(self) -> PooledOrder | None:
        """The order to begin next; None if none waits. Called with the lock held."""
        return next(
            (job for job in self._waiting.values() if not job.speculative), next(iter(self._waiting.values()), None)
        )

    def _put_back(self, jobs: Sequence[PooledOrder]) -> None:
        """Let orders wait again, before all others."""
        for job in reversed(jobs):
            if self._jobs.get(job.order) is job:
                self._waiting[job.order] = job
                self._waiting.move_to_end(job.order, last=False)

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            message = worker.receive()
        except (EOFError, OSError):
            self._lose(worker)
            return
        if isinstance(message, list):
            job = worker.orders[worker.begun]
            try:
                job.step(*message)
            except Exception as error:  # noqa: BLE001 (a record cannot be written: the thread that asked gets it)
                self._finish(job, error)
            return
        number, answer, worker.begun = message if isinstance(message, tuple) else (None, None, message)
        with self._lock:
            job = worker.orders.pop(number, None)
            if worker.begun in worker.orders:
                worker.orders[worker.begun].started = True
        if job is not None:
            self._finish(job, answer)
        elif number is not None and isinstance(answer, StropError) and not worker.is_ready:
            self._drop(worker)
            worker.close()
            self._give_up(answer)
        elif number is not None:
            worker.is_ready, worker.is_new = True, False

    def _lose(self, worker: WorkerProcess) -> None:
        """Remove a worker that has ended, and fail its orders."""
        self._drop(worker)
        status = worker.exit_status()
        why = f"exit status {status}" + (f": {worker.last_words[:200]}" if worker.last_words else "")
        lost = WorkerLost(f"a worker process ended while it evaluated a program ({why})")
        with self._lock:
            ended = [*worker.orders.values()]
            if status == -SIGNAL:  # only what it did is at fault
                stuck = worker.orders.pop(worker.begun, None)
                self._put_back([*worker.orders.values()])
                ended = [] if stuck is None else [stuck]
        for job in ended:
            self._finish(job, _stuck(job.order) if status == -SIGNAL else lost)
        if worker.is_new:
            self._give_up(WorkerLost(f"a worker process ended before it was ready (exit status {status})"))

    def _drop(self, worker: WorkerProcess) -> None:
        self._selector.unregister(worker)
        self._workers.remove(worker)

    def _finish(self, job: PooledOrder, result: object) -> None:
        """Set the result of an order. An error is raised where the result is asked for."""
        with self._lock:
            if not job.speculative and self._jobs.get(job.order) is job:
                del self._jobs[job.order]
        if job.future.done():  # it was begun twice
            return
        if isinstance(result, BaseException):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)


def _stuck(order: Any) -> object:
    """The result of an order on whose answer a scorer got stuck."""
    if not isinstance(order, Order):
        return ScorerAtLimit(_STUCK.format(order.keywords["order"].task))
    return OrderResult(Evaluation(value=0.0, verdict="malformed", error=_STUCK.format(order.task)))
