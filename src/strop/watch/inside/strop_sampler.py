"""Where the CPU time of a process goes: every two milliseconds of it, the functions of the project that each thread is in.

A sample weighs as much CPU time as its thread has used since the last sample, so that one call of a function in C counts in full.
Of a stack only functions of the project are kept. The time of other functions counts for the innermost of these that calls them.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from typing import Any

from strop_watch import FLUSH_SECONDS

SECONDS = 0.002
"""CPU time from sample to sample."""
MOST_STACKS = 5_000
"""Most different stacks. Of a further stack only the innermost function is kept."""
MOST_FRAMES = 2_000
"""Most frames of a stack that are looked at, from the innermost."""
MOST_FUNCTIONS = 64
"""Most different functions of a stack, from the innermost."""
MOST_CODES = 50_000
"""Most functions for which the sampler remembers whether they are the project's."""
INSTALLED = frozenset({".venv", "venv", "site-packages", "dist-packages"})
"""Folders that hold no file of the project."""
FOREIGN = -1
QUEUE_STEP = 4_096
"""Bytes of a socket's buffer; it has 200 thousand, and a signal takes about 800."""
CO_ASYNC_GENERATOR = 0x200
"""The flag of `inspect`, whose import takes as long as everything else here."""
MOST_COST = 20
"""How many times the cost of a sample must pass before the next sample."""
FIRST_WRITE = 0.01
"""CPU seconds before results are written for the first time."""


def begin(plan: dict[str, Any], watch: Any) -> Any:
    """Sample this process from now on."""
    return _Sampler(plan, watch)


