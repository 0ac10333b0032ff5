from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """The settings are in another file of the repository."""
    (repository / "more").write_text(f"[core]\n\tfsmonitor = sh -c '{mark(outside)}'\n")
    git(repository, "config", "include.path", "../more")
