"""A real HTTP server on 127.0.0.1 that speaks OpenAI's chat completions, and misbehaves as told.

Any `LanguageModel` can be its brain. It speaks `POST /v1/chat/completions` (no streaming), keeps every request that it saw,
counts how many were in its hands at once, and keeps a ledger of what a provider would bill: each
choice of each readable answer that went out whole, and its tokens. Keys are not checked.
"""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from strop.base.errors import LanguageModelError
from strop.lm.base import LanguageModel, Request, dropped
from support import server_faults
from support.server_faults import ServerFault, parse_fault

FaultPlan: TypeAlias = Sequence[str] | Callable[[int, dict[str, Any]], str]
"""Faults by the number of the request, from 0: a sequence (then `ok`), or a function of the number and the request's body."""


@dataclass(frozen=True)
class Seen:
    """One request for a completion and what became of it."""

    number: int
    body: dict[str, Any]
    fault: str
    status: int = 0
    """0 where the connection was closed without a status."""
    billed: tuple[str | None, ...] = ()
    """The contents of the choices that went out whole."""
    tokens: tuple[int, int] = (0, 0)
    """(in, out) of those choices, whatever the body said of its usage."""


@dataclass(frozen=True)
class Ledger:
    """What a provider would bill."""

    choices: int
    input_tokens: int
    output_tokens: int


_PIECES = 40
"""Parts in which a body drips."""


