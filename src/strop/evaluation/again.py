"""Measure again what something other than the program has disturbed: the host stood still, or a process of the jail was killed.

A program may kill itself. So one that is killed three times at the same point, as far as calls and CPU time tell, is believed to
have done it. One that is killed at other points each time is not: the host reports that, and there is no score. A pause of less
than five seconds may be the work of a program that keeps all cores busy, which gains one repetition by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from strop.base.console import notify
from strop.base.errors import GuestLost, SandboxError
from strop.base.standstill import TOLD_SECONDS, running

MOST_KILLS = 10
"""Kills of one measurement; then the host gives up."""
MOST_PAUSES = 100
HABIT = 3
"""So many kills at one point are the program's own."""
ALIKE_SECONDS, ALIKE_SHARE = 0.05, 0.25
"""CPU seconds until two kills differ by at most so much, or by this share, if they are at one point."""
SURE_SECONDS = 5.0
"""No program keeps the host from running for so long."""

T = TypeVar("T")


@dataclass(frozen=True)
class Disturbance:
    """What disturbed a measurement until it was undisturbed."""

    paused: float = 0.0
    """Seconds in which the host stood still."""
    killed: int = 0
    """Kills from outside."""

    def __bool__(self) -> bool:
        return bool(self.paused or self.killed)


def undisturbed(measure: Callable[[bool], T], *, timed: bool = True) -> tuple[T, Disturbance]:
    """`measure(believe)` until nothing disturbs it. With `believe`, a kill is the program's own doing, a result like others.

    `timed`: whether a pause of the host disturbs it, too.

    Raises:
        SandboxError: it is killed again and again.
    """
    kills: list[GuestLost] = []
    paused, pauses, doubtful = 0.0, 0, 0
    while True:
        before = running.lost()
        try:
            result = measure(_is_habit(kills))
        except GuestLost as error:
            kills.append(error)
            if len(kills) >= MOST_KILLS:
                raise SandboxError(
                    f"{error}, {len(kills)} times in a row, so that there is no score; "
                    "does the machine have too little memory (see dmesg)?"
                ) from error
            continue
        pause = running.lost() - before
        is_sure = pause >= SURE_SECONDS
        if not timed or not pause or pauses == MOST_PAUSES or (doubtful and not is_sure):
            believed = HABIT if _is_habit(kills) else 0
            return result, Disturbance(paused, len(kills) - believed)
        paused += pause
        pauses += 1
        doubtful += not is_sure


def tell_of(killed: int, what: str = "its evaluation", worker_paused: float = 0.0) -> None:
    """Tell the user what was made again: `what`, of a program that was killed, or after a pause of a worker process alone."""
    if worker_paused >= TOLD_SECONDS:
        notify(f"a worker process was paused for {worker_paused:.0f} s; what it was measuring was measured again")
    if killed:
        times = "" if killed == 1 else f" {killed} times"
        notify(f"a program was killed from outside{times}; {what} was made again")


def _is_habit(kills: Sequence[GuestLost]) -> bool:
    """Whether the last kills were at one point of the program."""
    last = kills[-HABIT:]
    seconds = [kill.cpu_seconds for kill in last]
    if len(last) < HABIT or last[0].calls < 0 or len({kill.calls for kill in last}) > 1:
        return False
    return max(seconds) - min(seconds) <= ALIKE_SECONDS + ALIKE_SHARE * max(seconds)
