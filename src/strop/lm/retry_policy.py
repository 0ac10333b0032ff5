"""How long to keep asking a model that fails: when to try again, when to give up, what to tell the user.

A model that answered before is asked again for `Patience.give_up_seconds`; one that never answered only for
`Patience.first_contact_seconds`. A request that keeps failing while others are answered is given up alone. Which failures
are worth another attempt is decided elsewhere (`openai_errors.py`).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import Enum

from strop.base.console import notify
from strop.base.terminal_text import escape
from strop.lm.base import Fault
from strop.lm.rate_limit import Clock, number_in

NOTICE_AFTER = 3
"""Failures of one request, with no answer to any in between, after which the user is told."""
SECOND_NOTICE_SECONDS = 180.0
"""The user is told a second time when nothing was answered for so long."""


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
    """How long the server asks to wait, 0 and up; None where it does not say, or not in a known form.

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


class GiveUp(Enum):
    """Why a request is not sent again."""

    OUTAGE = "the model does not answer"
    ALONE = "the model answers, but not this request"
    FINISHED = "nothing more is sent"


@dataclass(eq=False)
class Attempts:
    """All attempts at one request."""

    faults: tuple[Fault, ...] = ()
    """What went wrong so far."""
    number: int = 0
    """Of the attempt under way, from 1."""
    failures: int = 0
    since: float = 0.0
    """When it failed first."""
    answers: int = 0
    """Answers of the model when it failed last."""
    alone: int = 0
    """How often it failed after others were answered since the failure before."""

    def add(self, fault: Fault) -> None:
        """One more fault. Attempts in a row that failed alike are one fault, which names the last of them."""
        last = self.faults[-1] if self.faults else None
        if last is None or (last.kind, last.maybe_billed) != (fault.kind, fault.maybe_billed):
            self.faults = (*self.faults, fault)
            return
        waited = last.waited_seconds + fault.waited_seconds
        self.faults = (*self.faults[:-1], replace(fault, waited_seconds=waited, times=last.times + fault.times))


