"""What the hostile repositories of this folder are made of."""

from __future__ import annotations

from support.trees import written

import os
import subprocess
from pathlib import Path

CONFIG = """name = "sums"
files = ["prog.py"]
command = "python3 measure.py {seed}"
score = { speed = "speed: ([0-9.]+)" }
metric = ["speed:max"]
fixed_input = true
instances = 1
held_out = 6
"""
PROGRAM = "def total(values):\n    return sum(values)\n"
MEASURE = "import prog\n\nprint(prog.total([1, 2]))\nprint('speed: 1.5')\n"


def plain(repository: Path) -> None:
    """A harmless repository, tracked by git."""
    repository.mkdir()
    written(repository, {"strop.toml": CONFIG, "prog.py": PROGRAM, "measure.py": MEASURE})
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "one")


def git(folder: Path, *arguments: str) -> str:
    """Run the real git, as the attacker does."""
    named = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["/usr/bin/git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def configured(repository: Path, lines: str) -> None:
    """Append to strop.toml."""
    with (repository / "strop.toml").open("a") as file:
        file.write(lines)


def mark(outside: Path) -> str:
    """A shell command that shows that it ran, outside of the repository."""
    return f"touch {outside}/ran-$$; cat"


def python_mark(outside: Path) -> str:
    """A Python program that shows that it ran, outside of the repository."""
    return f"import os\nopen({str(outside)!r} + '/ran-%d' % os.getpid(), 'w').close()\n"


def executable(file: Path, text: str) -> None:
    """Write a script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.chmod(file, 0o755)
