"""Environments of the other systems, one each, below a folder that the user names; what exists is used as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = {
    "gepa": ("gepa==0.1.4", "numpy"),
    "openevolve": ("openevolve==0.4.1", "numpy"),
    "shinka": ("shinka-evolve==0.0.7", "numpy"),
}
"""System → what is installed for it."""


def interpreter(system: str, folder: Path) -> Path:
    """The interpreter of a system's environment, which is made first if it does not exist."""
    python = folder / system / "bin" / "python"
    if not python.exists():
        print(f"installing {REQUIREMENTS[system][0]} into {folder / system}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder / system)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS[system]], check=True)
    return python


def version(system: str, folder: Path) -> str:
    """The installed version."""
    name = REQUIREMENTS[system][0].partition("==")[0]
    program = f"from importlib.metadata import version; print(version({name!r}))"
    done = subprocess.run([interpreter(system, folder), "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.strip()