class _Sampler:
    def __init__(self, plan: dict[str, Any], watch: Any) -> None:
        self._watch = watch
        self._root = os.path.join(plan["project"], "")
        self._foreign = _foreign(self._root, [*plan["folders"], plan["strop"], watch.folder])
        self._files: dict[str, bool] = {}
        self._codes: dict[int, int] = {}
        """Identity of a code object → its number among `_functions`, or FOREIGN."""
        self._held: list[Any] = []
        self._functions: list[list[Any]] = []
        self._stopped = ""
        self._wakeup = -1
        self._signal, self._timer = signal.signal, signal.setitimer
        self._signal(signal.SIGPROF, self._sample)
        signal.siginterrupt(signal.SIGPROF, False)  # else system calls of her code in C would end early
        self._begin()
        self._give_way()
        for name in ("_start_new_thread", "_start_joinable_thread"):
            if hasattr(threading, name):
                setattr(threading, name, functools.partial(_start, getattr(threading, name), self))

    def _begin(self) -> None:
        """Begin with nothing seen, in this thread, which is the main one."""
        self._is_busy = False
        self._stacks: dict[tuple[int, ...], float] = {}
        self._main = threading.get_ident()
        self._clocks: dict[int, int] = {self._main: time.pthread_getcpuclockid(self._main)}
        """Thread → its clock. The clock of a thread that has ended raises OSError; asking by the thread itself would crash."""
        self._used = {self._main: time.thread_time()}
        self._last: dict[int, tuple[int, ...]] = {}
        self._born = time.process_time()
        self._next = self._born + FIRST_WRITE
        self._seen = self._own = 0.0
        self._samples = 0
        self._interval = SECONDS
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
        self._timer(signal.ITIMER_PROF, SECONDS, SECONDS)

    def forked(self) -> None:
        """Begin anew in a child, which has no timer."""
        if not self._stopped:
            self._begin()

    def pause(self) -> None:
        """Take no more samples: no signal comes from here on."""
        if not self._stopped:
            self._timer(signal.ITIMER_PROF, 0)

    def result(self) -> dict[str, Any]:
        """What was seen.

        `functions`: the file of each, its first line, name, qualified name as far as Python has it, and whether it is an
        asynchronous generator. `stacks`: the length of each, then its indices in `functions`, from the outermost to the
        innermost. `seconds`: CPU time of each stack. `sampled`: CPU time since sampling began. `unseen`: the part of it in
        threads which `threading` did not start.
        """
        stacks, used = list(self._stacks.items()), time.process_time() - self._born
        flat: list[int] = []
        for stack, _ in stacks:
            flat += [len(stack), *stack]
        return {
            "functions": list(self._functions),
            "stacks": flat,
            "seconds": [seconds for _, seconds in stacks],
            "samples": self._samples,
            "sampled": used,
            "unseen": max(used - self._seen - self._own - SECONDS, 0.0),
            "stopped": self._stopped,
        }

    def _sample(self, number: int, frame: Any) -> None:
        if self._is_busy or self._stopped:
            return
        self._is_busy = True
        before = time.thread_time()
        try:
            self._take(frame, before)
            self._pace(time.thread_time() - before)
            self._watch.spent += time.thread_time() - before
            self._write()
        except Exception:
            pass  # such as a RecursionError, or a full disk: the program goes on as it would
        finally:
            self._used[self._main] = after = time.thread_time()
            self._own += after - before
            self._is_busy = False

    def _take(self, frame: Any, now: float) -> None:
        self._samples += 1
        self._weigh(self._main, frame, now)
        if len(self._clocks) == 1:
            return
        frames = sys._current_frames()
        for thread, clock in list(self._clocks.items()):
            try:
                now = time.clock_gettime(clock)
            except OSError:  # it has ended
                self._forget(thread)
                continue
            if thread != self._main and thread in frames:
                self._weigh(thread, frames[thread], now)

    def _weigh(self, thread: int, frame: Any, now: float) -> None:
        weight = now - self._used.get(thread, now)
        if weight > 0:
            self._used[thread] = now
            self._last[thread] = stack = self._stack(frame)
            self._add(stack, weight)

    def _add(self, stack: tuple[int, ...], weight: float) -> None:
        self._seen += weight
        if stack not in self._stacks and len(self._stacks) >= MOST_STACKS:
            stack = stack[-1:]
        self._stacks[stack] = self._stacks.get(stack, 0.0) + weight

    def _stack(self, frame: Any) -> tuple[int, ...]:
        """The different functions of the project, from the outermost to the innermost."""
        numbers: dict[int, None] = {}
        codes, left = self._codes, MOST_FRAMES
        while frame is not None and left and len(numbers) < MOST_FUNCTIONS:
            code = frame.f_code
            number = codes.get(id(code))
            if number is None:
                number = self._number(code)
            if number != FOREIGN:
                numbers[number] = None
            frame = frame.f_back
            left -= 1
        return tuple(reversed(numbers))

    def _number(self, code: Any) -> int:
        file = code.co_filename
        if file not in self._files:
            self._files[file] = self._is_hers(file)
        if len(self._held) >= MOST_CODES:
            return FOREIGN
        number = FOREIGN
        if self._files[file]:
            number = len(self._functions)
            name, is_async = getattr(code, "co_qualname", code.co_name), bool(code.co_flags & CO_ASYNC_GENERATOR)
            self._functions.append([os.path.realpath(file), code.co_firstlineno, code.co_name, name, is_async])
        self._held.append(code)  # as long as it lives, nothing else has its identity
        self._codes[id(code)] = number
        return number

    def _is_hers(self, file: str) -> bool:
        path = os.path.realpath(file)
        is_below = not file.startswith("<") and path.startswith(self._root) and not path.startswith(self._foreign)
        return is_below and INSTALLED.isdisjoint(path[len(self._root) :].split(os.sep))

    def _write(self) -> None:
        """Write results early, and again after a quarter of the time so far, at most a second, because the process may be killed.
        Writing takes at most a fiftieth of the time."""
        before = time.process_time()
        if before >= self._next:
            self._watch.write()
            after = time.process_time()
            self._next = after + max(min((after - self._born) / 4, FLUSH_SECONDS), 50 * (after - before))

    def _pace(self, cost: float) -> None:
        """Sample less often if a sample takes long (`cost`, in seconds), or if signals wait for an event loop.

        Python tells an event loop of signals through a socket. It fills while the loop is busy, and once it is full the loop
        misses other signals."""
        queued = 0
        if self._wakeup >= 0:
            with contextlib.suppress(OSError):  # a pipe, which holds more than comes
                queued = int.from_bytes(fcntl.ioctl(self._wakeup, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        interval = SECONDS * (1 + (queued // QUEUE_STEP) ** 2 + int(cost * MOST_COST / SECONDS))
        if interval != self._interval:
            self._interval = interval
            self._timer(signal.ITIMER_PROF, interval, interval)

    def enter(self) -> None:
        """Begin to sample the calling thread. Signals still reach the main thread, which answers them."""
        thread = threading.get_ident()
        self._used[thread] = time.thread_time()
        self._clocks[thread] = time.pthread_getcpuclockid(thread)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})

    def leave(self) -> None:
        """Stop sampling the calling thread, which ends. Its time since the last sample counts for the stack of that sample."""
        thread = threading.get_ident()
        if thread in self._clocks and not self._stopped:
            self._add(self._last.get(thread, ()), time.thread_time() - self._used[thread])
        self._forget(thread)

    def _forget(self, thread: int) -> None:
        self._clocks.pop(thread, None)
        self._used.pop(thread, None)
        self._last.pop(thread, None)

    def interrupt(self) -> None:
        """Wake the main thread for each signal from now on, because it may wait while another thread works."""
        if not self._stopped:
            signal.siginterrupt(signal.SIGPROF, True)

    def _give_way(self) -> None:
        """Stop as soon as the program wants the signal or the timer for itself."""

        @functools.wraps(self._signal)
        def with_signal(signalnum: Any, handler: Any) -> Any:
            if signalnum == signal.SIGPROF:
                self._stop()
            return self._signal(signalnum, handler)

        @functools.wraps(self._timer)
        def with_timer(which: Any, *seconds: Any) -> Any:
            if which == signal.ITIMER_PROF:
                self._stop()
            return self._timer(which, *seconds)

        set_wakeup_fd = signal.set_wakeup_fd

        @functools.wraps(set_wakeup_fd)
        def with_wakeup(fd: int, **named: Any) -> int:
            self._wakeup = fd
            return set_wakeup_fd(fd, **named)

        signal.signal, signal.setitimer, signal.set_wakeup_fd = with_signal, with_timer, with_wakeup

    def _stop(self) -> None:
        if not self._stopped:
            self.pause()
            self._stopped = "the program uses SIGPROF or ITIMER_PROF itself"
            with contextlib.suppress(ValueError):  # not in the main thread
                self._signal(signal.SIGPROF, signal.SIG_DFL)


def _foreign(root: str, folders: list[str]) -> tuple[str, ...]:
    """Folders whose files are not the project's: strop's and Python's, except a folder that holds the project."""
    pythons = [os.path.dirname(os.__file__), sys.prefix, sys.base_prefix]
    foreign = [os.path.join(os.path.realpath(folder), "") for folder in (*folders, *pythons)]
    return tuple(folder for folder in foreign if not root.startswith(folder))


def _start(start: Callable[..., Any], sampler: _Sampler, function: Callable[..., Any], *rest: Any, **named: Any) -> Any:
    """Start a thread that the sampler samples, too."""
    sampler.interrupt()
    return start(functools.partial(_run, sampler, function), *rest, **named)


def _run(sampler: _Sampler, function: Callable[..., Any], *args: Any) -> Any:
    with contextlib.suppress(Exception):
        sampler.enter()
    try:
        return function(*args)
    finally:
        with contextlib.suppress(Exception):
            sampler.leave()
