from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """The files to improve and those that measure are links out of the repository."""
    (repository / "prog.py").unlink()
    (repository / "prog.py").symlink_to(outside / "secret")
    (repository / "measure.py").unlink()
    (repository / "measure.py").symlink_to(outside / "secret")
