"""A stream whose reader may go away: a closed terminal, a pipe that nobody reads. What is said then is lost, and no error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TextIO


class Lasting:
    """A text stream that never fails to be written; all else is as in the stream behind it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False
        """Whether somebody was found to read no more."""

    def write(self, text: str) -> int:
        """Write, or lose it."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self.gone = True
            return len(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        with suppress(ValueError):
            try:
                self._stream.flush()
            except OSError:
                self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
