"""The pace of requests to one model: limits per minute, pauses that the server asks for, and how many are in flight.

Requests go out first come, first served; a request that is sent again keeps its place. All of it runs in one event loop.
"""

from __future__ import annotations

import asyncio
import bisect
import math
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from strop.base.standstill import running

Outcome: TypeAlias = Literal["answered", "limited", "overloaded", "failed"]
"""How an attempt ended. `limited`: the caller sends too many requests (HTTP 429); `overloaded`: all callers do (503, 529)."""
_MARGIN = 2
"""Requests that are held back after a refusal, so that the next one is not refused for being a moment early."""
_TINY = 1e-9
"""Less than this is missing only by rounding."""


class Clock:
    """The machine's clock; tests use one that does not wait."""

    def now(self) -> float:
        """Seconds in which this process ran; never goes back."""
        return running()

    def lost(self) -> float:
        """Seconds in which it did not run, so that what waited may have run into a time-out."""
        return running.lost()

    def epoch(self) -> float:
        """Seconds of the epoch."""
        return time.time()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait until `event` is set, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


class PacerFinished(Exception):
    """Nothing more is sent."""


@dataclass
class Turn:
    """The right to have one request in flight. Its holder writes how the request ended."""

    number: int
    """Number of the request, in the order in which requests were sent."""
    tokens: int
    """Reserved tokens."""
    outcome: Outcome = "failed"
    used_tokens: int | None = None
    """What the request took; None: not known, so the reservation stays."""


