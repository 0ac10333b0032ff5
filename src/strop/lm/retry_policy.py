"""How long to keep asking a model that fails: arithmetic of waiting times.

It does not sleep or send, and it does not decide which failures are worth another attempt (`outage.py`, `openai_errors.py`).
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Patience:
    """Exponential back-off with jitter, which gives way to what the server asks for."""

    give_up_seconds: float = 1800.0
    """A model that answered before may fail for so long, 0 and up; then its requests are given up. 0: one attempt."""
    first_contact_seconds: float = 10.0
    """The same for a model that has never answered."""
    alone: int = 10
    """Failures of one request, with other requests answered before each of them, after which that request is given up alone."""
    most_alone: int = 10
    """Requests that may be given up alone; one more ends the work."""
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    longest_retry_after_seconds: float = 300.0
    """A server that asks for a longer pause than this is asked again after this."""

    def wait(self, attempt: int, retry_after: float | None, jitter: random.Random) -> float:
        """Seconds to wait after attempt number `attempt` (from 1) has failed.

        Without `retry_after`: uniform in [w/2, w] with w = first wait · 2^(attempt - 1), capped. With it: that time, capped, and
        up to a tenth more, so that requests refused together do not return together; at least an eighth of the wait without it,
        so that a server that keeps asking for 0 or 1 s is asked ever more rarely.
        """
        longest = self.first_wait_seconds * 2.0 ** min(attempt - 1, 60)
        share = 0.5 + 0.5 * jitter.random()
        if retry_after is None:
            return min(longest, self.longest_wait_seconds) * share
        asked = min(max(retry_after, 0.0), self.longest_retry_after_seconds) * (1 + 0.1 * jitter.random())
        return max(asked, min(longest / 8, self.longest_wait_seconds) * share)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """How long the server asks to wait, 0 and up; None where it does not say, or not in a form that is known.

    Reads `retry-after-ms` and `Retry-After`, the latter in seconds or as an HTTP date (RFC 9110 §10.2.3). `headers` finds
    names in any case; `now` is in seconds of the epoch.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


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
    found = {}
    for name in ("requests", "tokens"):
        limit, remaining = (_number(headers.get(f"x-ratelimit-{what}-{name}")) for what in ("limit", "remaining"))
        reset = _duration(headers.get(f"x-ratelimit-reset-{name}", ""))
        if limit and remaining is not None and remaining <= limit and reset is not None:
            found[name] = Allowance(limit, remaining, reset)
    return found


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)", re.ASCII)


def _duration(text: str) -> float | None:
    parts = _DURATION.findall(text)
    if not parts or len(text) > 40 or "".join(map("".join, parts)) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
