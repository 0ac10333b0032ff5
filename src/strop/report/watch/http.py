"""A small HTTP server on asyncio; h11 reads and writes the protocol.

One request a connection. Every connection has a limit of time for its request and for each piece of its answer, and whoever
is slower is dropped: nothing waits for a viewer, and no more is held for one than a piece.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs

import h11

from strop.base.errors import ConfigurationError

PIECE = 1 << 16
_LARGEST_REQUEST = 1 << 14
_AT_ONCE = 1 << 12
_VERSIONS = (b"1.0", b"1.1")
_LAST_SECONDS = 1.0
"""For what is being answered when the server ends."""

_ALWAYS = (
    ("Connection", "close"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of what is no page."""


@dataclass(frozen=True)
class Limits:
    """What one viewer may take."""

    request_seconds: float = 10.0
    """For a whole request to arrive."""
    piece_seconds: float = 20.0
    """For a viewer to take a piece of the answer."""
    connections: int = 64
    """At once; more are sent away."""


Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    """As it was sent: nothing is decoded, and nothing is resolved."""
    query: str
    headers: Headers
    """Names in lower case."""

    def header(self, name: str) -> str:
        """All values of a header, joined as HTTP does; empty where there is none."""
        return (";" if name == "cookie" else ", ").join(value for each, value in self.headers if each == name)

    def asked(self, name: str) -> list[str]:
        """All values that the query gives to a name."""
        try:
            return parse_qs(self.query, keep_blank_values=True, max_num_fields=20).get(name, [])
        except ValueError:
            return []


@dataclass(frozen=True)
class Response:
    """What is answered: a body, or pieces that come when they come."""

    status: int
    kind: str
    body: bytes | AsyncIterator[bytes]
    headers: Headers = ()
    policy: str = NOTHING_ALLOWED


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def line(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """One plain line."""
    return Response(status, "text/plain; charset=utf-8", f"{text}\n".encode("utf-8", "replace"), headers)


def bound(host: str, port: int) -> socket.socket:
    """A socket that will listen; port 0 takes a free one.

    Raises:
        ConfigurationError: the port is taken, or there is no such port.
    """
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"--port {port}: ports are 1 to 65535, or 0 for a free one")
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise ConfigurationError(
            f"--port {port} cannot be had: {error.strerror or error}; 0 takes a free one"
        ) from None
    return taken


class Server:
    """Answers requests on a socket until it is left; a context manager."""

    def __init__(self, listening: socket.socket, handler: Handler, limits: Limits = Limits()) -> None:
        self._socket = listening
        self._limits = limits
        self._handler = handler
        self._open: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        """Connections that have not asked yet, the oldest first. One that never asks keeps nobody out."""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._connected, sock=self._socket, limit=_LARGEST_REQUEST)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the door, and every connection that is still open."""
        if self._server is not None:
            self._server.close()
        if self._open:
            await asyncio.wait(self._open, timeout=_LAST_SECONDS)  # streams end by themselves, with a word
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self._silent[task] = writer
        oldest = next(iter(self._silent))
        if len(self._open) > self._limits.connections and oldest is not task:
            self._open.discard(oldest)
            self._silent.pop(oldest).transport.abort()
        wire = _Wire(reader, writer, self._limits.piece_seconds)
        try:
            if len(self._open) > self._limits.connections:
                await wire.send(line(503, "strop watch: too many viewers"))
            else:
                await self._answer(wire)
            await wire.close()
        except (OSError, TimeoutError, h11.ProtocolError):
            wire.forget()  # gone, or too slow
        finally:
            self._open.discard(task)
            self._silent.pop(task, None)
            writer.transport.abort()  # what a viewer has not taken by now is not kept for it

    async def _answer(self, wire: _Wire) -> None:
        try:
            request = await asyncio.wait_for(wire.request(), self._limits.request_seconds)
        except h11.RemoteProtocolError:
            await wire.send(line(400, "strop watch: that is no HTTP request that a browser would send"))
            return
        task = asyncio.current_task()
        assert task is not None
        self._silent.pop(task, None)
        if request is not None:
            await wire.send(await self._handler(request))


class _Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece_seconds: float) -> None:
        self._reader, self._writer, self._seconds = reader, writer, piece_seconds
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_REQUEST)
        writer.transport.set_write_buffer_limits(high=PIECE)

    async def request(self) -> Request | None:
        """The request; None where nobody asks. A body is not read: nothing here takes one."""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_AT_ONCE))
            elif isinstance(event, h11.Request):
                if event.http_version not in _VERSIONS:
                    raise h11.RemoteProtocolError("another version of HTTP")
                path, _, query = event.target.decode("ascii").partition("?")
                headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers)
                return Request(event.method.decode("ascii"), path, query, headers)
            else:
                return None

    async def send(self, response: Response) -> None:
        """Send the whole answer, or give up on a viewer that does not take it."""
        headers = [("Content-Type", response.kind), ("Content-Security-Policy", response.policy), *_ALWAYS]
        whole = isinstance(response.body, bytes)
        if whole:
            headers.append(("Content-Length", str(len(response.body))))  # type: ignore[arg-type]
        await self._write(h11.Response(status_code=response.status, headers=[*headers, *response.headers]))
        if isinstance(response.body, bytes):
            for start in range(0, len(response.body), PIECE):
                await self._write(h11.Data(data=response.body[start : start + PIECE]))
        else:
            await self._stream(response.body)
        await self._write(h11.EndOfMessage())

    async def close(self) -> None:
        """Wait until the viewer has taken everything."""
        self._writer.close()
        await asyncio.wait_for(self._writer.wait_closed(), self._seconds)

    def forget(self) -> None:
        """Let the system drop what the viewer did not take, too."""
        held = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def _stream(self, pieces: AsyncIterator[bytes]) -> None:
        """Send pieces as they come; ends at once where the viewer leaves."""
        sending = asyncio.ensure_future(self._pump(pieces))
        leaving = asyncio.ensure_future(self._left())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            else:
                raise ConnectionResetError
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            with contextlib.suppress(AttributeError):
                await pieces.aclose()  # type: ignore[attr-defined]

    async def _pump(self, pieces: AsyncIterator[bytes]) -> None:
        async for piece in pieces:
            await self._write(h11.Data(data=piece))

    async def _left(self) -> None:
        with contextlib.suppress(OSError):
            while await self._reader.read(PIECE):
                pass  # whatever it says after its request

    async def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await asyncio.wait_for(self._writer.drain(), self._seconds)
