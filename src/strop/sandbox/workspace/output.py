"""What is kept of a stream that may never end: its head and its tail."""

from __future__ import annotations

import hashlib
import os

_CHUNK = 1 << 16
_FREELY = 64 << 20
"""Bytes of a stream that are read as fast as they come; then the writer has to wait, so that the host can do other things too."""


class Kept:
    """One stream, read as it comes, without ever waiting. Closes its descriptor at the end."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._half = max(1, most // 2)
        self._most = max(2, most)
        self._head = bytearray()
        self._tail = bytearray()
        self._whole = hashlib.blake2b(digest_size=16)
        self.total = 0

    @property
    def truncated(self) -> bool:
        """Whether something in the middle is gone."""
        return self.total > self._most

    @property
    def digest(self) -> str:
        """Of everything that was read, what is gone included."""
        return self._whole.hexdigest()

    @property
    def slow(self) -> bool:
        """Whether so much has come that reading can wait."""
        return self.total > _FREELY

    def read(self) -> bool:
        """Take what is there; whether more may come."""
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self.total += len(chunk)
        self._whole.update(chunk)
        room = self._half - len(self._head)
        self._head += chunk[: max(0, room)]
        self._tail += chunk[max(0, room) :]
        if len(self._tail) > 2 * self._most:
            del self._tail[: -self._most]
        return bool(chunk)

    def drain(self) -> None:
        """Take what is left in the pipe, as much as a pipe holds."""
        for _ in range(64):
            before = self.total
            if not self.read() or self.total == before:
                return

    def text(self) -> str:
        """Everything, or head and tail with a line between them that says how much is missing."""
        if not self.truncated:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        tail = self._tail[-(self._most - self._half) :]
        missing = self.total - len(self._head) - len(tail)
        head, end = (bytes(part).decode("utf-8", "replace") for part in (self._head, tail))
        return f"{head}\n[... {missing} bytes left out ...]\n{end}"

    def close(self) -> None:
        """Idempotent."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
