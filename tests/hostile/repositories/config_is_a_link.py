from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml is a link to a file of the user's."""
    (repository / "strop.toml").unlink()
    (repository / "strop.toml").symlink_to(outside / "secret")
