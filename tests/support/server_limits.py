"""Limits per minute that the test server enforces."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerLimits:
    """What a caller may take. None enforces nothing; a burst of None is a minute's worth."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """In and out. A request is let in while any are left; what its answer takes may reach below 0 and is waited for later."""
    request_burst: float | None = None
    token_burst: float | None = None
    latency: float = 0.0
    """Seconds that each answer takes."""


@dataclass
class _Meter:
    per_second: float
    most: float
    left: float
    at: float

    def fill(self, now: float) -> None:
        self.left = min(self.most, self.left + (now - self.at) * self.per_second)
        self.at = now


class Gatekeeper:
    """Keeps count for one server. Safe to use from many threads."""

    def __init__(self, limits: ServerLimits, now: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._now = now
        rows = (
            ("requests", limits.requests_per_minute, limits.request_burst),
            ("tokens", limits.tokens_per_minute, limits.token_burst),
        )
        self._meters: dict[str, _Meter] = {}
        self.charged = 0
        """Tokens counted against the limit, those of answers that were lost on the way too."""
        for name, per_minute, burst in rows:
            if per_minute is not None:
                most = per_minute if burst is None else burst
                self._meters[name] = _Meter(per_minute / 60, most, most, now())

    def refusal(self) -> int | None:
        """Let one request in; or the whole seconds that it has to wait (Retry-After), and nothing is counted."""
        with self._lock:
            waits = [0.0]
            for name, meter in self._meters.items():
                meter.fill(self._now())
                least = 1.0 if name == "requests" else 1e-9
                waits.append((least - meter.left) / meter.per_second)
            if max(waits) > 0:
                return math.ceil(max(waits))
            if "requests" in self._meters:
                self._meters["requests"].left -= 1
            return None

    def charge(self, tokens: int) -> None:
        """Count the tokens of an answer."""
        with self._lock:
            self.charged += tokens
            if meter := self._meters.get("tokens"):
                meter.fill(self._now())
                meter.left -= tokens
