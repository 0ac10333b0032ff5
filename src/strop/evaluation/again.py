"""Measure again what something other than the program has ended: a process of the jail was killed from outside.

A program may kill itself. So one that is killed three times at the same point, as far as calls and CPU time tell, is believed to
have done it. One that is killed at other points each time is not: the host reports that, and there is no score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from strop.base.console import notify
from strop.base.errors import GuestLost, SandboxError

MOST_KILLS = 10
"""Kills of one measurement; then the host gives up."""
HABIT = 3
"""So many kills at one point are the program's own."""
ALIKE_SECONDS, ALIKE_SHARE = 0.05, 0.25
"""CPU seconds until two kills differ by at most so much, or by this share, if they are at one point."""
T = TypeVar("T")


def undisturbed(measure: Callable[[bool], T]) -> tuple[T, int]:
    """`measure(believe)` until nothing disturbs it, and how often it was killed from outside.

    With `believe`, a kill is the program's own doing, a result like others.

    Raises:
        SandboxError: it is killed again and again.
    """
    kills: list[GuestLost] = []
    while True:
        is_habit = _is_habit(kills)
        try:
            return measure(is_habit), len(kills) - HABIT * is_habit
        except GuestLost as error:
            kills.append(error)
            if len(kills) >= MOST_KILLS:
                raise SandboxError(
                    f"{error}, {len(kills)} times in a row, so that there is no score; "
                    "does the machine have too little memory (see dmesg)?"
                ) from error


def tell_of(killed: int, what: str = "its evaluation") -> None:
    """Tell the user what was made again: `what`, of a program that was killed."""
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
