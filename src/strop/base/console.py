"""Notices on standard error."""

from __future__ import annotations

import sys
from contextlib import suppress


def notify(line: str) -> None:
    """Print `line`, which must be safe for a terminal. Failures to write are ignored."""
    with suppress(OSError, ValueError):  # a closed pipe or terminal
        sys.stderr.write(f"strop: {line}\n")
        sys.stderr.flush()
