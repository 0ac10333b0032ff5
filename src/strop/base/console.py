"""One line on standard error, for whoever watches."""

from __future__ import annotations

import sys
from contextlib import suppress


def notify(line: str) -> None:
    """Say `line`, which must be harmless to a terminal. Whether anybody is there to read it changes nothing."""
    with suppress(OSError, ValueError):  # a pipe that nobody reads, a terminal that was closed
        sys.stderr.write(f"strop: {line}\n")
        sys.stderr.flush()
