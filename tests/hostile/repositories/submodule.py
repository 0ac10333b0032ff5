from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """A submodule whose folder of git names programs."""
    (repository / "sub").mkdir()
    git(repository / "sub", "init", "-q")
    (repository / "sub/file").write_text("x")
    git(repository / "sub", "add", "-A")
    git(repository / "sub", "commit", "-qm", "one")
    git(repository / "sub", "config", "core.fsmonitor", f"sh -c '{mark(outside)}'")
    git(repository, "add", "-A")
    git(repository, "config", "submodule.recurse", "true")
