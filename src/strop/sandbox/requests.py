"""Answer a guest's requests on a bounded set of threads while its call continues.

One `Dispatcher` serves one call. Handlers run on its threads; the session's thread calls everything else and is woken through
a pipe. A handler that raises anything but `Refusal` is a failure of the host: the error
comes out of `replies` and ends the call.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from strop.base.errors import SandboxError
from strop.sandbox import messages
from strop.sandbox.base import THREADS, Handler, Refusal, Value
from strop.sandbox.wire import FrameError

MAX_OPEN = 256
"""Requests that a guest may have open, each on a thread, before the host stops reading from it until some are answered."""


MAX_COST = 8_000_000
"""Limit on the cost of reading a guest's requests and what is refused of it (`FrameReader.cost`): some seconds, during which no
clock of the guest runs. Answers do not count: there is one for each call, and each has its own limits."""
TOO_COSTLY = "messages that take the host too long to read"


class Ledger:
    """Accounts of what one guest sent. In each child, ids must increase and are limited in number; the cost of reading
    requests, and frames that were refused, adds up over all its children."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._cost = 0
        self._last = 0

    @property
    def exhausted(self) -> bool:
        """Whether reading from this guest has cost too much, so the host stops."""
        return self._cost > MAX_COST

    def fresh_child(self) -> None:
        """Restart the count of requests for a new child. The cost of its predecessors stays."""
        self._count = self._last = 0

    def wasted(self, cost: int) -> None:
        """Count a frame that was refused."""
        self._cost += cost

    def admit(self, request: messages.GuestRequest, cost: int) -> None:
        """Count a request that took `cost` to read.

        Raises:
            FrameError: its id is not larger than the previous one, or the guest has sent too many requests or nodes.
        """
        if not self._last < request.id:
            raise FrameError(f"request {request.id} was already made, or comes out of order")
        self._last = request.id
        self._count += 1
        if self._count > self._limit:
            raise FrameError(f"more than {self._limit} requests")
        self._cost += cost
        if self.exhausted:
            raise FrameError(TOO_COSTLY)


class Requests(Protocol):
    """What a session needs to have a guest's requests answered."""

    wake: int
    """A descriptor that is readable once there are replies; -1 if there never are."""
    open: int
    """Requests that have no reply yet."""

    def submit(self, request: messages.GuestRequest) -> None:
        """Start to answer a request. Raises FrameError if no such method is offered."""
        ...

    def replies(self) -> Iterator[bytes]:
        """The frames of the requests that are answered by now; raises what a handler raised, unless a `Refusal`."""
        ...


class _NoRequests:
    """For guests that are offered no methods: solutions."""

    wake = -1
    open = 0

    def submit(self, request: messages.GuestRequest) -> None:
        raise FrameError(f"an unknown method: {request.method[:100]!r}")

    def replies(self) -> Iterator[bytes]:
        return iter(())


NO_REQUESTS: Requests = _NoRequests()


class Dispatcher:
    """Runs handlers for one call. Use as a context manager; leaving it waits for the handlers that are running."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        """Raises SandboxError where this process may open no more files."""
        self._handlers = handlers
        self._in_threads = handlers.get(THREADS)
        self._pool = ThreadPoolExecutor(MAX_OPEN, thread_name_prefix="guest-request")
        self._done: queue.SimpleQueue[tuple[int, Future[Value]]] = queue.SimpleQueue()
        try:
            self.wake, self._waker = os.pipe()
        except OSError as error:
            raise SandboxError(f"a guest's requests cannot be served: {error}") from error
        os.set_blocking(self.wake, False)
        self.open = 0
        """Requests that have no reply yet."""

    def submit(self, request: messages.GuestRequest) -> None:
        """Start the handler of a request. At the first one of another thread than the main one, call the method THREADS, if
        it is offered.

        Raises:
            FrameError: no such method is offered.
        """
        if request.from_thread and (told := self._in_threads):
            self._in_threads = None
            told([])
        handler = self._handlers.get(request.method)
        if handler is None:
            raise FrameError(f"an unknown method: {request.method[:100]!r}")
        self.open += 1
        future = self._pool.submit(handler, request.params)
        future.add_done_callback(lambda done: self._finish(request.id, done))

    def replies(self) -> Iterator[bytes]:
        """The frames of the requests that are answered by now; raises what a handler raised, unless a `Refusal`."""
        with suppress(BlockingIOError):
            os.read(self.wake, 4096)
        yield from self._answered()

    def raise_failure(self) -> None:
        """After the end: raise what a handler raised that was still running when the guest had ended."""
        for _ in self._answered():
            pass

    def _answered(self) -> Iterator[bytes]:
        while not self._done.empty():
            number, future = self._done.get()
            self.open -= 1
            error = future.exception()
            if error is None:
                yield messages.reply(number, future.result())
            elif isinstance(error, Refusal):
                yield messages.refusal(number, error.kind, str(error))
            else:
                raise error

    def _finish(self, number: int, future: Future[Value]) -> None:
        if not future.cancelled():
            self._done.put((number, future))
            os.write(self._waker, b"\0")

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        os.close(self.wake)
        os.close(self._waker)
