"""The functions that run on Dask workers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Mapping

from distributed import get_worker

from strop.base.errors import SandboxError, SandboxUnavailable, StropError
from strop.evaluation.base import Machine, Order
from strop.evaluation.machines import differences, inspect_this_machine, versions
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import Equipment
from strop.tasks.base import blame
from strop_dask.answers import Answer, to_bytes

_lock = threading.Lock()
_measuring: defaultdict[str, set[WorkerPool]] = defaultdict(set)
"""Key of an evaluator → the pools, of one process each, that measure for it."""
_closed: deque[str] = deque(maxlen=1000)
"""Keys of the last evaluators that closed: an order of theirs may be starting."""


def keep(equipment: Equipment) -> Equipment:
    """The equipment itself: the result of a Dask task, which each worker fetches once."""
    return equipment


async def describe_worker(address: str, slots: int) -> bytes:
    """This worker: a `Machine`, as bytes. Does not disturb what it does meanwhile."""
    try:
        return to_bytes(await asyncio.to_thread(inspect_this_machine, address, slots))
    except StropError as error:
        return to_bytes(error)


def measure_order(order: Order, equipment: Equipment, required: Mapping[str, str], key: str) -> bytes:
    """Carry out an order in a worker process that has this equipment; as bytes, `OrderResult`, an error, or, if this worker must
    not measure, its `Machine`. `required`: the versions of the coordinator."""
    try:
        return to_bytes(_measure(order, equipment, required, key))
    except Exception as error:  # noqa: BLE001 (objects of the task can fail wherever they are touched)
        return to_bytes(SandboxError(blame(f"{socket.gethostname()}: a worker", error)))


def _measure(order: Order, equipment: Equipment, required: Mapping[str, str], key: str) -> Answer:
    if different := differences(versions(), required):
        return _unfit(different)
    process = WorkerPool(equipment, 1)
    try:
        with _lock:
            if key in _closed:  # while the process started
                return SandboxError("the evaluator is closed")
            _measuring[key].add(process)
        return process.submit(order).result()
    except SandboxUnavailable as error:
        return _unfit(str(error))
    except StropError as error:
        return _named(error)
    finally:
        with _lock:
            _measuring.get(key, set()).discard(process)
        process.close()


async def end_orders(key: str) -> None:
    """End the worker processes of an evaluator that no longer needs results."""
    with _lock:
        _closed.append(key)
        processes = _measuring.pop(key, set())
    for process in list(processes):
        await asyncio.to_thread(process.close)


def _unfit(refusal: str) -> Machine:
    worker = get_worker()
    return Machine(worker.address, socket.gethostname(), worker.state.nthreads, versions(), "", {}, refusal)


def _named(error: StropError) -> StropError:
    """The error, with the name of this machine if the machine is to blame."""
    if isinstance(error, SandboxError):
        return type(error)(f"{socket.gethostname()}: {error}")
    return error
