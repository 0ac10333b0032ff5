from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """The default folders of records and their files are links out of the repository."""
    (repository / "runs").symlink_to(outside)
    (repository / "record").mkdir()
    for name in ("run.sqlite", "run.sqlite-wal", "report.html", "best.py", ".lock"):
        (repository / "record" / name).symlink_to(outside / f"made-{name}")
    (repository / "new").symlink_to(outside / "new")
