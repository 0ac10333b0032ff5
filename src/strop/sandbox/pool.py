"""Fork servers of one kind, kept for reuse: the next guest comes from the one that has been idle longest.

With one more server than running guests, an idle server always has its next guest ready.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from strop.sandbox.fork_server_host import ServerFailed
from strop.sandbox.link import ChildLike

_ATTEMPTS = 10
"""Fresh servers that are tried if each ends at once."""


class PooledChild(ChildLike, Protocol):
    """A child that reports when it is closed."""

    on_close: Callable[[], None]


class PoolServer(Protocol):
    """What a pool needs from a fork server."""

    @property
    def closed(self) -> bool: ...

    def ready(self) -> bool:
        """Whether `take` would return at once."""
        ...

    def take(self) -> PooledChild:
        """A fresh guest. Raises ServerFailed."""
        ...

    def close(self) -> None:
        """End it and its guest. Idempotent."""
        ...


class Pool:
    """Starts servers on demand, replaces dead ones and keeps at most `idle`. Safe to use from many threads."""

    def __init__(self, start: Callable[[], PoolServer], *, idle: int, spare: bool) -> None:
        """`start` returns a new server without waiting for it; with `spare`, one more than needed is started, up to `idle`."""
        self._start, self.idle_limit, self._spare = start, idle, spare
        self._lock = threading.Lock()
        self._idle: deque[PoolServer] = deque()
        self._busy: set[PoolServer] = set()
        self._closed = False

    def take(self) -> PooledChild:
        """A fresh guest; its server is reused after the guest is closed. Raises ServerFailed, or SandboxError after `close`."""
        # Any number of idle servers may have died; only if fresh ones fail, too, does none work.
        attempts = len(self._idle) + _ATTEMPTS
        while True:
            server = self._server()
            attempts -= 1
            try:
                child = server.take()
            except ServerFailed:
                self._put_back(server)
                if not attempts:
                    raise
            else:
                child.on_close = partial(self._put_back, server)
                return child

    @property
    def busy(self) -> bool:
        """Whether a guest is open."""
        with self._lock:
            return bool(self._busy)

    def adopt(self, server: PoolServer) -> None:
        """Keep a server that was started elsewhere."""
        with self._lock:
            self._idle.append(server)

    def close(self) -> None:
        """End every server, and with it its guest. Idempotent."""
        with self._lock:
            self._closed = True
            servers = [*self._idle, *self._busy]
            self._idle.clear()
        for server in servers:
            server.close()

    def _server(self) -> PoolServer:
        """A server for the next guest."""
        with self._lock:
            if self._closed:
                raise ServerFailed("the sandbox is closed")
            server = next((each for each in self._idle if each.ready()), None)
            if server is None and self._idle:
                server = self._idle[0]
            if server is None:
                server = self._start()
            else:
                self._idle.remove(server)
            self._busy.add(server)
            if self._spare and not self._idle and len(self._busy) < self.idle_limit:
                with suppress(ServerFailed):  # this guest has its server; the next one will get the error
                    self._idle.append(self._start())
            return server

    def _put_back(self, server: PoolServer) -> None:
        with self._lock:
            self._busy.discard(server)
            keep = not (self._closed or server.closed) and len(self._idle) < self.idle_limit
            if keep:
                self._idle.append(server)
        if not keep:
            server.close()
