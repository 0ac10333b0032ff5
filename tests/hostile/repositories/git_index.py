from pathlib import Path

from hostile.repositories.parts import git


def spoil(repository: Path, outside: Path) -> None:
    """An index that lies about folders: they are links out of the repository."""
    (repository / "data").mkdir()
    (repository / "data/secret").write_text("x")
    git(repository, "add", "-A")
    (repository / "data/secret").unlink()
    (repository / "data").rmdir()
    (repository / "data").symlink_to(outside)
    (repository / ".git/objects/info").mkdir(exist_ok=True)
    (repository / ".git/objects/info/alternates").write_text(f"{outside}\n")
