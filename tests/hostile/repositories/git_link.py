import shutil
from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """A link .git leads to the folder of git of the user's own project."""
    shutil.rmtree(repository / ".git")
    (repository / ".git").symlink_to(outside)
    (repository / "index").symlink_to(outside / "secret")
