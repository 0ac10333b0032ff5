from pathlib import Path

from hostile.repositories.parts import executable, mark


def spoil(repository: Path, outside: Path) -> None:
    """Every hook of git."""
    checked_out, of_index = ("post-checkout", "pre-auto-gc"), ("post-index-change", "fsmonitor-watchman")
    for hook in (*checked_out, *of_index, "pre-commit", "reference-transaction"):
        executable(repository / ".git/hooks" / hook, f"#!/bin/sh\n{mark(outside)}\n")
