"""An HTTP server with the limits of one that must not disturb the run it shows: a slow or silent viewer costs nothing.

A connection has one request, which has no body.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import ThreadingTCPServer
from typing import Any

from strop.base.errors import ConfigurationError
from strop.report.html.server.access import HOST, AccessControl, HttpResponse, line, tokens_in
from strop.report.html.server.app import Site

REQUEST_SECONDS = 10.0
"""Time for the head of a request to arrive."""
WRITE_SECONDS = 20.0
"""Time for a viewer to receive a piece of a page."""
CONNECTIONS = 64
"""At once. Further requests get status 503."""
ALONE_SECONDS = 2.0
"""Between two looks at runs that nobody views."""
_LARGEST_HEAD = 1 << 14
_PIECE = 1 << 16
"""Bytes that are sent at once."""
_HEAD_END = b"\r\n\r\n"
NICENESS = 10
"""The run comes first."""


def serve(server: WebServer, idle: float) -> None:
    """Serve until nothing has run and nobody has viewed a page for `idle` seconds, or until a signal."""
    with suppress(OSError):
        os.nice(NICENESS)
    with server:
        threading.Thread(target=server.serve_forever, name="strop-view", daemon=True).start()
        try:
            while server.site.idle_seconds() < idle:
                time.sleep(min(idle, ALONE_SECONDS))
        finally:
            server.shutdown()


class WebServer(ThreadingTCPServer):
    """Serves a site on the loopback; port 0 takes a free port."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = CONNECTIONS

    def __init__(self, port: int, site: Site) -> None:
        """Listen.

        Raises:
            ConfigurationError: the port is taken, or not a port.
        """
        if not 0 <= port <= 65535:
            raise ConfigurationError(f"--port {port}: ports are 1 to 65535, or 0 for a free one")
        self.site = site
        self._silent: dict[socket.socket, None] = {}
        """Connections without a request so far, the oldest first."""
        self._asking: set[socket.socket] = set()
        self._lock = threading.Lock()
        try:
            super().__init__((HOST, port), Connection)
        except OSError as error:
            why = error.strerror or error
            raise ConfigurationError(f"cannot listen on --port {port}: {why}; 0 takes a free port") from None
        self.access = AccessControl(self.socket.getsockname()[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread; close the oldest silent connection where there are too many."""
        with self._lock:
            if self._silent and len(self._silent) + len(self._asking) >= CONNECTIONS:
                oldest = next(iter(self._silent))
                del self._silent[oldest]
                _drop(oldest)
            self._silent[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._silent.pop(request, None)
            self._asking.discard(request)
        super().shutdown_request(request)

    def has_room(self, request: socket.socket) -> bool:
        """Whether a connection that asks for something may be answered."""
        with self._lock:
            self._silent.pop(request, None)
            self._asking.add(request)
            return len(self._asking) <= CONNECTIONS


class Connection(BaseHTTPRequestHandler):
    """A connection with time limits: for the head of its request, and for each piece of the answer."""

    server: WebServer
    default_request_version = "HTTP/1.0"

    def handle(self) -> None:
        """Answer one request."""
        try:
            if head := self._head():
                self.rfile = BytesIO(head)
                self.raw_requestline = self.rfile.readline()
                if self.parse_request():
                    self._send(self._answer())
        except OSError:  # it was dropped, or is gone
            _reset_at_close(self.connection)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not a request."""
        self._send(line(code, f"strop view: {message or 'not a request'}"))

    def _head(self) -> bytes:
        """The head of the request; empty where it does not arrive, or is too long."""
        head, end = b"", time.monotonic() + REQUEST_SECONDS
        while _HEAD_END not in head and len(head) <= _LARGEST_HEAD:
            self.connection.settimeout(max(end - time.monotonic(), 0.001))
            piece = self.connection.recv(_LARGEST_HEAD)
            if not piece:
                return b""
            head += piece
        found, end_of_head, _ = head.partition(_HEAD_END)
        return found + end_of_head if len(found) <= _LARGEST_HEAD else b""

    def _answer(self) -> HttpResponse:
        path, _, query = self.raw_requestline.split()[1].decode("latin-1").partition("?")
        access = self.server.access
        if not self.server.has_room(self.connection):
            return line(503, "strop view: too many viewers")
        if refusal := access.refusal(self.command, query, self.headers):
            return refusal
        answer = self.server.site.answer(path, query) or line(404, "strop view: there is nothing at this address")
        if tokens_in(query):
            answer = replace(answer, more={**answer.more, "Set-Cookie": access.cookie})
        return answer

    def _send(self, answer: HttpResponse) -> None:
        self.connection.settimeout(WRITE_SECONDS)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(answer.body), _PIECE):
            self.connection.sendall(answer.body[start : start + _PIECE])


def _drop(connection: socket.socket) -> None:
    """End a connection; its thread closes it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _reset_at_close(connection: socket.socket) -> None:
    """Discard what was not received, in the kernel too, when the connection is closed."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
