"""What is in a folder."""

from __future__ import annotations

from pathlib import Path


def contents(root: Path) -> dict[str, str]:
    """The text of each file below a folder, by its path; without those of git."""
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in found}