class OpenAIServer:
    """Serves from the moment it is made until `close`; also a context manager. Safe to use from many threads.

    `cycle` repeats a sequence of faults for ever. Each answer takes at least `latency` seconds.
    """

    def __init__(
        self,
        model: LanguageModel,
        faults: FaultPlan = (),
        *,
        cycle: bool = False,
        latency: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not callable(faults):
            for word in faults:
                parse_fault(word)
        self._model, self._faults, self._cycle = model, faults, cycle
        self._lock = threading.Lock()
        self._arrived = 0
        self._asked: Counter[tuple[str, str, float]] = Counter()
        self._seen: list[Seen] = []
        self.closing = threading.Event()
        self._latency = latency
        self._present: list[tuple[float, int]] = [(time.monotonic(), 0)]
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, args=(0.02,), name="openai-server", daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL, e.g. `http://127.0.0.1:8000/v1`."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}/v1"

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Every request for a completion that has been dealt with, in the order in which that ended."""
        with self._lock:
            return tuple(self._seen)

    @property
    def billed(self) -> int:
        """Choices that went out whole: what a provider would charge for."""
        return sum(len(seen.billed) for seen in self.seen)

    @property
    def ledger(self) -> Ledger:
        """What a provider would charge for, in sum."""
        seen = self.seen
        return Ledger(
            choices=sum(len(request.billed) for request in seen),
            input_tokens=sum(request.tokens[0] for request in seen),
            output_tokens=sum(request.tokens[1] for request in seen),
        )

    @property
    def in_flight(self) -> tuple[tuple[float, int], ...]:
        """Requests for completions that were being dealt with: (since when, in monotonic seconds, how many), in order."""
        with self._lock:
            return tuple(self._present)

    def close(self) -> None:
        """Stop serving and let go of slow answers. Idempotent; the model is left open."""
        if not self.closing.is_set():
            self.closing.set()
            self._http.shutdown()
            self._http.server_close()

    def __enter__(self) -> OpenAIServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def fault_of(self, body: dict[str, Any]) -> tuple[int, ServerFault]:
        """Number a request that has arrived, and look up its fault."""
        with self._lock:
            number, self._arrived = self._arrived, self._arrived + 1
        if callable(self._faults):
            return number, parse_fault(self._faults(number, body))
        if not self._faults or (number >= len(self._faults) and not self._cycle):
            return number, ServerFault("ok")
        return number, parse_fault(self._faults[number % len(self._faults)])

    def answers(self, body: dict[str, Any], n: int) -> list[str]:
        """What the model says. Equal prompts are told apart by counting: n requests get what one request for n gets.

        With a seed the answer is that of the seed, whatever was asked before, as sampling with a seed means.

        Raises:
            LanguageModelError: the model has no answer.
        """
        self.closing.wait(self._latency)
        messages = body["messages"]
        expertise = "\n".join(m["content"] for m in messages if m["role"] == "system")
        message = "\n".join(m["content"] for m in messages if m["role"] != "system")
        temperature = float(body.get("temperature", 1.0))
        if isinstance(body.get("seed"), int):
            seeded = [Request(expertise, message, temperature, f"seed {body['seed']}", i) for i in range(n)]
            return [completion.text for completion in self._model.complete(seeded, dropped)]
        with self._lock:
            first = self._asked[expertise, message, temperature]
            self._asked[expertise, message, temperature] += n
        asked = [Request(expertise, message, temperature, sample=first + i) for i in range(n)]
        return [completion.text for completion in self._model.complete(asked, dropped)]

    def arrived(self, change: int) -> None:
        """Count a request that came (1) or went (-1)."""
        with self._lock:
            self._present.append((time.monotonic(), self._present[-1][1] + change))

    def record(self, seen: Seen) -> None:
        """Keep what became of a request; called just before its last byte goes out."""
        with self._lock:
            self._seen.append(seen)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: OpenAIServer

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

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        if len(data) < length:  # the client was killed while it sent: nothing was asked
            self.close_connection = True
            return
        if urlsplit(self.path).path.rstrip("/") != "/v1/chat/completions":  # with the host where it is asked as a proxy
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
        seen = Seen(number, body, fault.word)
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        rejected = None if fault.body is not None else server_faults.rejection(fault, body, key)
        if fault.word == "bytes":
            owner.record(seen)
            self.wfile.write((fault.body or "").encode("latin-1"))
            self._hang_up()
        elif fault.body is not None:
            self._send(int(fault.word), fault.body.encode(), seen)
        elif fault.word == "drop":
            owner.record(seen)
            self._hang_up()
        elif rejected:
            wait = {"Retry-After": f"{fault.number:g}"} if fault.status and fault.number is not None else {}
            self._send(rejected[0], json.dumps(rejected[1]).encode(), seen, headers=wait)
        else:
            self._answer(seen, fault)

    def _answer(self, seen: Seen, fault: ServerFault) -> None:
        body, owner = seen.body, self.server.owner
        owner.closing.wait(fault.number or 0.0 if fault.word == "slow" else 0.0)
        try:
            texts = owner.answers(body, server_faults.choices_given(fault, int(body.get("n", 1))))
        except LanguageModelError as error:
            self._send(400, json.dumps({"error": {"message": str(error)}}).encode(), seen)
            return
        choices = [{"index": index, **server_faults.spoiled(fault, text)} for index, text in enumerate(texts)]
        inputs, outputs = server_faults.prompt_tokens(body), sum(max(len(text) // 4, 1) for text in texts)
        reply = {"id": f"chatcmpl-{seen.number}", "object": "chat.completion", "created": int(time.time())}
        usage = server_faults.usage_told(fault, inputs, outputs)
        reply |= {"model": body.get("model"), "choices": choices} | ({} if usage is None else {"usage": usage})
        data = server_faults.encoded(fault, reply)
        texts_sent = tuple(choice["message"]["content"] for choice in choices)
        if fault.word not in {"malformed", "no-choices", "bomb"}:
            seen = replace(seen, billed=texts_sent, tokens=(inputs, outputs))
        self._deliver(data, seen, fault)

    def _deliver(self, data: bytes, seen: Seen, fault: ServerFault) -> None:
        """Send a body, in the fault's way. What does not go out whole is not billed."""
        owner = self.server.owner
        half, lost = len(data) // 2, replace(seen, billed=(), tokens=(0, 0))
        match fault.word:
            case "cut" | "half-close" | "stall":
                self._head(200, len(data), {})
                self.wfile.write(data[:half])
                owner.record(lost)
                if fault.word == "cut":
                    self._hang_up()
                elif fault.word == "stall":  # nobody waits for the rest, as a rule
                    owner.closing.wait(fault.number or 0.0)
                    self.wfile.write(data[half:])
                else:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_WR)
                    self.connection.recv(1)  # until the other side goes too
            case "endless" | "blanks" | "comments":
                self._head(200, 1 << 50, {})
                owner.record(lost)
                piece = {"blanks": b" ", "comments": b": keepalive\n\n"}.get(fault.word, data)
                while not owner.closing.wait(0.0 if fault.word == "endless" else 0.02):
                    self.wfile.write(piece)
            case "drip":
                self._head(200, len(data), {})
                try:
                    self._drip(data[:-1], fault.number or 0.0)
                except ConnectionError:  # nobody waited for it
                    owner.record(lost)
                    return
                owner.record(replace(seen, status=200))
                self.wfile.write(data[-1:])
            case "drip-head":
                owner.record(lost)
                self._drip(b"HTTP/1.1 200 OK\r\nX-Drip: " + b"." * 1000, fault.number or 0.0)
                self._hang_up()
            case _:
                coded = {"Content-Encoding": "gzip"} if fault.word == "bomb" else {}
                self._send(200, data, seen, headers=coded)
                if fault.word == "leave":
                    self._hang_up()

    def _drip(self, data: bytes, seconds: float) -> None:
        size = max(len(data) // _PIECES, 1)
        for first in range(0, len(data), size):
            self.wfile.write(data[first : first + size])
            self.server.owner.closing.wait(seconds / _PIECES)

    def _send(
        self, status: int, data: bytes, seen: Seen | None = None, *, headers: dict[str, str] | None = None
    ) -> None:
        """Everything but the last byte, then the record, then the last byte: whoever has the answer finds the record."""
        self._head(status, len(data), headers or {})
        self.wfile.write(data[:-1])
        if seen:
            self.server.owner.record(replace(seen, status=status))
        self.wfile.write(data[-1:])

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        fields = {"Content-Type": "application/json", "Content-Length": str(length)}
        for name, value in {**fields, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""
