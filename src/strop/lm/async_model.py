"""The event loop of this process, in which models answer, and the base of models that answer in it.

Each call of `complete` is a set of tasks in one event loop, which all models of the process share. The thread that called waits
for their answers and gives each to `keep` when it arrives.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from strop.base.errors import LanguageModelError, OutOfThreads, starting_threads
from strop.lm.base import Completion, CompletionBatch, Fault, Keep, Request
from strop.lm.pace import Outage

T = TypeVar("T")

CLOSED = "the model is closed"
"""The message of `model_closed`."""
STOPPED = "the model was closed before its response was there"

Deliver: TypeAlias = Callable[[int, Completion], None]
"""Takes the index of a request and its completion. Safe to call from any thread."""

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def event_loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process. The first call starts it in a thread of its own, which lives as long as the process.

    Raises:
        OutOfThreads: the system does not start another thread.
    """
    global _loop
    with _starting:
        if _loop is None:
            loop = asyncio.new_event_loop()
            try:
                _start_thread(loop.run_forever)
            except OutOfThreads:
                loop.close()
                raise
            _loop = loop
        return _loop


def _forget_loop() -> None:
    global _loop, _starting
    _starting, _loop = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_loop)  # the thread of the loop does not exist in the child


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work`, called in a new thread. Cancelling does not stop the thread.

    Raises:
        OutOfThreads: the system does not start another thread.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if result.cancelled():
            return
        if error is None:
            result.set_result(value)  # type: ignore[arg-type]
        else:  # a task cannot raise StopIteration, and others than Exception would end the event loop
            is_plain = isinstance(error, Exception) and not isinstance(error, StopIteration)
            result.set_exception(error if is_plain else RuntimeError(repr(error)))

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:  # noqa: BLE001 - raised again by the task that waits
            error = raised
        loop.call_soon_threadsafe(settle, value, error)

    _start_thread(run)
    return await result


async def together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all coroutines to their end. If this task is cancelled, so are they, and each may still say what it cost.

    Raises:
        LanguageModelError: some failed. The message is that of the failure with the most attempts; `faults` are those of all.
        BaseException: a coroutine failed in another way.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    errors = [model_closed() if task.cancelled() else task.exception() for task in tasks]
    failures: list[LanguageModelError] = []
    for error in errors:
        if isinstance(error, LanguageModelError):
            failures.append(error)
        elif error is not None:
            raise error
    if failures:
        faults = tuple(fault for failure in failures for fault in failure.faults)
        last = max(failures, key=_attempts)
        raise LanguageModelError(str(last), faults) from last


class AsyncModel:
    """A model that answers in tasks of the event loop. Subclasses define `answer`, or `ask`."""

    _outage: Outage | None = None
    last_seconds = 10.0

    def __init__(self, name: str, *, is_language_model: bool = True) -> None:
        self.name = name
        self.is_language_model = is_language_model
        self._finished = False
        self._calls: set[asyncio.Task[Any]] = set()

    async def answer(self, request: Request) -> Completion:
        """The answer to one request.

        Raises:
            LanguageModelError: there is none; the error has the faults.
        """
        raise NotImplementedError

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Answer the requests of one call, and deliver each answer when it arrives.

        Raises:
            LanguageModelError: some have no answer; the error has the faults that no completion has.
        """

        async def answer_one(index: int) -> None:
            deliver(index, await self.answer(requests[index]))

        await together(map(answer_one, range(len(requests))))

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        return f"{self.name}: {error}{batch.unanswered()}"

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: some request has no response; all others were waited for.
        """
        batch = CompletionBatch(requests, keep)
        arrivals: queue.SimpleQueue[tuple[int, Completion] | None] = queue.SimpleQueue()
        call = asyncio.run_coroutine_threadsafe(self._call(requests, arrivals), event_loop())
        try:
            while (arrival := arrivals.get()) is not None:
                batch.add(*arrival)
            error = call.result()
        finally:
            call.cancel()  # does nothing unless this thread was interrupted, or `keep` raised
        if isinstance(error, LanguageModelError):
            raise LanguageModelError(self.failure_message(error, batch), error.faults) from error
        if error is not None:
            raise error
        return batch.completions()

    def finish(self) -> None:
        """Send nothing more. Answers on their way have `last_seconds` to arrive. Idempotent."""
        self._finished = True
        if _loop is None:
            self._end_waits()
        else:
            _loop.call_soon_threadsafe(self._end_waits)

    def close(self) -> None:
        """Finish and end what is under way. A call that waits raises. Idempotent."""
        self.finish()
        loop = _loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._close(), loop).result()

    def _end_waits(self) -> None:
        """End the waits of requests that are not sent yet, and after `last_seconds` the other requests. Runs in the event
        loop."""
        if self._outage is not None:
            self._outage.finish()
        for call in self._calls:
            asyncio.get_running_loop().call_later(self.last_seconds, call.cancel)

    async def _release(self) -> None:
        """Close connections."""

    async def _close(self) -> None:
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls)
        await self._release()

    async def _call(
        self, requests: Sequence[Request], arrivals: queue.SimpleQueue[tuple[int, Completion] | None]
    ) -> Exception | None:
        """Answer the requests, and return the error if some have no answer. It is not raised: after an interrupt nobody would see
        it."""
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        try:
            if requests and self._finished:
                return model_closed()
            if requests:
                await self.ask(requests, lambda index, completion: arrivals.put((index, completion)))
            return None
        except Exception as error:  # noqa: BLE001 - raised again by the thread that called
            return error
        finally:
            self._calls.discard(call)
            arrivals.put(None)


def model_closed(faults: Sequence[object] = ()) -> LanguageModelError:
    """The error of a request that was not sent, or not sent again."""
    return LanguageModelError(CLOSED, tuple(faults))


def _start_thread(work: Callable[[], object]) -> None:
    with starting_threads():
        threading.Thread(target=work, name="language-model", daemon=True).start()


def _attempts(error: LanguageModelError) -> int:
    last = error.faults[-1] if error.faults else None
    return last.attempt if isinstance(last, Fault) else 0
