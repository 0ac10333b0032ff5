from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """What measures the program, and is shown to a model with it, is a link to a file of the user's."""
    (repository / "measure.py").unlink()
    (repository / "measure.py").symlink_to(outside / "secret")
