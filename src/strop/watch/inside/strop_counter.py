"""How often functions are called, with how many different arguments, and whether they reach beyond the process.

A call that a function makes of itself is not counted. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import strop_behaviour
import strop_innermost
import strop_plain_data as plain_data
from strop_watch import FLUSH_SECONDS

MOST_LOOKED_AT = 200
"""Most calls of one function whose arguments are described."""
BUDGET_SECONDS = 1.0
"""CPU seconds of one process for describing arguments."""
_WRITING = os.O_WRONLY | os.O_RDWR
_EFFECTS = {
    "socket.connect": "connects",
    "socket.bind": "connects",
    "subprocess.Popen": "starts processes",
    "os.fork": "starts processes",
    "os.forkpty": "starts processes",
    "os.posix_spawn": "starts processes",
    "os.system": "starts processes",
    "os.exec": "starts processes",
}
"""Event of Python → what a function does that is active meanwhile."""
OPENS = "opens files to write"
SOME = 1_024
"""Calls after which little is done in a call; a power of two."""


def _is_within(code: Any) -> bool:
    """Whether a function with this code is active: a generator, in a step of which another one of it begins."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


class _Record:
    """What was seen of one function."""

    def __init__(self) -> None:
        self.calls = self.looked_at = self.undescribed = 0
        self.digests: set[bytes] = set()
        self.effects: set[str] = set()
        self.active: set[int] = set()
        """The threads that are in it."""
        self.is_nested = self.is_usual = False
        """`is_nested`: whether it was called within itself. `is_usual`: whether only the number of its calls is still unknown."""


def begin(plan: dict[str, Any], watch: Any) -> Any:
    """Wrap the wanted functions when their files are loaded."""
    return _Counter(plan["wanted"], watch)


class _Counter:
    def __init__(self, wanted: list[list[str]], watch: Any) -> None:
        self._watch = watch
        self._records = [_Record() for _ in wanted]
        self._codes: dict[int, tuple[_Record, Any]] = {}
        """Identity of the code of a wanted function → its record, and the code, which is kept alive so."""
        self.forked()
        for (file, name), record in zip(wanted, self._records):
            strop_innermost.wrap(file, name, functools.partial(self._wrapped, record))
        sys.setrecursionlimit(2 * sys.getrecursionlimit())  # a wrapped call takes two frames
        sys.addaudithook(self._hear)

    def forked(self) -> None:
        """Begin with nothing seen."""
        for record in self._records:
            record.__init__()  # type: ignore[misc]
        self._left = BUDGET_SECONDS
        self._next = 0.0
        self._writing = threading.Lock()

    def pause(self) -> None:
        """Do nothing: the counter does nothing between calls."""

    def result(self) -> list[Any]:
        """For each wanted function: its calls; the calls looked at; those of them with arguments that cannot be described; the
        number of different arguments among the others; and what it does beyond the process."""
        return [
            [record.calls, record.looked_at, record.undescribed, len(record.digests), sorted(record.effects)]
            for record in self._records
        ]

    def _wrapped(self, record: _Record, function: Callable[..., Any]) -> Callable[..., Any]:
        code = getattr(function, "__code__", None)
        if code is None or inspect.isasyncgenfunction(function):
            return function
        self._codes[id(code)] = (record, code)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*args: Any, **named: Any) -> Any:
                if not _is_within(code):
                    self._called(record, args, named)
                return await function(*args, **named)

            return coroutine
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **named: Any) -> Any:
                if not _is_within(code):
                    self._called(record, args, named)
                return (yield from function(*args, **named))

            return generator

        @functools.wraps(function)
        def plain(*args: Any, **named: Any) -> Any:
            if record.is_usual and record.calls % SOME:
                record.calls += 1
                return function(*args, **named)
            thread = threading.get_ident()
            if thread in record.active:
                record.is_nested, record.is_usual = True, False
                return function(*args, **named)
            record.active.add(thread)
            try:
                self._called(record, args, named)
                return function(*args, **named)
            finally:
                record.active.discard(thread)

        return plain

    def _called(self, record: _Record, args: Any, named: Any) -> None:
        record.calls += 1
        if record.looked_at < MOST_LOOKED_AT and self._left > 0:
            self._look_at(record, args, named)
        else:
            record.is_usual = record.calls >= SOME and not record.is_nested
        if time.monotonic() >= self._next:
            self._write()

    def _look_at(self, record: _Record, args: Any, named: Any) -> None:
        before = time.thread_time()
        record.looked_at += 1
        try:
            described = strop_behaviour.described([args, named])
            record.digests.add(hashlib.sha256(plain_data.encode(described)).digest())
        except Exception:
            record.undescribed += 1
        finally:
            self._left -= time.thread_time() - before

    def _write(self) -> None:
        """Write what was seen so far, because the process may be killed."""
        if self._writing.acquire(blocking=False):
            with contextlib.suppress(Exception):  # a full disk, or a folder that strop has removed
                self._watch.write()
            self._next = time.monotonic() + FLUSH_SECONDS / 20
            self._writing.release()

    def _hear(self, event: str, arguments: Any) -> None:
        if event == "open":
            if isinstance(arguments[2], int) and arguments[2] & _WRITING and arguments[0] != os.devnull:
                self._mark(OPENS)
        elif event in _EFFECTS:
            self._mark(_EFFECTS[event])

    def _mark(self, effect: str) -> None:
        """Note an effect for each wanted function that is active, unless Python or strop itself writes a file."""
        frame: Any = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith("<frozen importlib") or code is _Counter._called.__code__:
                return
            if id(code) in self._codes:
                self._codes[id(code)][0].effects.add(effect)
            frame = frame.f_back
