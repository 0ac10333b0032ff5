import os
from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml is a pipe, other files are giants."""
    (repository / "strop.toml").unlink()
    os.mkfifo(repository / "strop.toml")
    with (repository / "giant").open("w") as file:
        os.truncate(file.fileno(), 1 << 40)
