"""The server itself, at its limits."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from strop.base.errors import ConfigurationError
from strop.report.watch.door import HOST
from strop.report.watch.http import Limits, Request, Response, Server, bound, line
from support.processes import wait_until

LARGE = b"x" * 50_000_000
USUAL = Limits()
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Standing:
    """A server on a thread, and how many streams it has open."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.streams, self.seen = limits, 0, list[Request]()
        listening = bound(HOST, 0)
        self.port = listening.getsockname()[1]
        ready = threading.Event()

        async def serve() -> None:
            self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
            async with Server(listening, self.answer, limits):
                ready.set()
                await self._stopping.wait()

        self._thread = threading.Thread(target=asyncio.run, args=[serve()])
        self._thread.start()
        assert ready.wait(20)

    async def answer(self, request: Request) -> Response:
        self.seen.append(request)
        match request.path:
            case "/large":
                return Response(200, "text/plain", LARGE)
            case "/stream":
                return Response(200, "text/plain", self.stream())
            case _:
                return line(200, "here")

    async def stream(self) -> AsyncIterator[bytes]:
        self.streams += 1
        try:
            while True:
                yield b"more\n" * 20_000
                await asyncio.sleep(0.01)
        finally:
            self.streams -= 1

    def connected(self, said: bytes) -> socket.socket:
        made = socket.create_connection((HOST, self.port), timeout=20)
        made.sendall(said)
        return made

    def asked(self, said: bytes) -> bytes:
        with self.connected(said) as made:
            return read(made)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextmanager
def standing(limits: Limits = USUAL) -> Iterator[Standing]:
    server = Standing(limits)
    try:
        yield server
    finally:
        server.close()


def read(made: socket.socket) -> bytes:
    """All that comes until the other side ends, however it ends."""
    found = b""
    try:
        while piece := made.recv(1 << 16):
            found += piece
    except ConnectionError:
        pass
    return found


def test_server_listens_on_the_loopback_alone() -> None:
    with standing() as server, pytest.raises(OSError):
        addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {
            HOST,
            "127.0.1.1",
        }
        for address in addresses or {"127.0.0.2"}:
            socket.create_connection((address, server.port), timeout=5).close()


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA\0: y\r\n\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=lambda said: repr(said[:30]),
)
def test_server_answers_what_is_no_request_in_one_line_and_goes_on(said: bytes) -> None:
    with standing(Limits(request_seconds=0.5)) as server:
        answer = server.asked(said)
        assert answer == b"" or (answer.startswith(b"HTTP/1.1 400") and answer.endswith(b"would send\n"))
        assert server.seen == [] and server.asked(ASK).endswith(b"here\n")


def test_server_answers_one_request_a_connection() -> None:
    with standing() as server:
        answer = server.asked(ASK + b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.count(b"HTTP/1.1") == 1 and [each.path for each in server.seen] == ["/"]


def test_server_reads_no_body() -> None:
    with standing() as server:
        assert server.asked(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n").endswith(b"here\n")


def test_server_drops_who_never_finishes_a_request() -> None:
    with standing(Limits(request_seconds=0.2)) as server, server.connected(b"GET / HT") as slow:
        assert read(slow) == b""


@pytest.mark.parametrize("path", ["large", "stream"])
def test_server_drops_a_viewer_that_stops_reading_and_serves_the_others(path: str) -> None:
    with standing(Limits(piece_seconds=0.3)) as server:
        with server.connected(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) as slow:
            assert server.asked(ASK).endswith(b"here\n")
            wait_until(lambda: _reset(slow))
        wait_until(lambda: server.streams == 0)
        assert server.asked(ASK).endswith(b"here\n")


def test_stream_ends_when_its_viewer_leaves() -> None:
    with standing() as server:
        with server.connected(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as made:
            made.recv(100)
            wait_until(lambda: server.streams == 1)
        wait_until(lambda: server.streams == 0)


def test_server_sends_away_whoever_is_too_many() -> None:
    with standing(Limits(connections=3)) as server, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(server.connected(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"))
        wait_until(lambda: server.streams == 3)
        assert b"503" in server.asked(ASK)


def test_viewer_is_served_while_others_hold_connections_and_never_ask() -> None:
    with standing(Limits(connections=3, request_seconds=600)) as server, ExitStack() as stack:
        held = [stack.enter_context(server.connected(b"GET / HT")) for _ in range(5)]
        assert server.asked(ASK).endswith(b"here\n")
        assert read(held[0]) == b""


def test_server_ends_although_a_viewer_reads_nothing() -> None:
    with standing() as server, server.connected(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"):
        wait_until(lambda: bool(server.seen))


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(ConfigurationError, match="--port"):
        bound(HOST, port)


def test_port_that_is_taken_is_refused() -> None:
    with standing() as server, pytest.raises(ConfigurationError, match="cannot be had"):
        bound(HOST, server.port)


def _reset(made: socket.socket) -> bool:
    """Whether the other side has let go; nothing is read."""
    made.setblocking(False)
    return bool(made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
