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

from strop.errors import LanguageModelError
from strop.testing.server_faults import ServerFault, choices_given, encoded, rejection, spoiled


@dataclass(frozen=True)
class Handled:
    """One request for a completion and what became of it."""

    number: int
    body: dict[str, Any]
    fault: ServerFault
    status: int = 0
    billed: tuple[str | None, ...] = ()


class Owner(Protocol):
    """What the handler asks of the server it belongs to."""

    def fault_of(self, body: dict[str, Any]) -> tuple[int, ServerFault]:
        """Number a request and find its fault."""
        ...

    def answers(self, body: dict[str, Any], n: int) -> list[str]:
        """What the model says."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
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
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._send(404, b'{"error": {"message": "not found"}}')
            return
        body = json.loads(data)
        number, fault = self.server.owner.fault_of(body)
        handled = Handled(number, body, fault)
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        rejected = rejection(fault, body, key)
        if fault.word == "drop":
            self.server.owner.record(handled)
            self._hang_up()
        elif rejected:
            wait = {"Retry-After": f"{fault.number:g}"} if fault.number is not None else {}
            self._send(rejected[0], json.dumps(rejected[1]).encode(), handled, headers=wait)
        else:
            self._answer(handled)

    def _answer(self, handled: Handled) -> None:
        body, fault, owner = handled.body, handled.fault, self.server.owner
        if fault.word == "slow":
            owner.wait(fault.number or 0.0)
        try:
            texts = owner.answers(body, choices_given(fault, int(body.get("n", 1))))
        except LanguageModelError as error:
            self._send(400, json.dumps({"error": {"message": str(error)}}).encode(), handled)
            return
        choices = [{"index": index, **spoiled(fault, text)} for index, text in enumerate(texts)]
        prompt = sum(len(message["content"]) for message in body["messages"]) // 4
        usage = {"prompt_tokens": prompt, "completion_tokens": sum(map(len, texts)) // 4}
        reply = {"object": "chat.completion", "model": body.get("model"), "created": int(time.time())}
        data = encoded(fault, {**reply, "choices": choices, "usage": usage})
        if fault.word == "cut":
            self._head(200, len(data), {})
            self.wfile.write(data[: len(data) // 2])
            owner.record(handled)
            self._hang_up()
            return
        billed = () if fault.word == "malformed" else tuple(choice["message"]["content"] for choice in choices)
        self._send(200, data, replace(handled, billed=billed))

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
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: the server's own log says more."""
