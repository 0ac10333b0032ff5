"""The HTTP side of the test server: bytes in, bytes out, faults on the way.

It keeps nothing and knows no model; `openai_server.py` decides what is said and remembers it.
"""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from strop.base.errors import LanguageModelError
from support.server_faults import (
    ServerFault,
    choices_given,
    encoded,
    prompt_tokens,
    rejection,
    spoiled,
    usage_told,
)

_PIECES = 40
"""Parts in which a body drips."""


@dataclass(frozen=True)
class Handled:
    """One request for a completion and what became of it."""

    number: int
    body: dict[str, Any]
    fault: ServerFault
    status: int = 0
    billed: tuple[str | None, ...] = ()
    """The contents of the choices, once they go out whole."""
    tokens: tuple[int, int] = (0, 0)
    """(in, out) of them."""


class Owner(Protocol):
    """What the handler asks of the server it belongs to."""

    def fault_of(self, body: dict[str, Any]) -> tuple[int, ServerFault]:
        """Number a request and find its fault."""
        ...

    def arrived(self, change: int) -> None:
        """One request more (1) or fewer (-1) is being dealt with."""
        ...

    def refusal(self) -> int | None:
        """Let a request in, or say how many seconds it has to wait."""
        ...

    def headers(self) -> dict[str, str]:
        """What headers say of limits."""
        ...

    def charge(self, tokens: int) -> None:
        """Count tokens against the limit of tokens."""
        ...

    def answers(self, body: dict[str, Any], n: int) -> list[str]:
        """What the model says."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def serving(self) -> bool:
        """Whether it is not closed yet."""
        ...

    def record(self, handled: Handled) -> None:
        """Keep what became of a request; called just before its last byte goes out."""
        ...


def start(owner: Owner, port: int) -> ThreadingHTTPServer:
    """Listen on 127.0.0.1 and serve from a background thread."""
    http = _Http(("127.0.0.1", port), _Handler)
    http.owner = owner
    threading.Thread(target=http.serve_forever, args=(0.02,), name="openai-server", daemon=True).start()
    return http


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Owner

    def server_bind(self) -> None:
        """Without the look-up of a host name that `HTTPServer` adds, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to report; everything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, json.dumps({"object": "list", "data": [{"id": "anything", "object": "model"}]}).encode())
        else:
            self._send(404, b'{"error": {"message": "not found"}}')

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        if len(data) < length:  # the client was killed while it sent: nothing was asked
            self.close_connection = True
            return
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._send(404, b'{"error": {"message": "not found"}}')
            return
        owner = self.server.owner
        owner.arrived(1)
        try:
            self._complete(json.loads(data))
        finally:
            owner.arrived(-1)

    def _complete(self, body: dict[str, Any]) -> None:
        owner = self.server.owner
        number, fault = owner.fault_of(body)
        handled = Handled(number, body, fault)
        seconds = owner.refusal()
        if seconds is not None:
            told = {"error": {"message": "the limit of this minute is reached", "type": "rate_limit_error"}}
            handled = replace(handled, fault=ServerFault("limit"))
            self._send(429, json.dumps(told).encode(), handled, headers={"Retry-After": str(seconds)})
            return
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        rejected = rejection(fault, body, key)
        if fault.word == "drop":
            owner.record(handled)
            self._hang_up()
        elif rejected:
            wait = {"Retry-After": f"{fault.number:g}"} if fault.status and fault.number is not None else {}
            self._send(rejected[0], json.dumps(rejected[1]).encode(), handled, headers=wait)
        else:
            self._answer(handled)

    def _answer(self, handled: Handled) -> None:
        body, fault, owner = handled.body, handled.fault, self.server.owner
        owner.wait(fault.number or 0.0 if fault.word == "slow" else 0.0)
        try:
            texts = owner.answers(body, choices_given(fault, int(body.get("n", 1))))
        except LanguageModelError as error:
            self._send(400, json.dumps({"error": {"message": str(error)}}).encode(), handled)
            return
        choices = [{"index": index, **spoiled(fault, text)} for index, text in enumerate(texts)]
        inputs, outputs = prompt_tokens(body), sum(max(len(text) // 4, 1) for text in texts)
        owner.charge(inputs + outputs)
        reply = {"id": f"chatcmpl-{handled.number}", "object": "chat.completion", "created": int(time.time())}
        usage = usage_told(fault, handled.number, inputs, outputs)
        data = encoded(
            fault,
            {**reply, "model": body.get("model"), "choices": choices, **({} if usage is None else {"usage": usage})},
        )
        texts_sent = tuple(choice["message"]["content"] for choice in choices)
        if fault.word not in {"malformed", "no-choices", "compressed"}:
            handled = replace(handled, billed=texts_sent, tokens=(inputs, outputs))
        self._deliver(data, handled)

    def _deliver(self, data: bytes, handled: Handled) -> None:
        """Send a body, in the fault's way. What does not go out whole is not billed."""
        owner, fault = self.server.owner, handled.fault
        half, lost = len(data) // 2, replace(handled, billed=(), tokens=(0, 0))
        match fault.word:
            case "cut" | "half-close":
                self._head(200, len(data), {})
                self.wfile.write(data[:half])
                owner.record(lost)
                if fault.word == "cut":
                    self._hang_up()
                else:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_WR)
                    self.connection.recv(1)  # until the other side goes too
            case "endless":
                self._head(200, 1 << 50, {})
                owner.record(lost)
                while owner.serving():
                    self.wfile.write(data)
            case "stall":
                self._head(200, len(data), {})
                self.wfile.write(data[:half])
                owner.record(lost)  # nobody waits for the rest, as a rule
                owner.wait(fault.number or 0.0)
                self.wfile.write(data[half:])
            case "drip":
                self._head(200, len(data), {})
                try:
                    self._drip(data[:-1], fault.number or 0.0)
                except ConnectionError:  # nobody waited for it
                    owner.record(lost)
                    return
                owner.record(replace(handled, status=200))
                self.wfile.write(data[-1:])
            case "drip-head":
                owner.record(lost)
                self._drip(b"HTTP/1.1 200 OK\r\nX-Drip: " + b"." * 1000, fault.number or 0.0)
                self._hang_up()
            case _:
                coded = {"Content-Encoding": "gzip"} if fault.word == "compressed" else {}
                self._send(200, data, handled, headers=coded)
                if fault.word == "leave":
                    self._hang_up()

    def _drip(self, data: bytes, seconds: float) -> None:
        size = max(len(data) // _PIECES, 1)
        for first in range(0, len(data), size):
            self.wfile.write(data[first : first + size])
            self.server.owner.wait(seconds / _PIECES)

    def _send(
        self, status: int, data: bytes, handled: Handled | None = None, *, headers: dict[str, str] | None = None
    ) -> None:
        """Everything but the last byte, then the record, then the last byte: whoever has the answer finds the record."""
        self._head(status, len(data), headers or {})
        self.wfile.write(data[:-1])
        if handled:
            self.server.owner.record(replace(handled, status=status))
        self.wfile.write(data[-1:])

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(length), **self.server.owner.headers()}
        for name, value in {**told, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: the server's own log says more."""
