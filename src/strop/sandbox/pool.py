"""Fork servers of one kind, kept for reuse: the next guest comes from the one that has waited longest.

With one server more than there are guests at work, the spare guest of an idle server is ready before anybody asks for it.
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

_ATTEMPTS = 3


class PooledChild(ChildLike, Protocol):
    """A child that says when it is closed."""

    on_close: Callable[[], None]


class Server(Protocol):
    """`server.ForkServer`, or what stands for it on other systems."""

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
    """Starts servers when they are needed, replaces those that die, keeps at most `idle`. Safe to use from many threads."""

    def __init__(self, start: Callable[[], Server], *, idle: int, spare: bool) -> None:
        """`start` gives a new server, not yet waited for; with `spare` one more is started than is needed, up to `idle`."""
        self._start, self._idle_limit, self._spare = start, idle, spare
        self._lock = threading.Lock()
        self._idle: deque[Server] = deque()
        self._busy: set[Server] = set()
        self._closed = False

    def take(self) -> PooledChild:
        """A fresh guest; its server comes back when the guest is closed. Raises ServerFailed, SandboxError after `close`."""
        fresh_ones = 0
        while True:
            server, is_fresh = self._server()
            fresh_ones += is_fresh
            try:
                child = server.take()
            except ServerFailed:
                # However many servers died while they idled, as when all were killed: only fresh ones tell that none works.
                self._put_back(server)
                if fresh_ones == _ATTEMPTS:
                    raise
            else:
                child.on_close = partial(self._put_back, server)
                return child

    def adopt(self, server: Server) -> None:
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

    def _server(self) -> tuple[Server, bool]:
        """A server for the next guest, and whether it was started for it."""
        with self._lock:
            if self._closed:
                raise ServerFailed("the sandbox is closed")
            server = next((each for each in self._idle if each.ready()), None)
            if server is None and self._idle:
                server = self._idle[0]
            is_fresh = server is None
            if server is None:
                server = self._start()
            else:
                self._idle.remove(server)
            self._busy.add(server)
            if self._spare and not self._idle and len(self._busy) < self._idle_limit:
                with suppress(ServerFailed):  # this guest has its server; the next will hear of it
                    self._idle.append(self._start())
            return server, is_fresh

    def _put_back(self, server: Server) -> None:
        with self._lock:
            self._busy.discard(server)
            keep = not (self._closed or server.closed) and len(self._idle) < self._idle_limit
            if keep:
                self._idle.append(server)
        if not keep:
            server.close()
