"""Keep the head and the tail of a stream that may never end."""

from __future__ import annotations

import hashlib
import os

_CHUNK = 1 << 16
_FREELY = 64 << 20
"""Bytes of a stream that are read at full speed; afterwards the writer must wait, so that the host can do other work."""


class CappedStream:
    """One stream, read without blocking. Closes its descriptor at the end."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._half = max(1, most // 2)
        self._most = max(2, most)
        self._head = bytearray()
        self._tail = bytearray()
        self._hash = hashlib.blake2b(digest_size=16)
        self.total = 0

    @property
    def truncated(self) -> bool:
        """Whether the middle was dropped."""
        return self.total > self._most

    @property
    def digest(self) -> str:
        """Digest of everything that was read, including what was dropped."""
        return self._hash.hexdigest()

    @property
    def slow(self) -> bool:
        """Whether so much has been read that reading can wait."""
        return self.total > _FREELY

    def read(self) -> bool:
        """Read the available bytes; return whether more may come."""
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self.total += len(chunk)
        self._hash.update(chunk)
        room = self._half - len(self._head)
        self._head += chunk[: max(0, room)]
        self._tail += chunk[max(0, room) :]
        if len(self._tail) > 2 * self._most:
            del self._tail[: -self._most]
        return bool(chunk)

    def drain(self) -> None:
        """Read what is left in the pipe, at most its capacity."""
        for _ in range(64):
            before = self.total
            if not self.read() or self.total == before:
                return

    @property
    def raw(self) -> bytes:
        """Everything that was read, or its head and tail if the middle was dropped."""
        return bytes(self._head + (self._tail[-(self._most - self._half) :] if self.truncated else self._tail))

    def text(self) -> str:
        """Everything that was read as text, or head and tail with a line between them that says how much is missing."""
        if not self.truncated:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        tail = self._tail[-(self._most - self._half) :]
        missing = self.total - len(self._head) - len(tail)
        head, end = (bytes(part).decode("utf-8", "replace") for part in (self._head, tail))
        return f"{head}\n[... {missing} bytes left out ...]\n{end}"

    def close(self) -> None:
        """Close the pipe. Idempotent."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
