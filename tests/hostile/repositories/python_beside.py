from pathlib import Path

from hostile.repositories.parts import executable, mark


def spoil(repository: Path, outside: Path) -> None:
    """A virtual environment beside pyproject.toml, whose interpreters are scripts."""
    (repository / "pyproject.toml").touch()
    for name in ("python", "python3", "pip"):
        executable(repository / ".venv/bin" / name, f"#!/bin/sh\n{mark(outside)}\n")
