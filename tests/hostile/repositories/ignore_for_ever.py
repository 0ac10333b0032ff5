import os
from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """Rules of .gitignore that regular expressions would try for ever."""
    (repository / ("a" * 200)).write_text("x")
    (repository / ".gitignore").write_text("*a" * 40 + "b\n" + "**/" + "*a/**/" * 40 + "b\n")
    os.mkfifo(repository / "pipe")
