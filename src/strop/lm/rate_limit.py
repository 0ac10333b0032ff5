"""One pace for all who ask one model: limits per minute, pauses that the server asks for, and how many requests at once.

Requests go out first come, first served; one that is sent again keeps its place. A request that waits sleeps until its turn:
nothing polls.
"""

from __future__ import annotations

import bisect
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

End: TypeAlias = Literal["answered", "limited", "overloaded", "failed"]
"""How an attempt ended. `limited`: the caller asks too often (HTTP 429); `overloaded`: all callers do (503, 529)."""
_MARGIN = 2
"""Requests that are held back after a refusal: what left too early by a breath is not refused again and again."""
_TINY = 1e-9
"""Less than this is missing only by rounding."""


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
        self._limits = {"requests": requests, "tokens": tokens}
        self._buckets = {name: Bucket(limit) for name, limit in self._limits.items() if limit is not None}
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

        `tokens` is called again whenever something changes: a request that waits long goes by the newest estimate.
        """
        with self._lock:
            waiting = _Waiting(place, threading.Condition(self._lock))
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
                    bucket.correct(-math.inf, -_MARGIN * _unit(name, turn), now)
            self._call_next()

    def correct(self, allowances: Mapping[str, Allowance], turn: Turn) -> None:
        """In answer to the request of `turn` the server says what is left: of `requests`, of `tokens`, or nothing."""
        with self._lock:
            now = self._clock.now()
            for name, left in allowances.items():
                bucket = self._buckets.get(name)
                if self._limits[name] is None and 0 < left.remaining < left.limit / 2 and left.reset_seconds > 0:
                    # Never slower than the limit an hour: some servers tell what is left of a day.
                    rate = max((left.limit - left.remaining) / left.reset_seconds, left.limit / 3600)
                    bucket = self._buckets.setdefault(name, Bucket(left.limit))
                    bucket.filled_at(rate, left.limit, now)
                if bucket is not None:
                    # It was true when the request came in. One request's worth of more keeps a full pace at 0 left.
                    unit = _unit(name, turn)
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

    def _seconds(self, amounts: Mapping[str, int]) -> float | None:
        """How long the first of the queue has to wait, 0 for not at all; None: until something else ends."""
        if self._in_flight >= self._window.size:
            return None
        now = self._clock.now()
        waits = [bucket.seconds_until(amounts[name], now) for name, bucket in self._buckets.items()]
        return max([self._held_until - now, 0.0, *waits])

    def _call_next(self) -> None:
        if self._queue:
            self._queue[0].changed.notify()


def _unit(name: str, turn: Turn) -> int:
    """What one request takes of a limit."""
    return turn.tokens if name == "tokens" else 1


class Bucket:
    """A limit per minute that fills up steadily: full at first, with a minute's worth. Its level may fall below 0.

    What a server says corrects the level, but never above what the limit by itself allows. Times are seconds of one clock that
    never goes back.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._most = max(per_minute, 1.0)
        self._level = self._most
        self._earned = self._most  # the level without corrections
        self._at: float | None = None

    def seconds_until(self, amount: float, now: float) -> float:
        """How long until `amount` is there, 0 where it is. More than ever fits is there when the bucket is full."""
        self._fill(now)
        missing = min(amount, self._most) - self._level
        return missing / self._rate if missing > _TINY else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take out `amount`; a negative one is put back."""
        self._fill(now)
        self._add(-amount)

    def correct(self, least: float, most: float, now: float) -> None:
        """The server says that from `least` to `most` is there."""
        self._fill(now)
        self._level = min(max(self._level, least), most, self._earned)

    def filled_at(self, per_second: float, most: float, now: float) -> None:
        """The server says how fast it fills, and how far."""
        self._fill(now)
        self._rate, self._most = per_second, max(most, 1.0)
        self._level = min(self._level, self._most)
        self._earned = self._most

    def _fill(self, now: float) -> None:
        if self._at is not None:
            self._add((now - self._at) * self._rate)
        self._at = now

    def _add(self, amount: float) -> None:
        self._level = min(self._level + amount, self._most)
        self._earned = min(self._earned + amount, self._most)


class Window:
    """How many requests may be in flight: one more for each window of answers, half as many at a refusal (as TCP does).

    Requests that were sent before the last halving do not halve again: they were refused for the same reason.
    """

    def __init__(self, most: int) -> None:
        self._most = self.size = most
        self._answered = self._sent = self._halved_after = 0

    def sent(self) -> int:
        """A request goes out; its number, from 1."""
        self._sent += 1
        return self._sent

    def answered(self) -> None:
        """An answer came."""
        self._answered += 1
        if self._answered >= self.size:
            self._answered = 0
            self.size = min(self.size + 1, self._most)

    def refused(self, number: int) -> None:
        """The request of this number was refused, as the server has too much to do."""
        if number > self._halved_after:
            self.size = max(self.size // 2, 1)
            self._answered = 0
            self._halved_after = self._sent


class Expected:
    """What a request will take, in tokens, by what requests before took. Only pacing relies on it; no budget does."""

    def __init__(self, per_response: float) -> None:
        """`per_response` is believed until the first answer."""
        self._per_response = per_response
        self._per_byte = 1 / 3
        self._weight = 1.0

    def of(self, prompt_bytes: int, n: int) -> int:
        """Tokens of `n` responses to a prompt."""
        return round(prompt_bytes * self._per_byte + n * self._per_response) + 1

    def learn(self, prompt_bytes: int, n: int, input_tokens: int, output_tokens: int) -> None:
        """What `n` responses to a prompt took."""
        self._per_byte += self._weight * (input_tokens / max(prompt_bytes, 1) - self._per_byte)
        self._per_response += self._weight * (output_tokens / max(n, 1) - self._per_response)
        self._weight = 0.1


@dataclass(frozen=True)
class Allowance:
    """What a server says of one of its limits."""

    limit: float
    """Above 0."""
    remaining: float
    """0 to `limit`."""
    reset_seconds: float
    """Until it is whole again, 0 and up."""


def allowances(headers: Mapping[str, str]) -> dict[str, Allowance]:
    """What the server says is left, of `requests` and of `tokens`; without those that it does not tell whole and in a known form.

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
    """The number of a header, 0 and up; None where there is no such number."""
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
