"""When a model is asked: how many requests are in flight, when a failed one is sent again, and when it is given up.

A request that fails for `RetryPolicy.give_up_seconds` ends its call. `openai_wire.py` decides which failures are worth another
attempt. All of it runs in one event loop.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime

from strop.base.console import notify
from strop.base.later import dataclass
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.lm.base import Fault

LONG_WAIT_SECONDS = 10.0
"""The longest time without an answer that is not reported to the user."""


class Clock:
    """The machine's clock; tests use one that does not wait."""

    def now(self) -> float:
        """Seconds from any start; they never go back."""
        return time.monotonic()

    def epoch(self) -> float:
        """Unix seconds."""
        return time.time()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait until `event` is set, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


class PacerFinished(Exception):
    """Raised in place of a turn: nothing more is sent."""


@dataclass
class Turn:
    """The right to have one request in flight. Its holder writes how the request ended."""

    number: int
    """Number of the request, from 1, in the order in which requests were sent."""
    answered: bool = False
    refused: bool = False
    """Whether the server refused the request because of its load (HTTP 429, 503, 529)."""


class Pacer:
    """Lets requests go out, first come, first served.

    As TCP does, it halves the number of requests in flight at a refusal, and allows one more for each window of answers. A
    request that was sent before the last halving does not halve again: it was refused for the same reason.
    """

    def __init__(self, connections: int, clock: Clock | None = None) -> None:
        """At most `connections` (1 and up) are in flight."""
        self._clock = clock or Clock()
        self._most = self.size = connections
        """`size`: how many may be in flight now, from 1."""
        self._in_flight = self._sent = self._answered = self._halved_after = 0
        self._held_until = 0.0
        self._queue: deque[asyncio.Event] = deque()
        """The requests that wait; the first is woken when it may be its turn."""
        self._finished = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """A turn for one attempt.

        Raises:
            PacerFinished: the pacer was finished first.
        """
        turn = await self._enter()
        try:
            yield turn
        finally:
            self._leave(turn)

    def hold(self, seconds: float) -> None:
        """Send nothing for so many seconds, because the server asks for it."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)

    def finish(self) -> None:
        """Send nothing more, and end all waits. Idempotent."""
        self._finished = True
        for waiting in self._queue:
            waiting.set()

    async def _enter(self) -> Turn:
        waiting = asyncio.Event()
        self._queue.append(waiting)
        try:
            while not self._finished:
                is_first = self._queue[0] is waiting and self._in_flight < self.size
                held = self._held_until - self._clock.now() if is_first else None
                if held is not None and held <= 0:
                    self._in_flight += 1
                    self._sent += 1
                    return Turn(self._sent)
                waiting.clear()
                await self._clock.wait(waiting, held)
            raise PacerFinished
        finally:
            self._queue.remove(waiting)
            self._wake_first()

    def _leave(self, turn: Turn) -> None:
        self._in_flight -= 1
        self._answered += turn.answered
        if turn.refused and turn.number > self._halved_after:
            self.size, self._answered, self._halved_after = max(self.size // 2, 1), 0, self._sent
        elif self._answered >= self.size:
            self.size, self._answered = min(self.size + 1, self._most), 0
        self._wake_first()

    def _wake_first(self) -> None:
        if self._queue:
            self._queue[0].set()


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with jitter; `Retry-After` takes precedence."""

    give_up_seconds: float = 1800.0
    """Seconds for which a request may fail, 0 and up; then it is given up. 0: one attempt."""
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0

    def wait(self, attempt: int, retry_after: float | None, jitter: random.Random) -> float:
        """Seconds to wait after attempt number `attempt` (from 1) has failed.

        Without `retry_after`: uniform in [w/2, w] with w = first wait · 2^(attempt - 1), capped. With it: that time, and up to
        a tenth more, so that requests refused together do not return together; at least an eighth of the wait without it,
        so that a server that keeps asking for 0 or 1 s is asked less and less often.
        """
        longest = self.first_wait_seconds * 2.0 ** min(attempt - 1, 60)
        share = 0.5 + 0.5 * jitter.random()
        if retry_after is None:
            return min(longest, self.longest_wait_seconds) * share
        least = max(retry_after, 0.0) * (1 + 0.1 * jitter.random())
        return max(least, min(longest / 8, self.longest_wait_seconds) * share)


@dataclass(eq=False)
class Attempts:
    """All attempts at one request."""

    faults: tuple[Fault, ...] = ()
    number: int = 0
    """Number of the current attempt, from 1."""
    failures: int = 0
    since: float = 0.0
    """Time of the first failure."""

    def add(self, fault: Fault) -> None:
        """Add a fault. Attempts in a row that failed alike become one fault, which has the number of the last."""
        last = self.faults[-1] if self.faults else None
        if last is None or (last.fault, last.maybe_billed) != (fault.fault, fault.maybe_billed):
            self.faults = (*self.faults, fault)
            return
        waited = last.waited_seconds + fault.waited_seconds
        self.faults = (*self.faults[:-1], replace(fault, waited_seconds=waited, times=last.times + fault.times))


