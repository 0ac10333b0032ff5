from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """A file .git leads to a folder of git elsewhere."""
    git(repository, "config", "core.fsmonitor", f"sh -c '{mark(outside)}'")
    (repository / ".git").rename(repository / "elsewhere")
    (repository / ".git").write_text("gitdir: elsewhere\n")
