"""A client of `strop serve` that writes what it likes, and reads only lines of the protocol."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from typing import Any

from support.processes import output_of, wait_until

Message = dict[str, Any]

EVALUATOR = """import runpy
def evaluate(path):
    print("the evaluator prints")
    value = runpy.run_path(path)["value"]()
    if type(value) is not int or not 0 <= value <= 9:
        raise ValueError("value must return a whole number from 0 to 9")
    return {"accuracy": value / 9}
"""
"""Scores a program, and prints beside the protocol."""


class RawClient:
    """Writes lines to a server, and keeps what it answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        self.process = process
        self.answers: dict[object, Message] = {}
        """Id of the request → its answer; None → the last answer to a request without an id."""
        self.notices: list[Message] = []
        self._to, self._from, self._rest, self._last = process.stdin.fileno(), process.stdout.fileno(), b"", 0
        os.set_blocking(self._from, False)
        os.set_blocking(self._to, False)

    def begin(self) -> None:
        """Initialize the connection, as every client does first."""
        about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
        assert "result" in self.answer(self.ask("initialize", about))
        self.write(message("notifications/initialized"))

    def write(self, line: bytes) -> None:
        """Write a line whole; a server that is not read from need not read."""
        self._left = line + b"\n"
        wait_until(lambda: self._read() or self._wrote())

    def ask(self, method: str, params: Message | None = None) -> int:
        """Send a request; returns its id."""
        self._last += 1
        self.write(message(method, params, id=self._last))
        return self._last

    def call(self, name: str, arguments: object) -> int:
        """Send a call of a tool, with a token for progress; returns its id."""
        return self.ask(
            "tools/call", {"name": name, "arguments": arguments, "_meta": {"progressToken": self._last + 1}}
        )

    def answer(self, to: int | None) -> Message:
        """Wait for the answer to a request."""
        wait_until(lambda: self._read() or to in self.answers)
        return self.answers.pop(to)

    def text(self, to: int) -> tuple[str, bool]:
        """Wait for the answer of a tool: its texts, and whether it is an error."""
        result = self.answer(to)["result"]
        return "\n".join(part["text"] for part in result["content"]), bool(result.get("isError"))

    def runs(self, request: int) -> None:
        """Wait until a call runs, by its progress."""
        running = {"progressToken": request, "message": "it runs"}
        wait_until(lambda: self._read() or any(running.items() <= notice["params"].items() for notice in self.notices))

    def leave(self) -> tuple[int, list[str]]:
        """Close the server's input. Returns the server's exit code and the lines of its standard error."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.stdin = None
        os.set_blocking(self._from, True)
        errors = output_of(self.process)[1]
        return self.process.returncode, errors.splitlines()

    def _wrote(self) -> bool:
        with suppress(BlockingIOError):
            self._left = self._left[os.write(self._to, self._left) :]
        return not self._left

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while chunk := os.read(self._from, 1 << 16):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    received = json.loads(line)
                    assert received["jsonrpc"] == "2.0"
                    if "method" in received:
                        self.notices.append(received)
                    else:
                        self.answers[received["id"]] = received


def message(method: str, params: Message | None = None, **more: object) -> bytes:
    """A message of the protocol, as one line."""
    request = {"jsonrpc": "2.0", **more, "method": method} | ({} if params is None else {"params": params})
    return json.dumps(request).encode()
