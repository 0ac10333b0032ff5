"""End a scorer that takes too long: `score`, `verify` and `accept` are a user's code, which a program's answer can keep busy.

A timer raises an exception in it, again and again until it ends. An operation in C, such as the sum of an endless iterator, lets
no exception in: it ends its process, if that is a worker's. Signals reach the main thread alone, where workers score; on another
thread a scorer has no limit.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from strop.base.errors import ScorerAtLimit

DEFAULT = 10.0
"""CPU seconds that a scorer may take for one answer."""
WALL_FACTOR = 5.0
"""Limit of wall time as a multiple of the limit of CPU time. It is large, so that a busy machine fails no answer."""
TICK_SECONDS = 0.05
GRACE = 2.0
"""Seconds after the limit of wall time in which an exception has to end it."""
SIGNAL = signal.SIGVTALRM
"""Ends a worker process whose scorer is stuck: the signal of a timer of CPU time, which stands still while the process does."""

T = TypeVar("T")
_ends_process = False
_look: Callable[[], None] | None = None
"""Raises `_TooLong` if the scorer that is at work has taken too long."""
_left: Callable[[], float] | None = None
"""How many seconds of wall time are left until the scorer that is at work has to end its process."""


class _TooLong(BaseException):
    """Raised in a scorer; no `except Exception` stops it."""


def let_scorers_end_this_process() -> None:
    """Let a scorer that nothing else can end end this process, by `SIGNAL`. Afterwards call `watch` again and again."""
    global _ends_process
    _ends_process = True
    signal.signal(signal.SIGALRM, _alarm)


def watch() -> None:
    """End this process if its scorer waits in C for ever.

    Call it again and again on another thread. As long as that thread runs, the scorer lets other threads in, so it is not stuck
    in one operation in C, and the timer of CPU time starts anew.
    """
    if (left := _left) is not None:
        if left() <= 0:
            os.kill(os.getpid(), SIGNAL)
        signal.setitimer(signal.ITIMER_VIRTUAL, max(left(), GRACE))
        if _left is None:  # it is over meanwhile
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _alarm(number: int, frame: object) -> None:
    if _look is not None:
        _look()


def ended(seconds: float, name: str, function: Callable[..., T], *arguments: object) -> T:
    """`function(*arguments)`, if it takes at most so many CPU seconds. Costs a few microseconds.

    Raises:
        ScorerAtLimit: it takes longer.
    """
    global _look, _left
    if threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    cpu, wall = time.thread_time(), time.monotonic()
    most, was_ended, is_over = WALL_FACTOR * seconds, False, False

    def look() -> None:
        nonlocal was_ended
        if not is_over and (time.thread_time() - cpu >= seconds or time.monotonic() - wall >= most):
            was_ended = True
            raise _TooLong

    outer, _look = _look, look
    handler = None if _ends_process else signal.signal(signal.SIGALRM, _alarm)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, TICK_SECONDS)
    if _ends_process:
        _left = lambda: wall + most + GRACE - time.monotonic()  # noqa: E731
        signal.setitimer(signal.ITIMER_VIRTUAL, most + GRACE)
    try:
        try:
            result = function(*arguments)
        finally:
            is_over = True
    except BaseException as error:
        is_over = True  # the exception may have come just before the line above ran
        if not was_ended or isinstance(error, KeyboardInterrupt):
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        _look = outer
        if not _ends_process:
            signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        else:
            _left = None
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if was_ended:
        raise ScorerAtLimit(f"{name}() took more than {seconds:g} s on this answer")
    return result
