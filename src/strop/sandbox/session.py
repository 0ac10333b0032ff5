"""The host's end of one guest: send its program and its calls, answer its requests, enforce its limits, and end it.

Everything a guest does ends in an `Outcome`, which depends only on what the host sees: frames, the kernel's CPU clock of the
child, its exit status. The child is killed as soon as the outcome is known, unless it returned a value and may be called again;
the host never waits for the end of a pipe. One thread runs a session; handlers run on others (`requests`).

A session takes children from a callable; `fork_server` and `confinement` make and confine them.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice

from strop.base.closing import ClosesItself
from strop.base.errors import SandboxError
from strop.sandbox import messages
from strop.sandbox.base import (
    MOST_STARVED,
    THREADS,
    Arguments,
    Call,
    CallSpent,
    GuestProgram,
    Handler,
    Limits,
    Outcome,
    Refusal,
    Returned,
    TimedOut,
    Value,
    Violated,
)
from strop.sandbox.link import ChildLike, Link
from strop.sandbox.wire import FrameError

MAX_OPEN = 256
"""Requests that a guest may have open, each on a thread, before the host stops reading from it until some are answered."""


MAX_COST = 8_000_000
"""Most cost of reading a guest's requests and refused frames (`FrameReader.cost`): some seconds, during which no clock of the
guest runs. Answers do not count: there is one for each call, with limits of its own."""
TOO_COSTLY = "messages that take the host too long to read"


class Ledger:
    """Accounts of what one guest sent. In each child, ids of requests must increase and are limited in number. The cost of
    reading requests and refused frames adds up over all its children."""

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


class Requests:
    """Answers the requests of a guest. This one is for solutions, which are offered no methods."""

    wake = -1
    """A descriptor that is readable once there are replies; -1 if there never are."""
    open = 0
    """Requests that have no reply yet."""

    def submit(self, request: messages.GuestRequest) -> None:
        """Start to answer a request. Raises FrameError if no such method is offered."""
        raise FrameError(f"an unknown method: {request.method[:100]!r}")

    def replies(self) -> Iterator[bytes]:
        """The frames of the requests that are answered by now. Raises what a handler raised, unless it is a `Refusal`."""
        return iter(())


NO_REQUESTS = Requests()


class Dispatcher(Requests, ClosesItself):
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

    def submit(self, request: messages.GuestRequest) -> None:
        """Start to answer a request. At the first request of another thread than the main one, call the method THREADS, if it is
        offered. Raises FrameError if no such method is offered."""
        if request.from_thread and (on_threads := self._in_threads):
            self._in_threads = None
            on_threads([])
        handler = self._handlers.get(request.method)
        if handler is None:
            return super().submit(request)
        self.open += 1
        future = self._pool.submit(handler, request.params)
        future.add_done_callback(lambda done: self._finish(request.id, done))

    def replies(self) -> Iterator[bytes]:
        with suppress(BlockingIOError):
            os.read(self.wake, 4096)
        yield from self._answered()

    def raise_failure(self) -> None:
        """After the guest has ended: raise what a handler raised that was still running then."""
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

    def close(self) -> None:
        """Wait for the handlers that are running."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        os.close(self.wake)
        os.close(self._waker)


LEAST_WAIT = 0.002
"""Seconds between two readings of the CPU clock of a guest near its limit."""
AHEAD = 64
"""How many orders a guest gets before it has answered the current one, so that it need not wait for the host between two calls.
A program that reads them in advance may divide its time among these calls as it likes. Each answer must still come before the
limit after the previous one (design note 0078)."""


