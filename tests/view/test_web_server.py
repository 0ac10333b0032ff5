"""The server at its limits."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.report.html import server as web_server
from strop.report.html.server import HOST, HttpResponse, Site, WebServer
from support.processes import wait_until
from support.viewed import running

LARGE = b"x" * 8_000_000


class Pages(Site):
    """A site with a large page."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, folder=True)
        self.paths: list[str] = []

    def answer(self, path: str) -> HttpResponse | None:
        self.paths.append(path)
        return HttpResponse(LARGE if path == "/large" else b"here\n")


class Asked:
    """A server, and ways to ask it."""

    def __init__(self, server: WebServer, pages: Pages) -> None:
        self.pages, self.access = pages, server.access
        self.port = self.access.port

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
def site(tmp_path: Path) -> Iterator[Asked]:
    pages = Pages(tmp_path)
    server = WebServer(0, pages)
    with running(server):
        yield Asked(server, pages)


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side ends, however it ends."""
    data = b""
    try:
        while piece := connection.recv(1 << 16):
            data += piece
    except ConnectionError:
        pass
    return data


def test_server_listens_on_the_loopback_alone(site: Asked) -> None:
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
    site: Asked, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "SECONDS", 0.5)
    answer = site.answer(sent)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"403", b"505")
    assert site.pages.paths == [] and site.serves()


def test_server_answers_one_request_a_connection(site: Asked) -> None:
    answer = site.answer(site.request() + site.request("/large"))
    assert answer.count(b"HTTP/1.0") == 1 and site.pages.paths == ["/"]


def test_server_answers_before_the_body_of_a_request_is_there(site: Asked) -> None:
    assert site.answer(site.request(head="Content-Length: 1000000\r\n")).endswith(b"here\n")


def test_server_opens_no_websocket(site: Asked) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    assert b" 101 " not in site.answer(site.request(head=upgrade))


def test_server_drops_who_never_finishes_a_request(site: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "SECONDS", 0.2)
    with site.connected(b"GET / HT") as slow:
        assert received(slow) == b""


def test_server_drops_a_viewer_that_stops_reading_and_serves_the_others(
    site: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "SECONDS", 0.3)
    before = threading.active_count()
    with site.connected(site.request("/large")) as slow:
        assert site.serves()
        wait_until(lambda: threading.active_count() == before)
        assert len(received(slow)) < len(LARGE)
    assert site.serves()


def test_large_page_arrives_whole(site: Asked) -> None:
    assert site.answer(site.request("/large")).endswith(b"\r\n\r\n" + LARGE)


def test_viewer_is_served_while_others_hold_connections_and_never_ask(site: Asked) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(site.connected(b"GET / HT"))
        assert site.serves()


def test_server_ends_although_a_viewer_reads_nothing(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    server = WebServer(0, pages)
    with running(server):
        slow = Asked(server, pages).connected(Asked(server, pages).request("/large"))
        wait_until(lambda: bool(pages.paths))
    slow.close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_that_does_not_exist_is_refused(port: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--port"):
        WebServer(port, Site(tmp_path, folder=True))


def test_port_that_is_taken_is_refused(site: Asked) -> None:
    with pytest.raises(ConfigurationError, match="cannot listen on --port"):
        WebServer(site.port, site.pages)
