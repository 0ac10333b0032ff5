"""One pace for all who ask one model: limits per minute, pauses that the server asks for, and how many at once.

Requests go out first come, first served; one that is sent again keeps its place. Who waits sleeps until it is its turn:
nothing polls.
"""

from __future__ import annotations

import bisect
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from strop.lm.retry_policy import Allowance
from strop.lm.token_bucket import Bucket, Window

End: TypeAlias = Literal["answered", "limited", "overloaded", "failed"]
"""How an attempt ended. `limited`: the caller asks too often (HTTP 429); `overloaded`: all callers do (503, 529)."""
_MARGIN = 2
"""Requests that are held back after a refusal: what left too early by a breath is not refused again and again."""


class Clock:
    """The machine's clock; another one, for tests, lets time pass as it likes."""

    def now(self) -> float:
        """Seconds; never goes back."""
        return time.monotonic()

    def epoch(self) -> float:
        """Seconds of the epoch."""
        return time.time()

    def wait(self, changed: threading.Condition, seconds: float | None) -> None:
        """Sleep until `changed` is notified, at most so long. The caller holds its lock."""
        changed.wait(seconds)


@dataclass(frozen=True)
class Turn:
    """The right to have one request in flight; given back to `Pacer.leave`."""

    number: int
    tokens: int
    """Reserved."""


@dataclass(frozen=True)
class _Waiting:
    place: int
    changed: threading.Condition


class Pacer:
    """Lets requests go out, one turn each. Safe to use from many threads."""

    def __init__(
        self,
        connections: int,
        *,
        requests: float | None = None,
        tokens: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`connections` (1 and up) may be in flight at most; `requests` and `tokens` are limits per minute, None where none
        is known: then what the server says of itself is one."""
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._window = Window(connections)
        self._given = {"requests": requests, "tokens": tokens}
        self._buckets = {name: Bucket(limit) for name, limit in self._given.items() if limit is not None}
        self._held_until = 0.0
        self._in_flight = 0
        self._places = 0
        self._queue: list[_Waiting] = []
        self._finished = False

    @property
    def finished(self) -> bool:
        """Whether nothing more may go out."""
        return self._finished

    def place(self) -> int:
        """A place in the queue, for one request and all its attempts."""
        with self._lock:
            self._places += 1
            return self._places

    def enter(self, place: int, tokens: Callable[[], int]) -> Turn | None:
        """Wait for a turn with about `tokens()` tokens; None when the pacer was finished instead.

        It is asked anew whenever something changes: those who wait long should not go by what was believed when they came.
        """
        with self._lock:
            waiting = _Waiting(place, threading.Condition(self._lock))
            bisect.insort(self._queue, waiting, key=lambda each: each.place)
            try:
                while not self._finished:
                    expected = tokens()
                    seconds = self._seconds(expected) if self._queue[0] is waiting else None
                    if seconds == 0.0:
                        return self._turn(expected)
                    self._clock.wait(waiting.changed, seconds)
                return None
            finally:
                self._queue.remove(waiting)
                self._call_next()

    def leave(self, turn: Turn, end: End, *, used: int | None = None) -> None:
        """The attempt has ended. `used` is what it took in tokens; None: not known, so what was reserved counts."""
        with self._lock:
            now = self._clock.now()
            self._in_flight -= 1
            if used is not None and "tokens" in self._buckets:
                self._buckets["tokens"].take(used - turn.tokens, now)
            if end == "answered":
                self._window.answered()
            # Where there is a pace to slow down, a limit per minute says nothing of how many may be in flight.
            if end == "overloaded" or (end == "limited" and not self._buckets):
                self._window.refused(turn.number)
            if end == "limited":
                for name, bucket in self._buckets.items():
                    bucket.correct(-math.inf, -_MARGIN * self._unit(name, turn), now)
            self._call_next()

    def told(self, allowances: dict[str, Allowance], turn: Turn) -> None:
        """In answer to the request of `turn` the server says what is left: of `requests`, of `tokens`, or nothing."""
        with self._lock:
            now = self._clock.now()
            for name, left in allowances.items():
                bucket = self._buckets.get(name)
                if self._given[name] is None and 0 < left.remaining < left.limit / 2 and left.reset_seconds > 0:
                    # Never slower than the limit an hour: some servers tell what is left of a day.
                    rate = max((left.limit - left.remaining) / left.reset_seconds, left.limit / 3600)
                    bucket = self._buckets.setdefault(name, Bucket(left.limit))
                    bucket.filled_at(rate, left.limit, now)
                if bucket is not None:
                    # It was true when the request came in. One request's worth of more keeps a full pace at 0 left.
                    unit = self._unit(name, turn)
                    bucket.correct(left.remaining - (self._in_flight + 1) * unit, left.remaining + unit, now)

    def hold(self, seconds: float) -> None:
        """Nothing goes out for so long: the server asks for it."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.now() + seconds)

    def finish(self) -> None:
        """Nothing more goes out, and nobody waits any longer. Idempotent."""
        with self._lock:
            self._finished = True
            for waiting in self._queue:
                waiting.changed.notify()

    def _seconds(self, tokens: int) -> float | None:
        """How long the first of the queue has to wait, 0 for not at all; None: until something else ends."""
        if self._in_flight >= self._window.size:
            return None
        now = self._clock.now()
        waits = [self._held_until - now, 0.0]
        for name, bucket in self._buckets.items():
            waits.append(bucket.seconds_until(tokens if name == "tokens" else 1, now))
        return max(waits)

    def _turn(self, tokens: int) -> Turn:
        now = self._clock.now()
        for name, bucket in self._buckets.items():
            bucket.take(tokens if name == "tokens" else 1, now)
        self._in_flight += 1
        return Turn(self._window.sent(), tokens)

    def _unit(self, name: str, turn: Turn) -> int:
        return turn.tokens if name == "tokens" else 1

    def _call_next(self) -> None:
        if self._queue:
            self._queue[0].changed.notify()
