"""Work done side by side that ends at its first error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait


def run_all(work: Sequence[Callable[[], object]], workers: int, name: str) -> list[BaseException]:
    """Do `work` in its order, at most `workers` (1 and up) at once, in threads called `name`; the errors, in the same order.

    After the first error nothing new is begun; what was begun comes to its end, and may fail too.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as pool:
        futures = [pool.submit(each) for each in work]
        _, waiting = wait(futures, return_when=FIRST_EXCEPTION)
        for future in waiting:
            future.cancel()
    return [error for future in futures if not future.cancelled() and (error := future.exception()) is not None]


def all_or_error(work: Sequence[Callable[[], object]], workers: int, name: str) -> None:
    """The same. Raises the first of the errors, in the order of `work`."""
    for error in run_all(work, workers, name):
        raise error
