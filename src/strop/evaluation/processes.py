"""Worker processes of this machine."""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from multiprocessing import Pipe

from strop.base import interpreter
from strop.base.errors import SandboxError, StropError
from strop.base.parking import Parking
from strop.base.results import Evaluation
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.workers import Equipment, WorkerLost
from strop.sandbox.posture import Posture
from strop.tasks.score_limit import SIGNAL

_STUCK = "task {}: its scorer took too long on an answer, and nothing in it could be interrupted"


class WorkerProcess:
    """A `Worker` in a process of its own, which ends with this one, however this one ends."""

    posture: Posture
    """What its jail enforces, once it is equipped."""

    def __init__(self) -> None:
        """Start it; `equip` makes it ready."""
        self._channel, theirs = Pipe()
        lifeline, self._lifeline = os.pipe()
        try:
            # not isolated from the environment: a scorer may import what its user has installed
            self._process = subprocess.Popen(
                interpreter.python("-m", "strop.evaluation.worker", str(theirs.fileno()), str(lifeline)),
                env=interpreter.environment(),
                pass_fds=[theirs.fileno(), lifeline],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            self._channel.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        self._lock = threading.Lock()
        self._asking = self._closed = self._broken = False
        self._equipment: Equipment | None = None

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    def equip(self, equipment: Equipment) -> bool:
        """Wait until its jail is ready for these tasks. False: it holds modules of earlier tasks and cannot be used again.

        Does nothing if it has this very equipment; equal equipment of another run may name modules that changed since.

        Raises:
            SandboxUnavailable: a required protection is not enforced.
            WorkerLost: it ended before it was ready.
        """
        if self.has(equipment):
            return True
        self._equipment = None
        answer = self._ask(equipment)
        if answer is None:
            return False
        if not isinstance(answer, Posture):
            raise self._lost(f"sent no posture but {type(answer).__name__}")
        self.posture, self._equipment = answer, equipment
        return True

    def has(self, equipment: Equipment) -> bool:
        """Whether it is ready for this equipment."""
        return self._equipment is equipment

    def measure(self, order: Order) -> OrderResult:
        """Have the process carry out an order. An answer on which a scorer got stuck, which ended the process, is malformed.

        Raises:
            WorkerLost: the process has ended, or answered with something else.
            StropError: the host failed, or this worker is closed.
        """
        was_broken = self._broken
        try:
            answer = self._ask(order)
        except WorkerLost:
            if was_broken or self._process.returncode != -SIGNAL:
                raise
            return OrderResult(Evaluation(value=0.0, verdict="malformed", error=_STUCK.format(order.task)))
        if not isinstance(answer, OrderResult):
            raise self._lost(f"sent no measurement but {type(answer).__name__}")
        return answer

    def _lost(self, what: str) -> WorkerLost:
        self._broken = True
        return WorkerLost(f"a worker process {what}")

    def close(self) -> None:
        """Kill the process, even while it measures. Idempotent."""
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:
            self._process.kill()
            self._process.wait()
            self._channel.close()
            os.close(self._lifeline)

    @property
    def is_idle(self) -> bool:
        """Whether it can be used again: it has answered everything."""
        with self._lock:
            return not (self._asking or self._closed or self._broken)

    def _ask(self, message: object) -> object:
        with self._lock:
            if self._closed:
                raise SandboxError("the evaluator is closed")
            self._asking = True
        try:
            self._channel.send(message)
            answer = self._channel.recv()
        except (EOFError, OSError) as error:
            self._broken = True
            if self._closed:
                raise SandboxError("the evaluator is closed") from error
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            raise WorkerLost(
                f"a worker process ended while it evaluated a program (exit status {self._process.returncode})"
            ) from error
        with self._lock:
            self._asking = False
        if isinstance(answer, StropError):
            raise answer
        return answer


idle_workers: Parking[WorkerProcess] = Parking(most=64)
"""Worker processes that earlier calls of this process left."""


class LocalWorker:
    """A `Worker`: a worker process, taken from those that earlier calls left idle, or a new one."""

    def __init__(self, equipment: Equipment) -> None:
        """Wait until a worker process is ready.

        Raises:
            SandboxUnavailable: a required protection is not enforced.
            WorkerLost: the process ended before it was ready.
        """
        self._process = _equipped(equipment)
        self._closed = False

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    @property
    def posture(self) -> Posture:
        """What its jail enforces."""
        return self._process.posture

    def measure(self, order: Order) -> OrderResult:
        """Have the process carry out an order. Raises what `WorkerProcess.measure` raises."""
        return self._process.measure(order)

    def close(self) -> None:
        """End it if it measures; else leave it to the next call for a minute."""
        closed, self._closed = self._closed, True
        if closed:
            return
        if self._process.is_idle:
            idle_workers.put(self._process)
        else:
            self._process.close()


def _equipped(equipment: Equipment) -> WorkerProcess:
    while True:
        parked = idle_workers.take(lambda process: process.has(equipment))
        process = parked or WorkerProcess()
        try:
            if process.equip(equipment):
                return process
        except WorkerLost:
            process.close()
            if parked is None:
                raise
        except BaseException:
            process.close()
            raise
        process.close()
