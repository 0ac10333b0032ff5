"""The files of a user's folder for a task: list them, match globs, copy them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.globs import matching
from strop.base.unified_diff import plain_text

JUNK = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
        ".tox", ".nox", ".idea", ".vscode", ".DS_Store", ".ipynb_checkpoints",
    }
)  # fmt: skip
"""Folders and files that are not part of a program, for folders without git."""
RECORD = "run.sqlite"
"""A folder with this file is the record of a run, which grows while commands run."""
MOST_BYTES = 256 << 20
MOST_FILES = 20_000


def listed(root: Path) -> tuple[str, ...]:
    """The files below `root`, as sorted relative paths: those that git tracks or would add, otherwise all but the usual junk.

    Links are listed as links; folders behind links are not searched.

    Raises:
        ConfigurationError: it is not a folder, or too large to copy for every evaluation.
    """
    if not root.is_dir():
        raise ConfigurationError(f"there is no folder {root}")
    known = _known_to_git(root)
    # Git lists nothing if the whole folder is ignored.
    found = _without_records(sorted(set(_existing(root, known)) if known else set(_walked(root))))
    _check_size(root, found)
    return tuple(found)


def copy_tree(root: Path, destination: Path) -> None:
    """Copy the files of `listed(root)` with their permissions into the new folder `destination`; links stay links.

    Raises:
        ConfigurationError: as for `listed`, or a file cannot be read.
    """
    destination.mkdir(parents=True)
    for path in listed(root):
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(root / path, target, follow_symlinks=False)
        except OSError as error:
            raise ConfigurationError(f"{root / path} cannot be copied: {error.strerror}") from error


def is_left_out(path: str) -> bool:
    """Whether copies omit this path because it is in a folder of another tool, such as `.git`.

    Ignores case, because some file systems do.
    """
    junk = {name.lower() for name in JUNK}
    return any(part.lower() in junk for part in path.split("/"))


def resolved(root: Path, globs: Sequence[str], key: str) -> tuple[str, ...]:
    """The files that match `globs`, in order, each once.

    Raises:
        ConfigurationError: a glob leaves the root or matches no file; `key` is the option to name.
    """
    paths = listed(root)
    found: set[str] = set()
    for glob in globs:
        if Path(glob).is_absolute() or ".." in glob.split("/"):
            raise ConfigurationError(f"{key}: {glob!r} is no path inside of {root}")
        matched = matching(paths, glob)
        if not matched:
            ignored = any(path.is_file() for path in root.glob(glob.removeprefix("./") or "."))
            why = "only files that are left out of the copy, as git ignores them" if ignored else "no file"
            raise ConfigurationError(f"{key}: {glob!r} means {why} in {root}")
        found.update(matched)
    return tuple(path for path in paths if path in found)


def text_of(root: Path, path: str) -> str:
    """The text of a file of the tree, with newlines as line ends.

    Raises:
        ConfigurationError: it is binary, not UTF-8, a link, or cannot be read.
    """
    file = root / path
    if file.is_symlink():
        raise ConfigurationError(f"files: {path} is a link; name the file that it leads to")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"files: {path} cannot be read: {error.strerror}") from error
    if b"\0" in content:
        raise ConfigurationError(f"files: {path} is a binary file; only texts can be improved")
    try:
        return plain_text(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"files: {path} is not UTF-8 text (byte {error.start})") from error


def _without_records(paths: Sequence[str]) -> list[str]:
    records = tuple(f"{path.rpartition('/')[0]}/" for path in paths if path.endswith(f"/{RECORD}"))
    return [path for path in paths if not path.startswith(records)]


def _known_to_git(root: Path) -> list[str] | None:
    """What git tracks below `root` or would add; None if it is not in a repository."""
    if not any((folder / ".git").exists() for folder in (root.absolute(), *root.absolute().parents)):
        return None
    # core.fsmonitor is a program that the repository chooses.
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        ran = subprocess.run(command, cwd=root, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode != 0:
        return None
    return [os.fsdecode(path) for path in ran.stdout.split(b"\0") if path]


def _existing(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """The paths that exist, with the files of nested repositories, which git lists as one path."""
    for path in paths:
        file = root / path
        if file.is_symlink() or file.is_file():
            yield path
        elif file.is_dir():
            yield from (f"{path.rstrip('/')}/{inner}" for inner in _walked(file))


def _walked(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = [name for name in folders if name not in JUNK and name not in links]
        for name in (*names, *links):
            file = Path(folder) / name
            if name not in JUNK and (file.is_symlink() or file.is_file()):
                yield (below / name).as_posix()


def _check_size(root: Path, paths: Sequence[str]) -> None:
    sizes: dict[str, int] = {}
    for path in paths:
        top = path.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + (root / path).lstat().st_size
    if len(paths) <= MOST_FILES and sum(sizes.values()) <= MOST_BYTES:
        return
    largest = max(sizes, key=lambda top: sizes[top])
    raise ConfigurationError(
        f"{root} has {len(paths):,} files of {sum(sizes.values()) >> 20:,} MiB; every evaluation copies them, and strop takes "
        f"{MOST_FILES:,} files of {MOST_BYTES >> 20} MiB at most. The largest is {largest} ({sizes[largest] >> 20:,} MiB): "
        "let .gitignore leave out what no command needs, or name a smaller folder"
    )