class Outage:
    """The failures of one model, which its requests share: when they began, and who waits for their end."""

    def __init__(
        self,
        policy: RetryPolicy,
        who: str,
        clock: Clock | None = None,
        tell: Callable[[str], object] = notify,
        jitter: random.Random | None = None,
        hold: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        """`who`: the model's name in messages. `tell` prints a message. `hold` keeps other requests back for so many seconds."""
        self._policy, self._who, self._tell, self._hold = policy, who, tell, hold
        self._clock = clock or Clock()
        self._jitter = jitter or random.Random()
        self._finished = self._is_reported = False
        self._over = asyncio.Event()
        """Set when no request needs to wait any longer; then a new event takes its place."""
        self._failing: set[Attempts] = set()
        self._began: float | None = None
        """The time since which nothing was answered; None if nothing fails."""

    @contextmanager
    def attempts(self) -> Iterator[Attempts]:
        """Within the block, the attempts at one request; after it, the request is not sent again."""
        attempts = Attempts()
        try:
            yield attempts
        finally:
            self._failing.discard(attempts)
            if not self._failing:  # a failure an hour later is another outage
                self._began, self._is_reported = None, False

    async def retry(self, attempts: Attempts, fault: Fault, retry_after: float | None = None) -> bool:
        """Wait after an attempt that may succeed later, and return whether to send the request again.

        The fault is added to those of the request. `retry_after`: seconds that the server asks to wait; a request never waits
        longer than it has left.
        """
        now = self._clock.now()
        if not attempts.failures:
            attempts.since = now
        attempts.failures += 1
        self._failing.add(attempts)
        self._began = now if self._began is None else self._began
        left = self._policy.give_up_seconds - (now - min(self._began, attempts.since))
        if self._finished or left <= 0 or left < (retry_after or 0.0):
            attempts.add(fault)
            self._wake()  # nobody needs to wait for the end of the outage
            return False
        pause = min(self._policy.wait(attempts.failures, retry_after, self._jitter), left)
        self._hold(retry_after or 0.0)
        if now + pause - self._began > LONG_WAIT_SECONDS and left >= 1 and not self._is_reported:
            self._is_reported = True
            self._tell(
                f"{self._who} does not answer: {escape(fault.detail, 300)}; trying again for up to {duration_text(left)} "
                f"({option('give_up_after')})"
            )
        attempts.add(replace(fault, waited_seconds=pause))
        await self._clock.wait(self._over, pause)
        return not self._finished

    def answered(self, attempts: Attempts) -> None:
        """Note that the model answered this request. An outage is over, and requests that wait for its end try again now."""
        self._failing.discard(attempts)
        was_reported, began = self._is_reported, self._began
        self._is_reported, self._began = False, None
        if was_reported and began is not None:
            self._wake()
            self._tell(f"{self._who} answers again after {duration_text(self._clock.now() - began)}")

    def finish(self) -> None:
        """End all waits. Idempotent."""
        self._finished = True
        self._wake()

    def attempts_text(self, attempts: Attempts) -> str:
        """` (3 attempts in 20 s)`, for the end of a message; empty for a single attempt."""
        if attempts.number < 2:
            return ""
        return f" ({attempts.number} attempts in {duration_text(self._clock.now() - attempts.since)})"

    def _wake(self) -> None:
        self._over.set()
        self._over = asyncio.Event()


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait, 0 and up; None if it does not say, or in an unknown form.

    Reads `retry-after-ms` and `Retry-After`, the latter in seconds or as an HTTP date (RFC 9110 §10.2.3). `headers` finds
    names in any case; `now` is in seconds of the epoch.
    """
    milliseconds = number_in(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = number_in(value)
    if seconds is not None or value is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


_DELAY = re.compile(r"(?:retryDelay\W+|(?:retry|try again) (?:in|after) )(?:(\d{1,6})m)?(\d{1,9}\.?\d*) ?(ms|s)", re.I)


def delay_in(text: str) -> float | None:
    """Seconds that the text of an error asks to wait: `"retryDelay": "43s"`, `try again in 1m2.5s`; None if it asks nothing."""
    match = _DELAY.search(text)
    return match and 60 * int(match[1] or 0) + float(match[2]) / (1000 if match[3] == "ms" else 1)


def number_in(text: str | None) -> float | None:
    """The number of a header, 0 and up; None if it is missing or something else."""
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def duration_text(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 120 * 60 else f"{seconds / 3600:.3g} h"
