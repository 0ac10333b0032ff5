"""The functions that run on Dask workers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from distributed import get_worker

from strop.base.errors import SandboxError, SandboxUnavailable, StropError
from strop.evaluation.base import Measured, Order
from strop.evaluation.machines import Machine, differences, inspect_this_machine, versions
from strop.evaluation.processes import LocalWorker
from strop.evaluation.station import Equipment
from strop.evaluation.worker import portable


@dataclass(frozen=True)
class Unfit:
    """The answer of a worker that must not measure for this coordinator."""

    machine: Machine


_lock = threading.Lock()
_measuring: defaultdict[str, set[LocalWorker]] = defaultdict(set)
"""Key of an evaluator → the worker processes that measure for it."""
_closed: deque[str] = deque(maxlen=1000)
"""Keys of the last evaluators that closed: an order of theirs may be starting."""


def keep(equipment: Equipment) -> Equipment:
    """The equipment itself: the result of a Dask task, which each worker fetches once."""
    return equipment


async def describe_worker(address: str, slots: int) -> Machine | StropError:
    """This worker. Does not disturb what it does meanwhile."""
    try:
        return await asyncio.to_thread(inspect_this_machine, address, slots)
    except StropError as error:
        return portable(error)


def measure_order(
    order: Order, equipment: Equipment, required: Mapping[str, str], key: str
) -> Measured | StropError | Unfit:
    """Carry out an order in a worker process that has this equipment. `required`: the versions of the coordinator."""
    if different := differences(versions(), required):
        return _unfit(different)
    try:
        process = LocalWorker(equipment)
    except SandboxUnavailable as error:
        return _unfit(str(error))
    except StropError as error:
        return _named(error)
    try:
        with _lock:
            if key in _closed:  # while the process started
                return SandboxError("the evaluator is closed")
            _measuring[key].add(process)
        return process.measure(order)
    except StropError as error:
        return _named(error)
    finally:
        with _lock:
            _measuring.get(key, set()).discard(process)
        process.close()


async def end_orders(key: str) -> None:
    """End the worker processes that measure for an evaluator, which needs no results any more."""
    with _lock:
        _closed.append(key)
        processes = _measuring.pop(key, set())
    for process in list(processes):
        await asyncio.to_thread(process.close)


def _unfit(refusal: str) -> Unfit:
    worker = get_worker()
    return Unfit(Machine(worker.address, socket.gethostname(), worker.state.nthreads, versions(), "", {}, refusal))


def _named(error: StropError) -> StropError:
    """The error, with the name of this machine if the machine is to blame."""
    if isinstance(error, SandboxError):
        return type(error)(f"{socket.gethostname()}: {error}")
    return portable(error)
