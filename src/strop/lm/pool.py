"""Threads in which a model is asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from strop.base.errors import NO_THREAD, OutOfThreads

T = TypeVar("T")


class Pool:
    """At most so many threads; fewer where the system gives no more."""

    def __init__(self, threads: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._works = False

    def submit(self, work: Callable[[], T]) -> Future[T] | None:
        """Do `work` in a thread when one is free. None: the pool is closed.

        Raises:
            OutOfThreads: the system does not give it a single thread.
        """
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the result
                future.set_exception(error)

        try:
            self._executor.submit(run)
        except RuntimeError as error:
            if NO_THREAD not in str(error):
                return None
            if not self._works:
                raise OutOfThreads from error
            return future  # it is queued all the same: a thread that there is will do it
        self._works = True
        return future

    def close(self, *, wait: bool = False) -> None:
        """Take no more work; what is queued is still done. Idempotent."""
        self._executor.shutdown(wait=wait)
