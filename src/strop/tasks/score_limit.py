"""End a scorer that takes too long: `score`, `verify` and `accept` are a user's code, which a program's answer can keep busy.

A thread watches and raises an exception in the thread of the scorer, again and again until it ends. An operation in C, such as
one power of large numbers, lets no exception in, nor another thread run: then the kernel ends the process, which is a worker
process, whose answer is malformed, or the command itself. A process of which strop is only a part is not ended.
"""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from queue import SimpleQueue
from typing import TypeVar

from strop.base.errors import SandboxError, ScorerFailed

DEFAULT = 10.0
"""CPU seconds that a scorer may take for one answer."""
WALL_FACTOR = 5.0
"""Its limit of wall time in these: a busy machine fails no answer."""
TICK_SECONDS = 0.05
GRACE = 2.0
"""Seconds after which a scorer that could not be ended by an exception ends its process."""
SIGNAL = signal.SIGVTALRM
"""Ends a process whose scorer is stuck: the signal of a timer that counts CPU time, and stands still while the process does."""

T = TypeVar("T")


class _TooLong(BaseException):
    """Raised in a scorer; no `except Exception` stops it."""


class _Watched:
    """One call of a scorer."""

    def __init__(self, seconds: float) -> None:
        self.thread, self.seconds = threading.get_ident(), seconds
        self._raised_in = [ctypes.c_ulong(self.thread)]
        """Where the watching thread may raise: its own thread, until the scorer is done."""
        self._clock = time.pthread_getcpuclockid(self.thread)
        self._cpu_before = time.clock_gettime(self._clock)
        self._seen: float | None = None
        self._ended_at: float | None = None

    def look(self) -> None:
        """Called by the watching thread: end the scorer if it is too late, or all are to end."""
        now = time.monotonic()
        self._seen = now if self._seen is None else self._seen
        if not (self._raised_in and (_all_end.is_set() or self._is_late(now - self._seen))):
            return
        self._ended_at = now if self._ended_at is None else self._ended_at
        if _may_end.is_set() and now - self._ended_at > GRACE and self._raised_in:
            signal.raise_signal(SIGNAL)
        _raise_in(self._raised_in, _TooLong)

    def _is_late(self, wall: float) -> bool:
        if wall < self.seconds:  # CPU time of one thread is not more
            return False
        try:
            cpu = time.clock_gettime(self._clock) - self._cpu_before
        except OSError:  # the thread has ended meanwhile, and with it the scorer
            return False
        return cpu >= self.seconds or wall >= WALL_FACTOR * self.seconds

    def finish(self) -> bool:
        """After this nothing is raised any more. Returns whether the scorer was ended. Waits for no other thread."""
        while True:
            try:
                self._raised_in.clear()
                if self._ended_at is not None:
                    _raise_in([ctypes.c_ulong(self.thread)], None)
                return self._ended_at is not None
            except _TooLong:  # it was on its way
                continue


def _raise_in(threads: list[ctypes.c_ulong], kind: type[BaseException] | None) -> None:
    """Raise an exception in these threads at their next step; None: none, after all.

    Written without a step of Python between looking at the list and raising, so that a thread that empties it need not wait for
    this one to know that nothing follows: a lock would be held for ever by whatever keeps its holder, such as another lock that a
    scorer was ended in.
    """
    raised = repeat(None if kind is None else ctypes.py_object(kind))
    deque(map(ctypes.pythonapi.PyThreadState_SetAsyncExc, threads, raised), maxlen=0)


_watches: dict[int, _Watched] = {}
"""By thread."""
_work: SimpleQueue[None] = SimpleQueue()
"""Wakes the watching thread. It is written in C: an exception that arrives in `put` leaves no lock behind."""
_sleeping = [True]
"""Whether the watching thread waits for that."""
_may_end, _all_end = threading.Event(), threading.Event()
_started = threading.Lock()
_watcher: threading.Thread | None = None


def let_scorers_end_this_process() -> None:
    """From now on a scorer that nothing else can end ends this process, by `SIGNAL`."""
    _may_end.set()


@contextmanager
def ending_scorers() -> Iterator[Callable[[], None]]:
    """Gives a function after which all scorers of this process end, until the block does: the user stops the work."""
    try:
        yield _all_end.set
    finally:
        _all_end.clear()


def ended(seconds: float, name: str, function: Callable[..., T], *arguments: object) -> T:
    """`function(*arguments)`, if it takes at most so many CPU seconds. Costs a few microseconds.

    Raises:
        ScorerFailed: it takes longer.
        SandboxError: the user stops the work (`ending_scorers`).
    """
    _ensure_watcher()
    watch = _Watched(seconds)
    was_ended = False
    try:
        try:
            _watches[watch.thread] = watch
            if _sleeping[0]:
                _work.put(None)
            if _may_end.is_set():
                _set_timer(seconds)
            result = function(*arguments)
        finally:
            was_ended = watch.finish()
    except BaseException as error:
        was_ended = watch.finish() or was_ended
        if not was_ended or isinstance(error, KeyboardInterrupt):
            raise
    finally:
        _watches.pop(watch.thread, None)
        if _may_end.is_set() and not _watches:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if was_ended and _all_end.is_set():
        raise SandboxError(f"{name}() was ended with the work of this process")
    if was_ended:
        raise ScorerFailed(f"{name}() took more than {seconds:g} s on this answer")
    return result


def _set_timer(seconds: float) -> None:
    """End this process unless this is called again, or the scorers are done, within so many CPU seconds and `GRACE`."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds + GRACE)


def _ensure_watcher() -> None:
    global _watcher
    if _watcher is None or not _watcher.is_alive():  # a fork has no threads
        with _started:
            if _watcher is None or not _watcher.is_alive():
                _watcher = threading.Thread(target=_look, name="strop-scorers", daemon=True)
                _watcher.start()


def _look() -> None:
    while True:
        _sleeping[0] = True
        if not _watches:  # else one began before it could see that this thread sleeps
            _work.get()
        _sleeping[0] = False
        while watches := [*_watches.values()]:
            time.sleep(TICK_SECONDS)
            for watch in watches:
                watch.look()
            if _may_end.is_set():
                _set_timer(max(watch.seconds for watch in watches))
