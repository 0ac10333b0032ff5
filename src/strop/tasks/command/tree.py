"""The files of a user's folder for a task: list them, match globs, copy them."""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.git.ignore import MOST_RULES, IgnoreRules
from strop.base.git.repository import Repository, folder_rules, is_repository, repository_around
from strop.base.globs import matcher
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
    found = _without_records(sorted(known or _walked(root)))
    _check_size(root, found)
    return tuple(found)


def copy_tree(root: Path, destination: Path) -> None:
    """Copy the files of `listed(root)` with their permissions into the new folder `destination`; links stay links.

    Raises:
        ConfigurationError: `root` is not a folder, is too large to copy, or has a file that cannot be read.
    """
    destination.mkdir(parents=True)
    for path in listed(root):
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(root / path, target, follow_symlinks=False)
        except OSError as error:
            raise ConfigurationError(f"{root / path} cannot be copied: {error.strerror}") from error


def packed(root: Path) -> bytes:
    """The files of `listed(root)` as an archive for `unpack`. Raises ConfigurationError."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as archive:
        for path in listed(root):
            try:
                archive.add(root / path, path, recursive=False)
            except OSError as error:
                raise ConfigurationError(
                    f"{root / path} cannot be sent to another machine: {error.strerror}"
                ) from error
    return content.getvalue()


def unpack(content: bytes, destination: Path) -> None:
    """Write the files of an archive that `packed` made, on this machine or one that is trusted, into an empty folder."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extraction_filter = lambda member, path: member  # links stay; Python before 3.11.4 ignores it
        archive.extractall(destination)


def resolved(root: Path, globs: Sequence[str], key: str) -> tuple[str, ...]:
    """The files that match `globs`, in order, each once.

    Raises:
        ConfigurationError: a glob leaves the root or matches no file; `key` is the option to name.
    """
    paths = listed(root)
    found: set[str] = set()
    for glob in globs:
        if Path(glob).is_absolute() or ".." in glob.split("/"):
            raise ConfigurationError(f"{key}: {glob!r} is not a path inside {root}")
        matched = tuple(filter(matcher([glob]), paths))
        if not matched:
            ignored = any(path.is_file() for path in root.glob(glob.removeprefix("./") or "."))
            why = "only files that are left out of the copy, as git ignores them" if ignored else "no file"
            raise ConfigurationError(f"{key}: {glob!r} means {why} in {root}")
        found.update(matched)
    return tuple(path for path in paths if path in found)


def text_of(root: Path, path: str, key: str = "files") -> str:
    """The text of a file of the tree, with newlines as line ends; `key` is the option to name.

    Raises:
        ConfigurationError: it is binary, not UTF-8, a link, or cannot be read.
    """
    file = root / path
    if file.is_symlink():
        raise ConfigurationError(f"{key}: {path} is a link; name the file that it leads to")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{key}: {path} cannot be read: {error.strerror}") from error
    if b"\0" in content:
        raise ConfigurationError(f"{key}: {path} is a binary file; only texts can be improved")
    try:
        return plain_text(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{key}: {path} is not UTF-8 text (byte {error.start})") from error


COMPILED = (b"\x7fELF", b"!<arch>\n", b"\0asm", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
"""First bytes of compiled programs and of parts of them."""


def compiled_files(root: Path) -> Iterator[str]:
    """The files below `root` that are compiled programs, or parts of them, by their first bytes.

    Records of runs are not opened: if this process writes one, closing it would drop SQLite's locks.
    """
    for path in _walked(root):
        file = root / path
        if file.name.startswith(RECORD) or file.is_symlink():
            continue
        with suppress(OSError), file.open("rb") as content:
            if content.read(8).startswith(COMPILED):
                yield path


def _without_records(paths: Sequence[str]) -> list[str]:
    records = tuple(f"{path.rpartition('/')[0]}/" for path in paths if path.endswith(f"/{RECORD}"))
    return [path for path in paths if not path.startswith(records)]


def _known_to_git(root: Path) -> list[str] | None:
    """What git tracks below `root` or would add; None if it is not in a repository."""
    repository = repository_around(Path(os.path.realpath(root)))
    if repository is None:
        return None
    return [os.fsdecode(path) for path in _Known(root, repository).paths()]


@dataclass(frozen=True)
class _Scope:
    """The rules for the entries of a folder: each file's, with the length of its folder's path; later ones decide."""

    rules: tuple[tuple[int, IgnoreRules], ...]
    ignored: bool = False
    """Whether the folder is ignored, and so all that is not tracked in it."""

    def within(self, folder: Path, path: bytes) -> _Scope:
        """The scope of the folder with this path from the top, which ends with a slash."""
        found = None if self.ignored else folder_rules(folder)
        scope = self if found is None else _Scope((*self.rules, (len(path), found)))
        if sum(len(rules.rules) for _, rules in scope.rules) > MOST_RULES:
            raise ConfigurationError(f"{folder} has more than {MOST_RULES:,} rules of .gitignore")
        return scope

    def ignores(self, path: bytes, *, is_folder: bool) -> bool:
        """Whether an entry of the folder is ignored."""
        if self.ignored:
            return True
        verdicts = (rules.verdict(path[start:], is_folder=is_folder) for start, rules in reversed(self.rules))
        return next((verdict for verdict in verdicts if verdict is not None), False)


class _Known:
    """The files below a folder that a repository tracks or does not ignore. Links are not followed."""

    def __init__(self, root: Path, repository: Repository) -> None:
        self._root, self._repository = root, repository
        index = repository.index()
        self._tracked = index[0] if index else {}
        self._folders = {path[: slash.start()] for path in self._tracked for slash in re.finditer(b"/", path)}

    def paths(self) -> Iterator[bytes]:
        """Their paths from the folder."""
        scope = _Scope(tuple((0, rules) for rules in self._repository.excluded()))
        top, path = self._repository.top, b""
        for part in Path(os.path.realpath(self._root)).relative_to(top).parts:
            scope = scope.within(top / os.fsdecode(path), path)
            path += os.fsencode(part)
            scope = _Scope(scope.rules, scope.ignores(path, is_folder=True))
            path += b"/"
        waiting = [(self._root, path, scope)]
        while waiting:
            folder, above, scope = waiting.pop()
            scope = scope.within(folder, above)
            for entry in _entries(folder):
                found = above + os.fsencode(entry.name)
                is_folder = entry.is_dir(follow_symlinks=False)
                ignored = scope.ignores(found, is_folder=is_folder)
                if not is_folder:
                    yield from [found[len(path) :]] if not ignored or found in self._tracked else []
                elif is_repository(Path(entry.path, ".git")):
                    if not ignored or found in self._tracked:
                        inner = map(os.fsencode, _walked(Path(entry.path)))
                        yield from (found[len(path) :] + b"/" + each for each in inner)
                elif not ignored or found in self._folders:
                    waiting.append((Path(entry.path), found + b"/", _Scope(scope.rules, ignored)))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The folders, files and links in a folder, but nothing of git's."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.name != ".git"]
    except OSError:  # it may not be read
        return []
    return [each for each in found if each.is_symlink() or each.is_dir() or each.is_file()]


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
