"""Hears of forbidden system calls from every fork server, refuses them and tells who wants to know.

Only who asks for it (`JailedSandbox(on_denied=…)`) gets a watcher: without one the kernel refuses by itself. Plain forks are
refused unseen even so: to hear of a guest's, the host would have to answer each fork of the server too, and every evaluation
would pay for it.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from strop.sandbox.confinement import notify
from strop.sandbox.confinement.notify import Denied

_TOLD = 100
"""How many calls of one process are told; the rest are only refused."""
_TOLERATED = 10_000
"""How many are refused before the process is killed: each costs the host some 50 microseconds."""
_REMEMBERED = 4096
"""How many processes are counted before counting begins anew."""


class Watcher:
    """One thread for all servers."""

    def __init__(self) -> None:
        self.on_denied: Callable[[Denied], None] = lambda denied: None
        """Called on the watcher's thread: it must be quick and must not raise."""
        self._poll = select.epoll()
        self._counts: Counter[int] = Counter()
        self._wake_reader, self._wake_writer = os.pipe()
        self._poll.register(self._wake_reader, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="strop-denied-calls", daemon=True)
        self._thread.start()

    def add(self, listener: int) -> None:
        """Answer at this listener from now on, until its last process has ended; it is closed then."""
        self._poll.register(listener, select.EPOLLIN)

    def close(self) -> None:
        """Stop answering: who still makes a forbidden call waits for ever, so end the servers first. Idempotent."""
        if self._thread.is_alive():
            os.write(self._wake_writer, b"x")
            self._thread.join()
            self._poll.close()
            os.close(self._wake_reader)
            os.close(self._wake_writer)

    def _run(self) -> None:
        while True:
            for descriptor, event in self._poll.poll():
                if descriptor == self._wake_reader:
                    return
                if event & select.EPOLLIN:
                    self._answer(descriptor)
                else:  # every process under this filter has ended
                    self._poll.unregister(descriptor)
                    os.close(descriptor)

    def _answer(self, listener: int) -> None:
        notification = notify.receive(listener)
        if notification is None:
            return
        number, denied = notification
        if len(self._counts) > _REMEMBERED:
            self._counts.clear()
        self._counts[denied.pid] += 1
        if self._counts[denied.pid] <= _TOLD:
            self.on_denied(denied)
        if self._counts[denied.pid] > _TOLERATED:
            del self._counts[denied.pid]
            with suppress(ProcessLookupError, PermissionError):  # it waits for our answer: the number is still its own
                os.kill(denied.pid, signal.SIGKILL)
        notify.refuse(listener, number)