class Session(ClosesItself):
    """A `Guest`: one program, in one child after another."""

    memory_bytes = 0

    def __init__(
        self,
        program: GuestProgram,
        limits: Limits,
        take: Callable[[], ChildLike],
        handlers: Mapping[str, Handler] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`take` returns a fresh child that runs `guest/main.py`; it may block or raise `SandboxError`."""
        self._program, self._take, self._clock = program, take, clock
        self._exact = program.role == "strop_harness"
        self.limits = limits
        """The limits of its next call; a child keeps the sizes of frames and output that it began with."""
        self._handlers = dict(handlers or {})
        self._link: Link | None = None
        self._sent = 0
        """Orders that were sent to the child and are not answered yet."""
        self._calls = 0
        """Outcomes so far."""
        self._ledger = Ledger(limits.requests)
        self.host_seconds: Callable[[], float] = lambda: 0.0
        """Seconds so far in which the guest waited for the host outside of this session; no wall limit counts them."""
        self.release: Callable[[], None] = lambda: None
        """Called once, when the session is closed."""
        self._closing = threading.Lock()

    def call(self, arguments: Arguments, *, seed: int | None) -> Outcome:
        """Call the entry point and wait for the outcome; see `Guest.call`. Without a seed the generators stay as they are.

        If a handler raises anything but a `Refusal`, the guest is killed and the error is raised here. Handlers that still run
        when the guest ends are waited for, so nothing continues in the background."""
        order = messages.call(arguments, seed, exact=self._exact)
        if not self._handlers:
            return self._outcome(deque([order]), 0, NO_REQUESTS)
        with Dispatcher(self._handlers) as dispatcher:
            outcome = self._outcome(deque([order]), 0, dispatcher)
        dispatcher.raise_failure()
        return outcome

    def calls(self, calls: Iterable[Call]) -> Iterator[Outcome]:
        """Call the entry point once for each (arguments, seed) and yield the outcomes in order; see `Guest.calls`."""
        orders = (messages.call(arguments, seed, exact=self._exact) for arguments, seed in calls)
        waiting = deque(islice(orders, AHEAD + 1))
        while waiting:
            yield self._outcome(waiting, AHEAD, NO_REQUESTS)
            waiting.extend(islice(orders, 1))

    def settle(self, most: float) -> float:
        """See `Guest.settle`."""
        return 0.0 if self._link is None else self._link.settle(most)

    def close(self) -> None:
        """Kill the child and free what it held. Idempotent."""
        with self._closing:
            release, self.release = self.release, lambda: None
        link, self._link = self._link, None
        self._sent = 0
        try:
            if link is not None:
                link.close()
        finally:
            release()

    def _outcome(self, waiting: deque[bytes], most_ahead: int, dispatcher: Requests) -> Outcome:
        """The outcome of the first order of `waiting`, which is removed. Up to `most_ahead` of the next ones are sent before it
        is known."""
        started = self._clock()
        link, frames = self._ready_link()
        was_sent = self._sent > 0
        frames += list(islice(waiting, self._sent, most_ahead + 1))
        self._sent = min(most_ahead + 1, len(waiting))
        came_along = was_sent and self._sent > 1 and link.frames.complete(1) > 0
        outcome: Outcome | None = None
        try:
            link.send(*frames)
            call = _Call(link, dispatcher, self._ledger, self.limits, self._clock)
            call.host_seconds = self.host_seconds
            outcome = call.outcome(was_sent=was_sent, came_along=came_along, others=self._sent - 1)
        finally:
            if not (came_along and isinstance(outcome, Returned)):
                cpu = link.cpu_of_call() if isinstance(outcome, Returned) else link.cpu_since_call()
                spent = CallSpent(cpu, self._clock() - started)
                printed, denied = link.end_call(), link.denied()
                if not isinstance(outcome, Returned) or dispatcher.open:
                    self.close()  # before waiting for handlers that still run
                outcome = outcome and replace(outcome, spent=spent, output=printed, denied=denied)
        waiting.popleft()
        self._calls += 1
        self._sent = max(self._sent - 1, 0)
        return outcome

    def _ready_link(self) -> tuple[Link, list[bytes]]:
        """The child of the previous call, or a fresh one; and the frames that it needs before its next order."""
        if self._link is not None and (self._sent or self._link.alive()):
            return self._link, []
        self.close()
        reads_once = self._program.answers_alike
        self._link = Link(self._take(), self.limits, strict=not self._exact, reads_once=reads_once)
        self._ledger.fresh_child()
        return self._link, [messages.load(self._program)]


class _Call:
    """One call, from the order to the outcome."""

    def __init__(
        self, link: Link, dispatcher: Requests, ledger: Ledger, limits: Limits, clock: Callable[[], float]
    ) -> None:
        self._link, self._dispatcher, self._ledger, self._limits = link, dispatcher, ledger, limits
        self._watch = _CallWatch(clock)
        self._others = 0
        self.host_seconds: Callable[[], float] = lambda: 0.0

    def outcome(self, *, was_sent: bool, came_along: bool, others: int) -> Outcome:
        """Run the call to its outcome. Raises what a handler raised.

        `was_sent`: the order was sent during an earlier call, so its answer may be there already. `came_along`: the answer was
        read together with the previous one, and its time counted there. `others`: how many further orders the guest has."""
        link, dispatcher = self._link, self._dispatcher
        self._others = others
        if self._ledger.exhausted:
            return Violated(TOO_COSTLY)
        if was_sent:
            if not came_along:
                link.read_now()
            answer = self._read(link, counted=came_along)
            if answer is not None:
                return answer
        elif not link.frames.empty:
            return Violated("something was sent between two calls")
        while True:
            reading = dispatcher.open + link.unsent < MAX_OPEN
            if link.poll(dispatcher.wake, reading=reading, seconds=self._next_look()):
                for frame in dispatcher.replies():
                    link.send(frame)
            answer = self._read(link)
            if answer is not None:
                return answer
            self._watch.waits(dispatcher.open > 0)
            if link.dead:
                return link.death()
            late = self._late()
            if late is not None:
                return late

    def _read(self, link: Link, *, counted: bool = False) -> Outcome | None:
        """Take the frames that have arrived. Return the outcome if one of them ends the call, or came after the limit of CPU
        time.

        `counted`: CPU time was compared with its limit already. A frame that has arrived is never late by the wall limit, because
        after a pause of the host nobody knows when it came. Time that the host spends on reading is not charged to the guest.
        """
        try:
            while True:
                if not counted and not link.frames.empty and self._has_used_its_time():
                    return TimedOut("cpu", self._limits.cpu_seconds)
                frame = link.frames.take()
                if frame is None:
                    return None
                message = messages.parse(frame, self._limits.memory_bytes)
                if not isinstance(message, messages.GuestRequest):
                    return self._answered(message)
                self._ledger.admit(message, link.frames.cost)
                self._dispatcher.submit(message)
        except FrameError as error:
            self._ledger.wasted(link.frames.cost)
            return Violated(str(error))

    def _answered(self, answer: messages.Answer) -> Outcome:
        frames = self._link.frames
        # A guest that sends more answers than it has orders ends at once; else the host would read for ever.
        if frames.complete(self._others + 1) > self._others or (not self._others and not frames.empty):
            return Violated("more was sent after the answer")
        return replace(answer, digest=frames.digest) if isinstance(answer, Returned) else answer

    def _late(self) -> TimedOut | None:
        if self._has_used_its_time():
            return TimedOut("cpu", self._limits.cpu_seconds)
        return TimedOut("wall", self._limits.wall_seconds) if self._wall_left() <= 0.0 else None

    def _has_used_its_time(self) -> bool:
        # A guest that has answered works on while the host is late to read: each answer that has arrived may have used the limit.
        answers = self._link.frames.complete(self._others + 1) if self._others else 0
        return self._link.cpu_since_call() >= (answers + 1) * self._limits.cpu_seconds

    def _wall_left(self) -> float:
        """Seconds until the wall limit. Waiting for a core or for the host does not count, so a busy machine fails no program."""
        limit, elapsed = self._limits.wall_seconds, self._watch.elapsed()
        if elapsed < limit:
            return limit - elapsed
        return limit - elapsed + min(self._link.starved_since_call() + self.host_seconds(), MOST_STARVED * limit)

    def _next_look(self) -> float:
        """Seconds until a limit can be reached at the earliest: CPU time passes at most once per core."""
        cpu = (self._limits.cpu_seconds - self._link.cpu_since_call()) / _cores()
        wall = self._wall_left()
        return max(min(cpu, wall if self._dispatcher.open == 0 else cpu), LEAST_WAIT)


@cache
def _cores() -> int:
    return os.cpu_count() or 1


class _CallWatch:
    """Wall time of a call, without the time in which the guest waits for the host."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._ran = 0.0
        self._waiting = False

    def waits(self, waiting: bool) -> None:
        """Set whether the guest is waiting from now on."""
        now = self._clock()
        if not self._waiting:
            self._ran += now - self._since
        self._since, self._waiting = now, waiting

    def elapsed(self) -> float:
        """Seconds so far, without those of waiting for the host."""
        return self._ran if self._waiting else self._ran + self._clock() - self._since
