"""Repositories of git's, as a user makes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

USER = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    """What git prints, as a user runs it."""
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, cwd=folder, env=os.environ | USER, capture_output=True, check=True).stdout.decode()


def committed(root: Path) -> Path:
    """Commit all that is in a folder, which becomes a repository if it is none."""
    if not (root / ".git").exists():
        git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "A version")
    return root
