"""uvicorn with the limits of a server that must not disturb the run it shows: a slow or silent viewer costs nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from strop.base.errors import ConfigurationError
from strop.report.html.server.access import HOST, AccessGuard
from strop.report.html.server.app import Site

REQUEST_SECONDS = 10.0
"""Time for the head of a request to arrive."""
WRITE_SECONDS = 20.0
"""Time for a viewer to receive a piece of a page."""
CONNECTIONS = 64
"""At once. Further requests get status 503."""
_LARGEST_HEAD = 1 << 14
_SHUTDOWN_SECONDS = 1
"""Time for requests in progress to end."""
NICENESS = 10
"""The run comes first."""


def bind(port: int) -> socket.socket:
    """A socket bound to a port of the loopback; port 0 takes a free one.

    Raises:
        ConfigurationError: the port is taken, or not a port.
    """
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"--port {port}: ports are 1 to 65535, or 0 for a free one")
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"cannot listen on --port {port}: {error.strerror or error}; 0 takes a free port"
        ) from None
    return bound


def serve(listening: socket.socket, site: Site, idle: float, ready: Callable[[], None]) -> None:
    """Serve until nothing has run and nobody has viewed a page for `idle` seconds, or until a signal, which is raised again.

    `ready` is called when requests are answered.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    WebServer(site, idle, ready).run(sockets=[listening])


class WebServer(uvicorn.Server):
    """Serves a site while it follows its runs."""

    def __init__(self, site: Site, idle: float, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                AccessGuard(site.application(), site.access),
                http=Connection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",  # no request is logged: addresses hold the token
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                limit_concurrency=CONNECTIONS + 1,
                h11_max_incomplete_event_size=_LARGEST_HEAD,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            )
        )
        self._site, self._idle, self._ready = site, idle, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin to follow the runs."""
        await super().startup(sockets)
        self._following = asyncio.create_task(self._site.follow())
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; called ten times a second."""
        if self._following.done():
            self._following.result()  # it never returns, but may raise
        return bool(await super().on_tick(counter)) or self._site.idle_seconds() >= self._idle

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the viewers, and close their connections."""
        self._following.cancel()
        self._site.close()
        await super().shutdown(sockets)
        for connection in _ours(self.server_state.connections):
            connection.drop()


class Connection(H11Protocol):
    """A connection with time limits: for the head of a request, and for each piece of a response."""

    def connection_made(self, transport: Any) -> None:
        """Wait for a request; close the oldest silent connection where there are too many."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # writing pauses until everything was received
        self._timer = self.loop.call_later(REQUEST_SECONDS, self._drop_silent)
        self.opened = self.loop.time()
        silent = [other for other in _ours(self.connections) if other.cycle is None and other is not self]
        if len(self.connections) > CONNECTIONS and silent:
            min(silent, key=lambda other: other.opened).drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the time limit for what was sent."""
        super().pause_writing()
        self._timer.cancel()
        self._timer = self.loop.call_later(WRITE_SECONDS, self.drop)

    def resume_writing(self) -> None:
        """Stop the timer: the viewer has received the data."""
        super().resume_writing()
        self._timer.cancel()

    def drop(self) -> None:
        """Close the connection, and discard what was not received, in the kernel too."""
        self.connections.discard(self)
        with suppress(OSError):
            held = self.transport.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _drop_silent(self) -> None:
        if self.cycle is None:
            self.drop()


def _ours(connections: Iterable[object]) -> list[Connection]:
    return [connection for connection in connections if isinstance(connection, Connection)]
