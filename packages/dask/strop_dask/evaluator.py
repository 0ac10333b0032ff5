"""Carry out orders on the workers of a Dask cluster.

Orders that were asked for are submitted to the scheduler at once, the others only while slots are free. When a worker dies, Dask
gives its orders to another one. Each slot of a Dask worker measures in a strop worker process with a jail, so neither scorers nor
programs run in the Dask worker itself. State changes on the loop of the Dask client, under a lock where other threads read it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from strop.base.console import notify
from strop.base.errors import SandboxError, StropError
from strop.base.terminal_text import escape
from strop.evaluation.base import Machine, Order, OrderResult
from strop.evaluation.machines import differences, lacking, versions
from strop.evaluation.pool import PooledOrder
from strop.evaluation.workers import Equipment, WorkerLost
from strop_dask.answers import from_bytes
from strop_dask.clusters import Deployment, connect_seconds, deploy_dask, deploy_slurm
from strop_dask.worker import describe_worker, end_orders, keep, measure_order

T = TypeVar("T")

ANSWER_SECONDS = 10.0
"""How long the scheduler may take for one answer."""
INSPECTION_SECONDS = 120.0
"""How long a new worker may take to start a jail."""
POLL_SECONDS = 0.5
MOST_ATTEMPTS = 10
"""How often an order is given whose machine is lost, or sends something else."""
CLOSING_SECONDS = 10.0
_CANCELLED = (asyncio.CancelledError, CancelledError)


def start_dask(rest: str, equipment: Equipment) -> DaskEvaluator:
    """`--workers dask:REST`. Raises ConfigurationError if the cluster cannot be reached."""
    return DaskEvaluator(deploy_dask(rest), equipment)


def start_slurm(rest: str, equipment: Equipment) -> DaskEvaluator:
    """`--workers slurm:REST`. Raises ConfigurationError if REST is wrong, or jobs cannot be submitted."""
    return DaskEvaluator(deploy_slurm(rest), equipment)


class _Job(PooledOrder):
    """An order and its future, on a cluster."""

    workers: list[str] | None = None
    """Addresses that it may go to; None: any."""
    task: asyncio.Task[None] | None = None
    attempts = 0


class DaskEvaluator:
    """A `Cluster` (strop.evaluation.base) of Dask workers, which may come and go."""

    def __init__(self, deployment: Deployment, equipment: Equipment) -> None:
        """Inspect the workers that have joined. `close` closes the deployment, and so does a failure here.

        Raises:
            SandboxError: the scheduler does not answer.
        """
        self._deployment, self._client = deployment, deployment.client
        self._require = equipment.require
        self._equipment = replace(equipment, path=_without_own_installation(equipment.path))
        self._key = uuid4().hex
        self._shipped: Any = None
        self._lock, self._closing = threading.Lock(), threading.Lock()
        self._waiting: OrderedDict[Order, _Job] = OrderedDict()
        self._jobs: dict[Order, _Job] = {}
        """Those whose result was not asked for yet, or has not arrived."""
        self._running: set[_Job] = set()
        self._machines: dict[str, Machine] = {}
        self._inspections: dict[str, asyncio.Task[None]] = {}
        self._ended: StropError | None = None
        self._heard = self._supplied = time.monotonic()
        self._is_started = self._has_measured = self._has_told = False
        self._loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop
        try:
            self._in_loop(self._begin(), INSPECTION_SECONDS + ANSWER_SECONDS)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError | TimeoutError):
                raise SandboxError(f"{deployment.name}: the Dask scheduler does not answer: {error}") from error
            raise

    @property
    def slots(self) -> int:
        """How many orders the accepted machines carry out at once; at least 1."""
        return max(1, sum(machine.slots for machine in self.machines() if not machine.refusal))

    def machines(self) -> tuple[Machine, ...]:
        """The machines that have joined, with those that are refused, in the order of their addresses."""
        with self._lock:
            return tuple(sorted(self._machines.values(), key=lambda machine: machine.address))

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        """Queue an order, or find the same order submitted before. Raises SandboxError once the evaluator has ended."""
        with self._lock:
            if self._ended is not None:
                raise SandboxError(str(self._ended))
            job = self._jobs.get(order)
            if job is None:
                job = self._jobs[order] = self._waiting[order] = _Job(order, speculative=speculative)
            if not speculative:
                job.speculative = False
                if job.future.done():
                    del self._jobs[order]
        self._loop.call_soon_threadsafe(self._dispatch)
        return job.future

    def forget(self, order: Order) -> bool:
        """Drop an order that nobody will ask for, and cancel it if it runs. Returns whether it was started."""
        with self._lock:
            job = self._jobs.pop(order, None)
            self._waiting.pop(order, None)
            task = job.task if job else None
        if task is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(task.cancel)
        return job is not None and job.started

    def close(self) -> None:
        """End the workers and close the cluster; orders without a result raise SandboxError. Idempotent."""
        is_first = self._end(SandboxError("the evaluator is closed"))
        with self._closing:
            if is_first or self._client.status != "closed":
                with suppress(OSError, TimeoutError, RuntimeError, *_CANCELLED):
                    self._in_loop(self._finish_all(), CLOSING_SECONDS)
            self._deployment.close()

    def _in_loop(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop).result(
            seconds + ANSWER_SECONDS
        )

    async def _begin(self) -> None:
        await self._look()
        await asyncio.gather(*self._inspections.values())
        self._is_started = True
        self._watching = self._loop.create_task(self._watch())

    async def _finish_all(self) -> None:
        """Stop the programs that workers run for this evaluator, and everything that runs on the loop."""
        if self._is_started:
            self._watching.cancel()
        for task in [*self._inspections.values(), *(job.task for job in self._running if job.task is not None)]:
            task.cancel()
        if self._has_measured and self._client.status == "running":
            await self._client.run(end_orders, self._key, workers=self._usable(), on_error="ignore")

    # -- workers

    async def _watch(self) -> None:
        while self._ended is None:
            with suppress(Exception):  # whatever Dask makes of what it reads
                await self._look()
            self._judge()
            self._dispatch()
            await asyncio.sleep(POLL_SECONDS)

    async def _look(self) -> None:
        """Update the list of workers, and inspect new ones."""
        threads: dict[str, int] = await asyncio.wait_for(self._client.nthreads(), ANSWER_SECONDS)
        self._heard = time.monotonic()
        with self._lock:
            for address in self._machines.keys() - threads.keys():
                del self._machines[address]
            new = threads.keys() - self._machines.keys() - self._inspections.keys()
        for address in new:
            task = self._loop.create_task(self._inspect(address, threads[address]))
            self._inspections[address] = task
            task.add_done_callback(lambda _, address=address: self._inspections.pop(address))  # type: ignore[misc]
        if self._usable():
            self._supplied, self._has_told = self._heard, False

    async def _inspect(self, address: str, slots: int) -> None:
        """Let a worker describe itself, and decide whether it is used. One that does not answer is asked again."""
        try:
            call = self._client.run(describe_worker, address, slots, workers=[address], on_error="return")
            sent = (await asyncio.wait_for(call, INSPECTION_SECONDS)).get(address)
        except (OSError, TimeoutError, RuntimeError):
            return
        except Exception as error:  # noqa: BLE001 (whatever Dask makes of what a worker sent)
            sent = error
        if sent is None or isinstance(sent, OSError):
            return
        try:
            answer = sent if isinstance(sent, Exception) else from_bytes(sent)
            assert not isinstance(answer, OrderResult)  # nobody ordered one
        except ValueError as error:
            answer = SandboxError(f"its answer is invalid: {error}")
        if isinstance(answer, Machine):
            refusal = differences(answer.versions, versions()) or lacking(answer.protections, self._require)
            self._admit(replace(answer, address=address, slots=slots, refusal=refusal))
        else:
            host = address.partition("://")[2].rpartition(":")[0]
            self._admit(Machine(address, host, slots, {}, "", {}, _why(answer)))

    def _admit(self, machine: Machine) -> None:
        with self._lock:
            self._machines[machine.address] = machine
        if machine.refusal and self._is_started:
            notify(escape(f"worker {machine.address} on {machine.host} is not used: {machine.refusal}"))
        self._dispatch()

    def _refuse(self, unfit: Machine) -> None:
        """Use a worker that was used no longer, as it asks for itself."""
        machine = self._machines.get(unfit.address)
        if machine is not None and not machine.refusal:
            self._admit(replace(machine, refusal=unfit.refusal or "it refused an order"))

    def _usable(self) -> list[str]:
        with self._lock:
            return [address for address, machine in self._machines.items() if not machine.refusal]

    def _judge(self) -> None:
        """End if the cluster is lost. Submit orders again if all workers that they may go to are lost."""
        silent, usable = time.monotonic() - self._heard, self._usable()
        name = self._deployment.name
        if silent > connect_seconds() or self._deployment.is_lost:
            self._end(
                SandboxError(f"{name}: lost the Dask scheduler; when it is back, `strop resume` continues the run")
            )
        for job in self._running:
            if job.workers is not None and job.task is not None and usable and not {*usable} & {*job.workers}:
                job.task.cancel("again")
                self._shipped = None  # its holder was lost, too
        with self._lock:
            is_wanted = any(not job.speculative and not job.future.done() for job in self._jobs.values())
        waited = time.monotonic() - self._supplied
        if not is_wanted or usable or self._inspections:
            return
        if waited > self._deployment.patience:
            self._end(SandboxError(f"{name}: no worker that can be used has joined for {waited:.0f} seconds"))
        elif waited > 5 and not self._has_told:
            self._has_told = True
            notify(f"{name}: waiting for a worker")

    # -- orders

    def _next(self) -> _Job | None:
        """The next order to submit: one that was asked for, else, if a slot is free, the first of the others."""
        with self._lock:
            orders = (order for order, job in self._waiting.items() if not job.speculative)
            order = next(orders, None)
            if order is None and self._waiting:
                slots = sum(machine.slots for machine in self._machines.values() if not machine.refusal)
                if len(self._running) < slots:
                    order = next(iter(self._waiting))
            if order is None:
                return None
            job = self._waiting.pop(order)
            self._running.add(job)
            job.started = True
            return job

    def _dispatch(self) -> None:
        """Submit what can be submitted. On the loop."""
        usable = self._usable()
        is_mixed = len(usable) < len(self._machines)
        if self._client.status != "running" or self._ended is not None or (is_mixed and not usable):
            return
        while (job := self._next()) is not None:
            job.workers = usable if is_mixed else None
            self._has_measured = True
            job.task = self._loop.create_task(self._carry_out(job))
            job.task.add_done_callback(partial(self._left, job))

    def _left(self, job: _Job, task: asyncio.Task[None]) -> None:
        with self._lock:
            self._running.discard(job)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._finish(job, SandboxError(f"a worker of {self._deployment.name} failed: {_why(error)}"))
        self._dispatch()

    async def _carry_out(self, job: _Job) -> None:
        """Submit an order and wait for its result, or put the order back."""
        if self._shipped is None or self._shipped.status in ("cancelled", "lost", "error"):
            self._shipped = self._client.submit(keep, self._equipment, pure=False, workers=job.workers)
        remote = self._client.submit(
            measure_order,
            job.order,
            self._shipped,
            versions(),
            self._key,
            pure=False,
            priority=-1 if job.speculative else 0,
            workers=job.workers,
        )
        try:
            answer = from_bytes(await remote, job.order)
        except _CANCELLED as error:
            if error.args[:1] == ("again",) or remote.status in ("cancelled", "lost"):  # the scheduler was lost
                self._again(job)
                return
            raise
        except Exception as error:  # noqa: BLE001 (whatever a worker raises that is not ours)
            await asyncio.sleep(POLL_SECONDS)  # a lost connection is noticed meanwhile
            with suppress(OSError, TimeoutError, RuntimeError):
                await self._look()  # a worker that cannot load this package is refused
                await asyncio.gather(*self._inspections.values())
            what = "sent an invalid answer" if isinstance(error, ValueError) else "failed"
            lost = WorkerLost(f"a worker of {self._deployment.name} {what}: {_why(error)}")
            self._again(job, lost if self._client.status == "running" else None)
            return
        if isinstance(answer, Machine):
            self._refuse(answer)
            self._again(job)
        else:
            self._finish(job, answer)

    def _finish(self, job: _Job, result: OrderResult | BaseException) -> None:
        with self._lock:
            if not job.speculative and self._jobs.get(job.order) is job:
                del self._jobs[job.order]
        with suppress(InvalidStateError):  # the evaluator ended meanwhile
            if isinstance(result, BaseException):
                job.future.set_exception(result)
            else:
                job.future.set_result(result)

    def _again(self, job: _Job, error: WorkerLost | None = None) -> None:
        """Give an order again, before all others. `error`: why the attempt failed; None: the attempt does not count."""
        job.attempts += error is not None
        if error is not None and job.attempts >= MOST_ATTEMPTS:
            self._finish(job, error)
            return
        with self._lock:
            if self._ended is None and self._jobs.get(job.order) is job:
                self._waiting[job.order] = job
                self._waiting.move_to_end(job.order, last=False)

    def _end(self, error: StropError) -> bool:
        """Fail all orders, now and later. Returns whether this is the first time."""
        with self._lock:
            if self._ended is not None:
                return False
            self._ended = error
            jobs = list(self._jobs.values())
            self._waiting.clear()
            self._jobs.clear()
        for job in jobs:
            self._finish(job, error)
        return True


def _why(error: BaseException) -> str:
    """Why a worker cannot be used, as a clause."""
    words = " ".join(str(error).split())[:500]
    if isinstance(error, ModuleNotFoundError) and "'strop" in words:
        return "strop is not installed there, or another version"
    return words if isinstance(error, StropError | ValueError) else f"{type(error).__name__}: {words}"


def _without_own_installation(path: tuple[str, ...]) -> tuple[str, ...]:
    """A search path without the folders of this Python, in whose place a worker has its own."""
    return tuple(entry for entry in path if not entry.startswith((sys.prefix, sys.base_prefix)))
