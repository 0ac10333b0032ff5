"""Receives the forbidden system calls of all fork servers, refuses them and counts them per guest.

The kernel reports them, so a guest can neither forge nor avoid the count. Guests that make no forbidden calls pay nothing; each
such call waits for this thread. Some calls are refused without being counted, because the guest's own filter decides them
first: plain forks (otherwise the host would have to answer each fork of the server, and every evaluation would pay for it),
signals and limits of other processes, descriptor passing, capabilities, further filters. A call that fails for a reason other
than its number, such as opening a file that is not in the jail, is not a forbidden call.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from strop.sandbox.confinement import notify
from strop.sandbox.confinement.notify import Denied

_REPORTED = 100
"""Most calls of one guest that are passed to `on_denied`; the rest are only counted."""
_TOLERATED = 10_000
"""Most calls that are refused before the guest is killed: each costs the host about 30 microseconds."""
_NAME_SERVICE = (socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
"""The arguments with which the C library opens a socket to look up a user or a host before it reads a file. A program that calls
`os.path.expanduser` did not try to use the network, so these calls are not counted."""


class RefusedCalls:
    """Counts the calls that one guest was refused. Made by `Watcher.follow`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.total = 0
        """Calls that were answered, counted or not."""
        self.was_ended = False
        """Whether the guest was killed for them."""
        self._since: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, call: str) -> None:
        """Count one call."""
        with self._lock:
            self._since[call] += 1

    def take(self) -> Mapping[str, int]:
        """The calls since the last `take`: name → number."""
        with self._lock:
            calls, self._since = self._since, Counter()
        return dict(calls)


class Watcher:
    """One thread for all servers."""

    def __init__(self) -> None:
        self.on_denied: Callable[[Denied], None] = lambda denied: None
        """Called for each forbidden call of a followed guest, on the watcher's thread. It must be quick and must not raise."""
        self._poll = select.epoll()
        self._listeners: set[int] = set()
        self._guests: dict[int, RefusedCalls] = {}
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        self._poll.register(self._wake_reader, select.EPOLLIN)
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="strop-denied-calls", daemon=True)
        self._thread.start()

    def add(self, listener: int) -> None:
        """Answer this listener until its last process has ended, then close it."""
        self._listeners.add(listener)
        self._poll.register(listener, select.EPOLLIN)

    def follow(self, pid: int) -> RefusedCalls:
        """Count the calls refused to this process, all its threads together, until `forget`."""
        refused = RefusedCalls(pid)
        with self._lock:
            self._guests[pid] = refused
        return refused

    def forget(self, refused: RefusedCalls) -> None:
        """Stop counting the calls of this guest. Idempotent."""
        with self._lock:
            if self._guests.get(refused.pid) is refused:  # the number may be another guest's by now
                del self._guests[refused.pid]

    def close(self) -> None:
        """Stop answering: the kernel refuses forbidden calls from then on. Idempotent."""
        with self._closing:  # a signal's thread and the owner may both come
            if self._thread.is_alive():
                os.write(self._wake_writer, b"x")
                self._thread.join()
                self._poll.close()
                for descriptor in (self._wake_reader, self._wake_writer, *self._listeners):
                    os.close(descriptor)

    def _run(self) -> None:
        while True:
            for descriptor, event in self._poll.poll():
                if descriptor == self._wake_reader:
                    return
                if event & select.EPOLLIN:
                    self._answer(descriptor)
                else:  # every process under this filter has ended
                    self._poll.unregister(descriptor)
                    self._listeners.remove(descriptor)
                    os.close(descriptor)

    def _answer(self, listener: int) -> None:
        notification = notify.receive(listener)
        if notification is None:
            return
        number, denied = notification
        refused = self._guest_of(denied.pid)
        if refused is not None:
            refused.total += 1
            if not (denied.call == "socket" and denied.arguments[:3] == _NAME_SERVICE):
                refused.add(denied.call)  # counted before the refusal, so that the guest's next step comes after
                if refused.total <= _REPORTED:
                    self.on_denied(denied)
            if refused.total > _TOLERATED:
                refused.was_ended = True
                # it waits for our answer, so the pid is still its own
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(refused.pid, signal.SIGKILL)
        notify.refuse(listener, number)

    def _guest_of(self, thread: int) -> RefusedCalls | None:
        """The guest that this thread belongs to. It waits for an answer, so its pid cannot have been reused."""
        with self._lock:
            if thread in self._guests:
                return self._guests[thread]
        process = _process_of(thread)
        with self._lock:
            return self._guests.get(process)


def _process_of(thread: int) -> int:
    """The pid of the process that a thread belongs to; -1 if /proc does not show it."""
    with suppress(OSError), open(f"/proc/{thread}/status", "rb", buffering=0) as status:  # noqa: PTH123 (a Path costs more)
        return int(status.read(4096).partition(b"\nTgid:")[2].split(maxsplit=1)[0])
    return -1
