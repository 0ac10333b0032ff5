"""Run callables in parallel; start no more after the first error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait


def run_all(work: Sequence[Callable[[], object]], workers: int, name: str) -> list[BaseException]:
    """Call `work` in order, at most `workers` (≥ 1) at once, in threads called `name`; returns the errors, in the same order.

    After the first error no call starts; those that are running finish, and may fail too.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as pool:
        futures = [pool.submit(call) for call in work]
        _, waiting = wait(futures, return_when=FIRST_EXCEPTION)
        for future in waiting:
            future.cancel()
    return [error for future in futures if not future.cancelled() and (error := future.exception()) is not None]


def all_or_error(work: Sequence[Callable[[], object]], workers: int, name: str) -> None:
    """Call `work` as `run_all` does, but raise the first of the errors in the order of `work`."""
    for error in run_all(work, workers, name):
        raise error