class Outage:
    """What all requests of one model know together. Safe to use from many threads."""

    def __init__(
        self,
        patience: Patience,
        who: str,
        clock: Clock | None = None,
        tell: Callable[[str], object] = notify,
        jitter: random.Random | None = None,
    ) -> None:
        """`who` names the model to the user."""
        self._patience, self._who, self._tell = patience, who, tell
        self._clock = clock or Clock()
        self._jitter = jitter or random.Random()
        self._changed = threading.Condition()
        self._reached = self._finished = False
        self._failing: set[Attempts] = set()
        self._began: float | None = None
        """Since when nothing is answered; None where nothing fails."""
        self._answers = self._given_up_alone = self._notices = self._wakes = 0

    @property
    def reached(self) -> bool:
        """Whether the model has ever answered anything, be it an error."""
        return self._reached

    @property
    def finished(self) -> bool:
        """Whether nobody waits any longer."""
        return self._finished

    @contextmanager
    def attempts(self, faults: tuple[Fault, ...] = ()) -> Iterator[Attempts]:
        """The attempts at one request, which has these faults already."""
        attempts = Attempts(faults)
        try:
            yield attempts
        finally:
            self.gone(attempts)

    def retry(
        self,
        attempts: Attempts,
        fault: Fault,
        *,
        reached: bool,
        busy: bool = False,
        retry_after: float | None = None,
    ) -> GiveUp | None:
        """An attempt failed in a way that may pass: wait, and return None where the request is to be sent again.

        See `failed`. `retry_after`: seconds that the server asks to wait. The fault is added to those of the request.
        """
        given_up = self.failed(attempts, fault.detail, reached=reached, busy=busy)
        pause = 0.0
        if not given_up and not self._finished:
            pause = min(self._patience.wait(attempts.failures, retry_after, self._jitter), self.left(attempts))
        attempts.add(replace(fault, waited_seconds=pause))
        if not given_up:
            self.sleep(pause)
        return given_up or (GiveUp.FINISHED if self._finished else None)

    def answered(self, attempts: Attempts) -> None:
        """The model answered this request: an outage is over, and whoever waits for its end tries again now."""
        with self._changed:
            self._reached = True
            self._answers += 1
            self._failing.discard(attempts)
            notices, began = self._notices, self._began
            self._notices, self._began = 0, None
            if notices:
                self._wake()
        if notices and began is not None:
            self._tell(f"{self._who} answers again after {in_words(self._clock.now() - began)}")

    def failed(self, attempts: Attempts, why: str, *, reached: bool, busy: bool = False) -> GiveUp | None:
        """Note a failure that may pass; why the request is not to be sent again, or None.

        `reached`: the model was there, and said so. `busy`: it refuses this request because there are others.
        """
        with self._changed:
            now = self._clock.now()
            self._reached |= reached
            if not attempts.failures:
                attempts.since, attempts.answers = now, self._answers
            elif self._answers > attempts.answers:
                attempts.alone += not busy
                attempts.answers = self._answers
            attempts.failures += 1
            self._failing.add(attempts)
            self._began = now if self._began is None else self._began
            given_up = self._verdict(attempts, now, self._began)
            notice = "" if given_up else self._notice(attempts, why, now - self._began)
            if given_up:
                self._leave(attempts)
            if given_up is GiveUp.OUTAGE:  # nobody needs to sleep on it
                self._wake()
        if notice:
            self._tell(notice)
        return given_up

    def left(self, attempts: Attempts) -> float:
        """Seconds until this request is given up, where nothing is answered."""
        with self._changed:
            since = attempts.since if self._began is None else min(self._began, attempts.since)
            return max(0.0, since + self._limit - self._clock.now())

    def gone(self, attempts: Attempts) -> None:
        """This request is not sent again, for a reason of its own."""
        with self._changed:
            self._leave(attempts)

    def sleep(self, seconds: float) -> None:
        """Let time pass, until the outage ends at the latest; not at all once this is finished."""
        with self._changed:
            until, wakes = self._clock.now() + seconds, self._wakes
            while not self._finished and wakes == self._wakes and (left := until - self._clock.now()) > 0:
                self._clock.wait(self._changed, left)

    def finish(self) -> None:
        """Nobody waits any longer. Idempotent."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def tried(self, attempts: Attempts) -> str:
        """`3 attempts in 20 s`; empty for a single attempt."""
        if attempts.number < 2:
            return ""
        return f"{attempts.number} attempts in {in_words(self._clock.now() - attempts.since)}"

    @property
    def _limit(self) -> float:
        most = self._patience.give_up_seconds
        return most if self._reached else min(self._patience.first_contact_seconds, most)

    def _wake(self) -> None:
        self._wakes += 1
        self._changed.notify_all()

    def _verdict(self, attempts: Attempts, now: float, began: float) -> GiveUp | None:
        if attempts.alone >= self._patience.alone:
            self._given_up_alone += 1
            return GiveUp.ALONE if self._given_up_alone <= self._patience.most_alone else GiveUp.OUTAGE
        # Refused for half an hour while others are answered: not an outage, but not a way either.
        return GiveUp.OUTAGE if now - min(began, attempts.since) >= self._limit else None

    def _leave(self, attempts: Attempts) -> None:
        self._failing.discard(attempts)
        if not self._failing and self._reached:  # what fails an hour later is another outage
            self._began, self._notices = None, 0

    def _notice(self, attempts: Attempts, why: str, lasted: float) -> str:
        """What the user is told now; empty for nothing. A model that was never there is not an outage."""
        if not self._reached or attempts.answers != self._answers:
            return ""
        left = in_words(self._limit - lasted)
        if not self._notices and attempts.failures >= NOTICE_AFTER:
            self._notices = 1
            return f"{self._who} does not answer: {escape(why, 300)}; trying again for up to {left} (--give-up-after)"
        if self._notices == 1 and lasted >= SECOND_NOTICE_SECONDS:
            self._notices = 2
            return f"{self._who} has not answered for {in_words(lasted)}; strop keeps trying for another {left}"
        return ""


def in_words(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h`: a time about which a person is told."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 120 * 60 else f"{seconds / 3600:.3g} h"
