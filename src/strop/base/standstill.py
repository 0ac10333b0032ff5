"""Time in which this process did not run: Ctrl-Z and `fg`, a suspended job, a paused container or virtual machine.

A thread looks at the clock ten times a second. If it comes much too late, and the process used next to no CPU time meanwhile, the
process stood still. `running` leaves that time out: limits and time-outs that are measured with it are not reached by a pause.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from strop.base.errors import NO_THREAD, OutOfThreads

TICK_SECONDS = 0.1
LEAST_SECONDS = 0.5
"""A shorter delay is the machine's load."""


class RunningClock:
    """A monotonic clock that stands still while this process does. Thread-safe."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        """`used`: CPU seconds of this process."""
        self._now, self._used = now, used
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._ticking = False
        self._last, self._cpu = self._now(), self._used()
        self._lost = 0.0

    def __call__(self) -> float:
        """Seconds, without those in which this process stood still since it first asked."""
        with self._lock:
            self._look()
            return self._last - self._lost

    def _look(self) -> None:
        if not self._ticking:
            self._start()
        now, cpu = self._now(), self._used()
        gap = now - self._last - TICK_SECONDS
        if (
            gap >= LEAST_SECONDS and cpu - self._cpu < gap / 2
        ):  # else a thread of this process kept the others from running
            self._lost += gap
        self._last, self._cpu = now, cpu

    def _start(self) -> None:
        self._last, self._cpu, self._ticking = self._now(), self._used(), True
        try:
            threading.Thread(target=self._tick, args=(self._lock,), name="strop-ticks", daemon=True).start()
        except RuntimeError as error:
            self._ticking = False
            if NO_THREAD in str(error):
                raise OutOfThreads from error
            raise

    def _tick(self, lock: threading.Lock) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            with lock:
                self._look()


running = RunningClock()
"""The clock of this process."""
