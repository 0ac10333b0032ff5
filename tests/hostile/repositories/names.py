import os
from pathlib import Path

from hostile.repositories.parts import git


def spoil(repository: Path, outside: Path) -> None:
    """Names of files with newlines, escape codes, leading dashes and marks of direction."""
    for name in (
        "a\nb.py",
        "\x1b]0;owned\x07.py",
        "--upload-pack=touch ran",
        "-rf",
        "\u202egpj.py",
        "$(touch ran)",
        "`touch ran`",
        "*",
        "a'b\"c",
        "=== file: x ===",
    ):
        (repository / name).write_text("x\n")
    (repository / os.fsdecode(b"\xff\xfe")).write_text("x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "two")