@dataclass(frozen=True)
class _Waiting:
    place: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Pacer:
    """Lets requests go out, one turn each."""

    def __init__(
        self,
        connections: int,
        *,
        requests: float | None = None,
        tokens: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """At most `connections` (1 and up) are in flight. `requests` and `tokens` are limits per minute; where None, what the
        server reports about itself is the limit."""
        self._clock = clock or Clock()
        self._window = Window(connections)
        self._limits = {"requests": requests, "tokens": tokens}
        self._buckets = {name: Bucket(limit) for name, limit in self._limits.items() if limit is not None}
        self._held_until = 0.0
        self._in_flight = 0
        self._places = 0
        self._queue: list[_Waiting] = []
        self._finished = False

    def place(self) -> int:
        """A place in the queue, for one request and all its attempts."""
        self._places += 1
        return self._places

    @asynccontextmanager
    async def turn(self, place: int, tokens: Callable[[], int]) -> AsyncIterator[Turn]:
        """A turn for one attempt that takes about `tokens()` tokens; the estimate is made again after each wait.

        Raises:
            PacerFinished: the pacer was finished first.
        """
        turn = await self._enter(place, tokens)
        try:
            yield turn
        finally:
            self._leave(turn)

    def correct(self, allowances: Mapping[str, Allowance], turn: Turn) -> None:
        """Apply what the server reports in its answer to the request of `turn`."""
        now = self._clock.now()
        for name, left in allowances.items():
            if self._limits[name] is None and 0 < left.remaining < left.limit / 2 and left.reset_seconds > 0:
                # Never slower than the limit an hour: some servers report what is left of a day.
                rate = max((left.limit - left.remaining) / left.reset_seconds, left.limit / 3600)
                self._buckets.setdefault(name, Bucket(left.limit)).set_rate(rate, left.limit, now)
            if name in self._buckets:
                # It was true when the request arrived. One request's worth of more keeps a full pace at 0 left.
                amount = _amount(name, turn)
                least = left.remaining - (self._in_flight + 1) * amount
                self._buckets[name].correct(least, left.remaining + amount, now)

    def hold(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)

    def finish(self) -> None:
        """Send nothing more, and end all waits. Idempotent."""
        self._finished = True
        for waiting in self._queue:
            waiting.changed.set()

    async def _enter(self, place: int, tokens: Callable[[], int]) -> Turn:
        waiting = _Waiting(place)
        bisect.insort(self._queue, waiting, key=lambda queued: queued.place)
        try:
            while not self._finished:
                amounts = {"requests": 1, "tokens": tokens()}
                seconds = self._seconds(amounts) if self._queue[0] is waiting else None
                if seconds == 0.0:
                    for name, bucket in self._buckets.items():
                        bucket.take(amounts[name], self._clock.now())
                    self._in_flight += 1
                    return Turn(self._window.sent(), amounts["tokens"])
                waiting.changed.clear()
                await self._clock.wait(waiting.changed, seconds)
            raise PacerFinished
        finally:
            self._queue.remove(waiting)
            self._wake_first()

    def _leave(self, turn: Turn) -> None:
        self._in_flight -= 1
        now = self._clock.now()
        if turn.used_tokens is not None and "tokens" in self._buckets:
            self._buckets["tokens"].take(turn.used_tokens - turn.tokens, now)
        if turn.outcome == "answered":
            self._window.answered()
        elif turn.outcome == "overloaded" or (turn.outcome == "limited" and not self._buckets):
            self._window.refused(turn.number)
        if turn.outcome == "limited":
            for name, bucket in self._buckets.items():
                bucket.correct(-math.inf, -_MARGIN * _amount(name, turn), now)
        self._wake_first()

    def _seconds(self, amounts: Mapping[str, int]) -> float | None:
        """How long the first of the queue has to wait, 0 for not at all; None: until another request ends."""
        if self._in_flight >= self._window.size:
            return None
        now = self._clock.now()
        waits = [bucket.seconds_until(amounts[name], now) for name, bucket in self._buckets.items()]
        return max([self._held_until - now, 0.0, *waits])

    def _wake_first(self) -> None:
        if self._queue:
            self._queue[0].changed.set()


def _amount(name: str, turn: Turn) -> int:
    """What one request takes of a limit."""
    return turn.tokens if name == "tokens" else 1


class Bucket:
    """A token bucket: it holds at most a minute's worth, is full at first and fills steadily. Its level may fall below 0.

    Reports of the server correct the level, but never above what the limit by itself allows.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._level = self._most = max(per_minute, 1.0)
        self._allowed = self._most
        """The level without corrections."""
        self._at: float | None = None

    def seconds_until(self, amount: float, now: float) -> float:
        """How long until the bucket holds `amount`, or is full where that is more than it can hold."""
        self._fill(now)
        missing = min(amount, self._most) - self._level
        return missing / self._rate if missing > _TINY else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take out `amount`; a negative one is put back."""
        self._fill(now)
        self._add(-amount)

    def correct(self, least: float, most: float, now: float) -> None:
        """The server reports that from `least` to `most` is left."""
        self._fill(now)
        self._level = min(max(self._level, least), most, self._allowed)

    def set_rate(self, per_second: float, most: float, now: float) -> None:
        """Fill at this rate, up to `most`."""
        self._fill(now)
        self._rate, self._most = per_second, max(most, 1.0)
        self._level, self._allowed = min(self._level, self._most), self._most

    def _fill(self, now: float) -> None:
        if self._at is not None:
            self._add((now - self._at) * self._rate)
        self._at = now

    def _add(self, amount: float) -> None:
        self._level = min(self._level + amount, self._most)
        self._allowed = min(self._allowed + amount, self._most)


class Window:
    """How many requests may be in flight: one more for each window of answers, half as many at a refusal (as TCP does).

    Requests that were sent before the last halving do not halve again: they were refused for the same reason.
    """

    def __init__(self, most: int) -> None:
        self._most = self.size = most
        self._answered = self._sent = self._halved_after = 0

    def sent(self) -> int:
        """Count a request that goes out; its number, from 1."""
        self._sent += 1
        return self._sent

    def answered(self) -> None:
        """Count an answer."""
        self._answered += 1
        if self._answered >= self.size:
            self._answered = 0
            self.size = min(self.size + 1, self._most)

    def refused(self, number: int) -> None:
        """The server refused the request of this number because of its load."""
        if number > self._halved_after:
            self.size = max(self.size // 2, 1)
            self._answered = 0
            self._halved_after = self._sent


class TokenEstimate:
    """How many tokens a request takes, by those before. Only the pace uses it; no budget does."""

    def __init__(self, per_response: float) -> None:
        """`per_response` holds until the first answer."""
        self._per_response = per_response
        self._per_byte = 1 / 3
        self._weight = 1.0

    def of(self, prompt_bytes: int, n: int) -> int:
        """Tokens of `n` responses to a prompt."""
        return round(prompt_bytes * self._per_byte + n * self._per_response) + 1

    def learn(self, prompt_bytes: int, n: int, input_tokens: int, output_tokens: int) -> None:
        """Learn from `n` responses to a prompt."""
        self._per_byte += self._weight * (input_tokens / max(prompt_bytes, 1) - self._per_byte)
        self._per_response += self._weight * (output_tokens / max(n, 1) - self._per_response)
        self._weight = 0.1


@dataclass(frozen=True)
class Allowance:
    """What a server reports about one of its limits."""

    limit: float
    """The most that the server allows, above 0."""
    remaining: float
    """What is left of it, from 0 to `limit`."""
    reset_seconds: float
    """Seconds until all of it is available again, 0 and up."""


def allowances(headers: Mapping[str, str]) -> dict[str, Allowance]:
    """What the server reports as left of `requests` and of `tokens`, without incomplete or unreadable reports.

    Reads `x-ratelimit-limit-requests`, `-remaining-requests`, `-reset-requests` and the same for tokens, with times such as
    `6m0s`, `1.5s` or `20ms`.
    """
    left = {}
    for name in ("requests", "tokens"):
        limit, remaining = (number_in(headers.get(f"x-ratelimit-{what}-{name}")) for what in ("limit", "remaining"))
        reset = _duration(headers.get(f"x-ratelimit-reset-{name}", ""))
        if limit and remaining is not None and remaining <= limit and reset is not None:
            left[name] = Allowance(limit, remaining, reset)
    return left


def number_in(text: str | None) -> float | None:
    """The number of a header, 0 and up; None if it is missing or something else."""
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)", re.ASCII)


def _duration(text: str) -> float | None:
    parts = _DURATION.findall(text)
    if not parts or len(text) > 40 or "".join(map("".join, parts)) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
