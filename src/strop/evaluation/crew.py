"""Carry out orders at several stations, each served by one thread: in this process, or in worker processes of this machine."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from strop.base.errors import SandboxError
from strop.evaluation.base import Measured, Order
from strop.evaluation.station import Station, StationLost

MOST_ATTEMPTS = 10
"""How often an order is given when its worker dies; a program cannot kill its worker, but the machine can."""


class Job:
    """An order and its future."""

    def __init__(self, order: Order, *, ahead: bool) -> None:
        self.order, self.ahead = order, ahead
        self.future: Future[Measured] = Future()
        self.started = False
        self.attempts = 0


class Crew:
    """An `Evaluator` of up to `slots` stations. They start when there is work for them."""

    def __init__(self, start: Callable[[], Station], slots: int) -> None:
        """`start` makes a station; it may take seconds, and may raise StropError."""
        self._start, self.slots = start, slots
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Order, Job] = OrderedDict()
        self._jobs: dict[Order, Job] = {}
        """Those whose result was not asked for yet, or has not arrived."""
        self._stations: set[Station] = set()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, order: Order, *, ahead: bool = False) -> Future[Measured]:
        """See `Evaluator.submit`."""
        with self._changed:
            if self._closed:
                raise SandboxError("the evaluator is closed")
            job = self._jobs.get(order)
            if job is None:
                job = self._jobs[order] = self._waiting[order] = Job(order, ahead=ahead)
                if self._idle < len(self._waiting) and len(self._threads) < self.slots:
                    self._hire()
                self._changed.notify()
            if not ahead:
                job.ahead = False
                if job.future.done():
                    del self._jobs[order]
            return job.future

    def forget(self, order: Order) -> bool:
        """See `Evaluator.forget`."""
        with self._changed:
            job = self._jobs.pop(order, None)
            self._waiting.pop(order, None)
            return job is not None and job.started

    def close(self) -> None:
        """See `Evaluator.close`."""
        with self._changed:
            self._closed = True
            stations, jobs = list(self._stations), list(self._waiting.values())
            self._waiting.clear()
            self._changed.notify_all()
        for job in jobs:
            job.future.set_exception(SandboxError("the evaluator is closed"))
        for station in stations:
            station.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _hire(self) -> None:
        thread = threading.Thread(target=self._serve, name="strop-evaluation", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        station: Station | None = None
        try:
            while (job := self._next()) is not None:
                try:
                    if station is None:
                        station = self._start()
                        if not self._admit(station):
                            raise SandboxError("the evaluator is closed")
                    measured = station.measure(job.order)
                except StationLost as error:
                    self._leave(station)
                    station = None
                    self._again(job, error)
                except BaseException as error:  # noqa: BLE001 (the thread that asked gets it)
                    self._finish(job, error)
                else:
                    self._finish(job, measured)
        finally:
            self._leave(station)

    def _next(self) -> Job | None:
        """The next job: one that was asked for, else the first of the others; None once closed."""
        with self._changed:
            self._idle += 1
            while not self._waiting and not self._closed:
                self._changed.wait()
            self._idle -= 1
            if self._closed:
                return None
            order = next((order for order, job in self._waiting.items() if not job.ahead), next(iter(self._waiting)))
            job = self._waiting.pop(order)
            job.started = True
            job.attempts += 1
            return job

    def _finish(self, job: Job, result: Measured | BaseException) -> None:
        with self._changed:
            if not job.ahead and self._jobs.get(job.order) is job:
                del self._jobs[job.order]
        if isinstance(result, BaseException):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)

    def _again(self, job: Job, error: StationLost) -> None:
        """Give an order again, before all others."""
        with self._changed:
            again = job.attempts < MOST_ATTEMPTS and not self._closed
            if again:
                self._waiting[job.order] = job
                self._waiting.move_to_end(job.order, last=False)
                self._changed.notify()
        if not again:
            self._finish(job, error)

    def _admit(self, station: Station) -> bool:
        with self._changed:
            self._stations.add(station)
            return not self._closed

    def _leave(self, station: Station | None) -> None:
        if station is not None:
            with self._changed:
                self._stations.discard(station)
            station.close()
