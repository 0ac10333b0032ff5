"""The server at its limits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router

from strop.base.errors import ConfigurationError
from strop.report.html.server import web_server
from strop.report.html.server.access import HOST, AccessControl
from strop.report.html.server.app import Site
from strop.report.html.server.live_run import page_response
from strop.report.html.server.web_server import bind
from support.processes import wait_until
from support.viewed import running

LARGE = b"x" * 8_000_000


class Addresses(Site):
    """A site with a large page, and a stream that never ends."""

    def __init__(self, directory: Path, port: int) -> None:
        super().__init__(directory, AccessControl(port), folder=True)
        self.port, self.streams, self.paths = port, 0, list[str]()

    def application(self) -> Router:
        pages = {"/": self.here, "/large": self.large, "/stream": self.stream}
        return Router([Route(path, page) for path, page in pages.items()])

    async def here(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        return PlainTextResponse("here\n")

    async def large(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        return page_response(LARGE, "default-src 'none'")

    async def stream(self, request: Request) -> Response:
        return StreamingResponse(self.endless())

    async def endless(self) -> AsyncIterator[bytes]:
        self.streams += 1
        try:
            while True:
                yield b"more\n" * 20_000
                await asyncio.sleep(0.01)
        finally:
            self.streams -= 1

    def request(self, path: str = "/", method: str = "GET", head: str = "") -> bytes:
        target = f"{path}?token={self.access.token}"
        return f"{method} {target} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{head}\r\n".encode()

    def connected(self, sent: bytes) -> socket.socket:
        connection = socket.create_connection((HOST, self.port), timeout=60)
        connection.sendall(sent)
        return connection

    def answer(self, sent: bytes) -> bytes:
        with self.connected(sent) as connection:
            return received(connection)

    def serves(self) -> bool:
        return self.answer(self.request()).endswith(b"here\n")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Addresses]:
    listening = bind(0)
    found = Addresses(tmp_path, listening.getsockname()[1])
    with running(listening, found):
        yield found


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side ends, however it ends."""
    data = b""
    try:
        while piece := connection.recv(1 << 16):
            data += piece
    except ConnectionError:
        pass
    return data


def test_server_listens_on_the_loopback_alone(site: Addresses) -> None:
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in (own - {HOST, "127.0.1.1"}) or {"127.0.0.2"}:
        with pytest.raises(OSError):
            socket.create_connection((address, site.port), timeout=5).close()


@pytest.mark.parametrize(
    "sent",
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
    ids=lambda sent: repr(sent[:30]),
)
def test_server_refuses_what_is_not_a_request_and_goes_on(
    site: Addresses, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.5)
    answer = site.answer(sent)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"403")
    assert site.paths == [] and site.serves()


def test_server_answers_one_request_a_connection(site: Addresses) -> None:
    answer = site.answer(site.request() + site.request("/large"))
    assert answer.count(b"HTTP/1.1") == 1 and site.paths == ["/"]


def test_server_answers_before_the_body_of_a_request_is_there(site: Addresses) -> None:
    assert site.answer(site.request(head="Content-Length: 1000000\r\n")).endswith(b"here\n")


def test_server_opens_no_websocket(site: Addresses) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    assert b" 101 " not in site.answer(site.request(head=upgrade))


def test_server_drops_who_never_finishes_a_request(site: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.2)
    with site.connected(b"GET / HT") as slow:
        assert received(slow) == b""


@pytest.mark.parametrize("path", ["/large", "/stream"])
def test_server_drops_a_viewer_that_stops_reading_and_serves_the_others(
    site: Addresses, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "WRITE_SECONDS", 0.3)
    with site.connected(site.request(path)) as slow:
        assert site.serves()
        wait_until(lambda: _reset(slow))
    wait_until(lambda: site.streams == 0)
    assert site.serves()


def test_large_page_arrives_whole(site: Addresses) -> None:
    assert site.answer(site.request("/large")).endswith(b"\r\n\r\n" + LARGE)


def test_stream_ends_when_its_viewer_leaves(site: Addresses) -> None:
    with site.connected(site.request("/stream")) as connection:
        connection.recv(100)
        wait_until(lambda: site.streams == 1)
    wait_until(lambda: site.streams == 0)


def test_server_refuses_viewers_beyond_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "CONNECTIONS", 3)
    listening = bind(0)
    site = Addresses(tmp_path, listening.getsockname()[1])
    with running(listening, site), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(site.connected(site.request("/stream")))
        wait_until(lambda: site.streams == 3)
        assert b" 503 " in site.answer(site.request())


def test_viewer_is_served_while_others_hold_connections_and_never_ask(
    site: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "CONNECTIONS", 3)
    with ExitStack() as stack:
        held = [stack.enter_context(site.connected(b"GET / HT")) for _ in range(5)]
        assert site.serves()
        assert received(held[0]) == b""


def test_server_ends_although_a_viewer_reads_nothing(tmp_path: Path) -> None:
    listening = bind(0)
    site = Addresses(tmp_path, listening.getsockname()[1])
    with running(listening, site):
        slow = site.connected(site.request("/large"))
        wait_until(lambda: bool(site.paths))
    slow.close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(ConfigurationError, match="--port"):
        bind(port)


def test_port_that_is_taken_is_refused(site: Addresses) -> None:
    with pytest.raises(ConfigurationError, match="cannot listen on --port"):
        bind(site.port)


def _reset(connection: socket.socket) -> bool:
    """Whether the other side has let go; nothing is read."""
    connection.setblocking(False)
    return bool(connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
