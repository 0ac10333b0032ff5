from pathlib import Path

from hostile.repositories.parts import git
from support.trees import written


def spoil(repository: Path, outside: Path) -> None:
    """An index that lies about folders: they are links out of the repository."""
    written(repository, {"data/secret": "x"})
    git(repository, "add", "-A")
    (repository / "data/secret").unlink()
    (repository / "data").rmdir()
    (repository / "data").symlink_to(outside)
    written(repository, {".git/objects/info/alternates": f"{outside}\n"})
