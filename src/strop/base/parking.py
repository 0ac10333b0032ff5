"""Keeps idle processes for a minute, for calls that follow each other, as in a notebook."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

SECONDS = 60.0
"""How long a parked thing is kept."""


class Closing(Protocol):
    """Something that owns processes."""

    def close(self) -> None:
        """End its processes. Idempotent."""


T = TypeVar("T", bound=Closing)


class Parking(Generic[T]):
    """Idle things of this process, closed when nobody takes them for a minute, or when the process ends. Thread-safe."""

    def __init__(self, most: int) -> None:
        """`most`: how many things stay parked; one more closes the oldest."""
        self._most = most
        self._lock = threading.Lock()
        self._parked: list[T] = []
        self._owner = os.getpid()
        self._timer: threading.Timer | None = None
        atexit.register(self.clear)

    def take(self, prefer: Callable[[T], bool] = lambda thing: True) -> T | None:
        """The last parked thing that `prefer` accepts, else the last of all; None if nothing is parked."""
        with self._lock:
            if not self._parked or self._owner != os.getpid():
                return None
            indices = range(len(self._parked) - 1, -1, -1)
            return self._parked.pop(next((index for index in indices if prefer(self._parked[index])), -1))

    def put(self, thing: T) -> None:
        """Park something; the minute begins again for everything that is parked."""
        with self._lock:
            if self._owner != os.getpid():
                self._parked, self._owner = [], os.getpid()  # a fork of the process that parked them
            self._parked.append(thing)
            extra = [self._parked.pop(0)] if len(self._parked) > self._most else []
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(SECONDS, self.clear)
            self._timer.daemon = True
            self._timer.start()
        for thing in extra:
            thing.close()

    def clear(self) -> None:
        """Close everything."""
        while (thing := self.take()) is not None:
            thing.close()
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
