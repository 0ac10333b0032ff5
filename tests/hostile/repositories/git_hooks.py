from pathlib import Path

from hostile.repositories.parts import executable, mark


def spoil(repository: Path, outside: Path) -> None:
    """Every hook of git."""
    for hook in (
        "post-checkout",
        "post-index-change",
        "pre-commit",
        "fsmonitor-watchman",
        "reference-transaction",
        "pre-auto-gc",
    ):
        executable(repository / ".git/hooks" / hook, f"#!/bin/sh\n{mark(outside)}\n")
