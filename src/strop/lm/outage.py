"""Whether a model answers at all, shared by all its requests: when to try again, when to give up, what to tell the user.

A model that answered before is asked again for `Patience.give_up_seconds`; one that never did only for
`Patience.first_contact_seconds`. A request that keeps failing while others are answered is given up alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from strop.base.console import notify
from strop.base.terminal_text import escape
from strop.lm.base import Fault
from strop.lm.rate_limit import Clock
from strop.lm.retry_policy import Patience

TOLD_AT = 3
"""Failures of one request, with no answer to any in between, after which the user is told."""
TOLD_AGAIN_SECONDS = 180.0
"""The user is told a second time when nothing was answered for so long."""


class GiveUp(Enum):
    """Why a request is not sent again."""

    OUTAGE = "the model does not answer"
    ALONE = "the model answers, but not this request"


@dataclass(eq=False)
class Trying:
    """One request on its way, all its attempts included."""

    failures: int = 0
    since: float = 0.0
    """When it failed first."""
    answers: int = 0
    """Answers of the model when it failed last."""
    alone: int = 0
    """How often it failed after others were answered since the failure before."""


class Outage:
    """What all requests of one model know together. Safe to use from many threads."""

    def __init__(
        self, patience: Patience, who: str, clock: Clock | None = None, tell: Callable[[str], object] = notify
    ) -> None:
        """`who` names the model to the user."""
        self._patience, self._who, self._tell = patience, who, tell
        self._clock = clock or Clock()
        self._changed = threading.Condition()
        self._reached = self._finished = False
        self._failing: set[Trying] = set()
        self._began: float | None = None
        """Since when nothing is answered; None where nothing fails."""
        self._answers = self._given_up_alone = self._told = self._wakes = 0

    @property
    def reached(self) -> bool:
        """Whether the model has ever answered anything, be it an error."""
        return self._reached

    def answered(self, trying: Trying) -> None:
        """The model answered this request: an outage is over, and whoever waits for its end tries again now."""
        with self._changed:
            self._reached = True
            self._answers += 1
            self._failing.discard(trying)
            told, began = self._told, self._began
            self._told, self._began = 0, None
            if told:
                self._wakes += 1
                self._changed.notify_all()
        if told and began is not None:
            self._tell(f"{self._who} answers again after {in_words(self._clock.now() - began)}")

    def failed(self, trying: Trying, why: str, *, reached: bool, busy: bool = False) -> GiveUp | None:
        """An attempt failed in a way that may pass. None: try again, after `Patience.wait` of `trying.failures`.

        `reached`: the model was there, and said so. `busy`: it refuses this request because there are others.
        """
        with self._changed:
            now = self._clock.now()
            self._reached |= reached
            if not trying.failures:
                trying.since, trying.answers = now, self._answers
            elif self._answers > trying.answers:
                trying.alone += not busy
                trying.answers = self._answers
            trying.failures += 1
            self._failing.add(trying)
            self._began = now if self._began is None else self._began
            given_up = self._verdict(trying, now)
            line = "" if given_up else self._line(trying, why, now)
            if given_up:
                self._leave(trying)
            if given_up is GiveUp.OUTAGE:  # nobody needs to sleep on it
                self._wakes += 1
                self._changed.notify_all()
        if line:
            self._tell(line)
        return given_up

    def left(self, trying: Trying) -> float:
        """Seconds until this request is given up, where nothing is answered."""
        with self._changed:
            now = self._clock.now()
            since = trying.since if self._began is None else min(self._began, trying.since)
            return max(0.0, since + self._limit - now)

    def gone(self, trying: Trying) -> None:
        """This request is not sent again, for a reason of its own."""
        with self._changed:
            self._leave(trying)

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

    def duration(self, trying: Trying) -> str:
        """For how long a request has failed, in words."""
        return in_words(self._clock.now() - trying.since)

    @property
    def _limit(self) -> float:
        patience = self._patience
        return (
            patience.give_up_seconds if self._reached else min(patience.first_contact_seconds, patience.give_up_seconds)
        )

    def _verdict(self, trying: Trying, now: float) -> GiveUp | None:
        assert self._began is not None
        if trying.alone >= self._patience.alone:
            self._given_up_alone += 1
            return GiveUp.ALONE if self._given_up_alone <= self._patience.most_alone else GiveUp.OUTAGE
        # Refused for half an hour while others are answered: no outage, but no way either.
        if now - self._began >= self._limit or now - trying.since >= self._limit:
            return GiveUp.OUTAGE
        return None

    def _leave(self, trying: Trying) -> None:
        self._failing.discard(trying)
        if not self._failing and self._reached:  # what fails an hour later is another outage
            self._began, self._told = None, 0

    def _line(self, trying: Trying, why: str, now: float) -> str:
        """What the user is told now; empty for nothing. A model that was never there is not an outage."""
        assert self._began is not None
        lasted = now - self._began
        if not self._reached or trying.answers != self._answers:
            return ""
        if not self._told and trying.failures >= TOLD_AT:
            self._told = 1
            left = in_words(self._limit - lasted)
            return f"{self._who} does not answer: {escape(why, 300)}; trying again for up to {left} (--give-up-after)"
        if self._told == 1 and lasted >= TOLD_AGAIN_SECONDS:
            self._told = 2
            left = in_words(self._limit - lasted)
            return f"{self._who} has not answered for {in_words(lasted)}; strop keeps trying for another {left}"
        return ""


def with_fault(faults: tuple[Fault, ...], fault: Fault) -> tuple[Fault, ...]:
    """`faults` and one more. Attempts in a row that failed alike are one fault, which names the last of them."""
    if not faults or (faults[-1].kind, faults[-1].maybe_billed) != (fault.kind, fault.maybe_billed):
        return (*faults, fault)
    before = faults[-1]
    together = replace(
        fault, waited_seconds=before.waited_seconds + fault.waited_seconds, times=before.times + fault.times
    )
    return (*faults[:-1], together)


def in_words(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h`: a time about which a person is told."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 120 * 60 else f"{seconds / 3600:.3g} h"
