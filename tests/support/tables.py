"""Tables in what is printed: sentences fold on a terminal, and are one line of any length in a pipe."""

from __future__ import annotations

from typing import IO

from rich.console import Console


def terminal(file: IO[str], width: int = 80) -> Console:
    """A console of a terminal without colours that writes to `file`."""
    return Console(file=file, width=width, highlight=False, force_terminal=True, color_system=None)


def widest(printed: str) -> int:
    """Columns of the widest line of a table in what went into a pipe."""
    return max((len(line.rstrip()) for line in printed.splitlines() if "  " in line.strip() or "──" in line), default=0)
