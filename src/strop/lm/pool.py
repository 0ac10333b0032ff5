"""Threads in which a model is asked, and the models that answer one request at a time in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TypeVar

from strop.base.errors import NO_THREAD, LanguageModelError, OutOfThreads
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.batch import CompletionBatch

T = TypeVar("T")
Key = TypeVar("Key")


class Pool:
    """At most so many threads; fewer where the system gives no more."""

    def __init__(self, threads: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._works = False

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do `work` in a thread when one is free. The future of a closed pool is cancelled.

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
                future.cancel()
                future.set_running_or_notify_cancel()  # whoever waits for it is told
            elif not self._works:
                raise OutOfThreads from error
            return future  # without a new thread it is queued all the same: a thread that there is will do it
        self._works = True
        return future

    def close(self, *, wait: bool = False) -> None:
        """Take no more work; what is queued is still done. Idempotent."""
        self._executor.shutdown(wait=wait)


def as_they_end(running: MutableMapping[Future[T], Key]) -> Iterator[tuple[Key, Future[T]]]:
    """What has ended is taken out of `running`, to which more may be added. Where the caller raises, the rest is cancelled."""
    try:
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future
    finally:
        for future in running:
            future.cancel()


class PooledModel:
    """A model that answers each request by itself, several at once: `answer` is called in threads."""

    def __init__(self, name: str, connections: int, *, is_language_model: bool = True) -> None:
        self.name = name
        self.is_language_model = is_language_model
        self._finished = threading.Event()
        self._pool = Pool(connections, "language-model")

    def answer(self, request: Request) -> Completion:
        """The answer to one request.

        Raises:
            LanguageModelError: there is none; the error has the faults.
        """
        raise NotImplementedError

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: some request has no answer; all others were waited for.
        """
        batch = CompletionBatch(requests, keep)
        failures: list[LanguageModelError] = []
        running = {self._pool.submit(partial(self._begin, request)): n for n, request in enumerate(requests)}
        for position, future in as_they_end(running):
            error = closed() if future.cancelled() else future.exception()
            if error is None:
                batch.add(position, future.result())
            elif isinstance(error, LanguageModelError):
                failures.append(error)
            else:
                raise error
        if failures:
            faults = [fault for error in failures for fault in error.faults]
            raise batch.failure(self._summary(max(failures, key=_attempts), batch), faults)
        return batch.completions()

    def finish(self) -> None:
        """Ask nothing more; answers on their way still come. Idempotent."""
        self._finished.set()

    def close(self) -> None:
        """Finish. Idempotent."""
        self.finish()
        self._pool.close()

    def _begin(self, request: Request) -> Completion:
        if self._finished.is_set():
            raise closed()
        return self.answer(request)

    def _summary(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """What is said of a failed call, whose longest tried request failed with this error."""
        return f"{self.name}: {error}{batch.unanswered()}"


def closed() -> LanguageModelError:
    """The error of a request that was never sent: it has no fault."""
    return LanguageModelError("the model is closed", (None,))


def _attempts(error: LanguageModelError) -> int:
    last = error.faults[-1] if error.faults else None
    return last.attempt if isinstance(last, Fault) else 0
