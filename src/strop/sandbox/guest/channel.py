"""Talk to the host: receive orders, send answers, and let an improver's threads send requests at the same time.

Until the first request the main thread reads the pipe itself; afterwards a reader thread does, and passes each reply to the
thread that waits for it. Nothing is enforced here: a program may bypass all of this and gains nothing.
"""

from __future__ import annotations

import queue
import threading
from typing import Any

import frames


class BudgetExceeded(Exception):
    """The budget does not cover the request; nothing was charged."""


KINDS: dict[str, type[Exception]] = {"BudgetExceeded": BudgetExceeded, "ValueError": ValueError, "TypeError": TypeError}
Box = queue.SimpleQueue[tuple[list[Any], Any]]
"""A queue for one reply, or for orders."""


class Channel:
    """Both pipes of a guest. Safe to use from many threads."""

    def __init__(self, read_descriptor: int, write_descriptor: int) -> None:
        self._read, self._write = read_descriptor, write_descriptor
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: dict[int, Box] = {}
        self._orders: Box = queue.SimpleQueue()
        self._reader: threading.Thread | None = None
        self._open = False

    def next_order(self) -> tuple[list[Any], Any]:
        """The next `load` or `call` of the host, and the arguments of a call; blocks."""
        if self._reader is None:
            return frames.read(self._read)
        return self._orders.get()

    def begin(self) -> None:
        """Allow requests until `answer`."""
        self._open = True

    def answer(self, frame: bytes) -> None:
        """End the call: send this frame as the last one."""
        with self._lock:
            self._open = False
            frames.write(self._write, frame)

    def ask(self, method: str, params: list[Any]) -> Any:
        """Send a request and wait for its reply. Raises the exception with which the host refuses it."""
        box: Box = queue.SimpleQueue()
        self._send(method, params, box)
        (kind, _, value, *why), _ = box.get()
        if kind == "refused":
            raise KINDS.get(value, ValueError)(*why)
        return value

    def note(self, kind: str, detail: str) -> None:
        """Send the host a note for the audit; wait, so that the record shows notes in order."""
        self.ask("note", [kind, detail])

    def _send(self, method: str, params: list[Any], box: Box) -> None:
        with self._lock:  # ids grow in the order of the frames
            if not self._open:
                raise RuntimeError("the call has ended: the host no longer answers")
            self._last += 1
            from_thread = threading.current_thread() is not threading.main_thread()
            frame = frames.encode(["request", self._last, method, params, from_thread])
            self._waiting[self._last] = box
            self._start_reader()
            frames.write(self._write, frame)

    def _start_reader(self) -> None:
        if self._reader is None:
            self._reader = threading.Thread(target=self._receive, daemon=True, name="replies")
            self._reader.start()

    def _receive(self) -> None:
        while True:
            message = frames.read(self._read)
            is_order = message[0][0] in ("load", "call")
            (self._orders if is_order else self._waiting.pop(message[0][1])).put(message)
