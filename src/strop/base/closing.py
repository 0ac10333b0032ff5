"""What is closed at the end of a `with` block."""

from __future__ import annotations

from typing import Protocol, Self


class ClosesItself(Protocol):
    """A context manager that closes itself at the end of its block."""

    def close(self) -> None:
        """End what it began, and free what it holds. Idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
