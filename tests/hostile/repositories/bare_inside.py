import shutil
from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """The files of a bare repository lie beside the program, as a clone may deliver them."""
    git(repository, "config", "core.fsmonitor", f"sh -c '{mark(outside)}'")
    git(repository, "config", "core.bare", "false")
    git(repository, "config", "core.worktree", ".")
    for entry in ("HEAD", "config", "index"):
        shutil.copy(repository / ".git" / entry, repository / entry)
    for folder in ("objects", "refs"):
        shutil.copytree(repository / ".git" / folder, repository / folder)
    shutil.rmtree(repository / ".git")
