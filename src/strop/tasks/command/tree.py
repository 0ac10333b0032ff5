"""The files of a user's folder for a task: list them, match globs, copy them."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from strop.base.errors import ConfigurationError
from strop.base.globs import matcher
from strop.base.plain_file import read_plain
from strop.base.unified_diff import plain_text

if TYPE_CHECKING:
    import regex

JUNK = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
        ".tox", ".nox", ".idea", ".vscode", ".DS_Store", ".ipynb_checkpoints",
    }
)  # fmt: skip
"""Folders and files that are not part of a program."""
RECORD = "run.sqlite"
"""A folder with this file is the record of a run, which grows while commands run."""
MOST_BYTES = 256 << 20
MOST_FILES = 20_000
MOST_RULES = 5_000
"""Rules of .gitignore that may apply to one path."""
_MOST_SECONDS = 30.0
"""Wall seconds in which the rules must match. A folder from elsewhere may have rules that take for ever."""
_TEXT_BYTES = 1 << 20


def listed(root: Path, named: Sequence[str] = (), *, modules: bool = False) -> tuple[str, ...]:
    """The files below `root`, as sorted relative paths. Left out are the usual junk and files that a .gitignore ignores, unless
    they are `named`.

    `modules` adds ignored files that can be imported beside a listed module, such as a version file, or an extension that was
    built in place. Links are listed as links; folders behind links are not searched. If `root` lies in an ignored folder, its
    files are not ignored for that.

    Raises:
        ConfigurationError: it is not a folder, or too large to copy for every evaluation.
    """
    if not root.is_dir():
        raise ConfigurationError(f"there is no folder {root}")
    walked = dict(_walked(Path(os.path.realpath(root))))
    unignored = {path for path, is_ignored in walked.items() if not is_ignored}
    if modules:
        packages = {path.rpartition("/")[0] for path in unignored if path.endswith(".py")}
        unignored |= {path for path in walked if path.endswith((".py", ".so")) and path.rpartition("/")[0] in packages}
    paths = _without_records(sorted({*unignored, *(path for path in named if _is_within(root, path))}))
    _check_size(root, paths)
    return tuple(paths)


def copy_tree(root: Path, destination: Path, named: Sequence[str] = (), *, modules: bool = False) -> None:
    """Copy the files of `listed(root, named, modules)` with their permissions into the new folder `destination`. Links stay
    links.

    Raises:
        ConfigurationError: `root` is not a folder, is too large to copy, or has a file that cannot be read.
    """
    destination.mkdir(parents=True)
    for path in listed(root, named, modules=modules):
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(root / path, target, follow_symlinks=False)
        except OSError as error:
            raise ConfigurationError(f"{root / path} cannot be copied: {error.strerror}") from error


def packed(root: Path, named: Sequence[str] = (), *, modules: bool = False) -> bytes:
    """The files of `listed(root, named, modules)` as an archive for `unpack`. Raises ConfigurationError."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as archive:
        for path in listed(root, named, modules=modules):
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
    matching: set[str] = set()
    for glob in globs:
        if Path(glob).is_absolute() or ".." in glob.split("/"):
            raise ConfigurationError(f"{key}: {glob!r} is not a path inside {root}")
    paths = listed(root, [posixpath.normpath(glob) for glob in globs])
    for glob in globs:
        matched = tuple(filter(matcher([glob]), paths))
        if not matched:
            raise ConfigurationError(
                f"{key}: no file matches {glob!r} in {root}; give the full path of a file that a .gitignore excludes"
            )
        matching.update(matched)
    for path in matching:
        if not stays_within(root, path):
            raise ConfigurationError(
                f"{key}: {path} is a link out of {root}; put a copy of what it leads to in its place"
            )
    return tuple(path for path in paths if path in matching)


def stays_within(root: Path, path: str | Path) -> bool:
    """Whether a path leads into the tree when all links are followed. No file outside is read for a model."""
    return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))


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
    for path, _ in _walked(Path(os.path.realpath(root)), ignored_too=True):
        file = root / path
        if file.name.startswith(RECORD) or file.is_symlink():
            continue
        with suppress(OSError), file.open("rb") as content:
            if content.read(8).startswith(COMPILED):
                yield path


def _without_records(paths: Sequence[str]) -> list[str]:
    records = tuple(f"{path.rpartition('/')[0]}/" for path in paths if path.endswith(f"/{RECORD}"))
    return [path for path in paths if not path.startswith(records)]


def _is_within(root: Path, path: str) -> bool:
    """Whether it is a file or a link of the tree, with no link on the way to it."""
    file = Path(os.path.realpath(root), path)
    return os.path.realpath(file.parent) == str(file.parent) and (file.is_symlink() or file.is_file())


class _IgnoreRules:
    """The rules of .gitignore for the entries of a folder, from the top folder down. The last rule that matches decides."""

    def __init__(self, until: float, rules: Sequence[tuple[int, regex.Pattern[str], bool]] = ()) -> None:
        self.until, self._rules = until, rules

    def within(self, folder: Path, path: str) -> _IgnoreRules:
        """These rules and those of `folder`, whose path from the top is `path`."""
        content = read_plain(folder / ".gitignore", _TEXT_BYTES)
        lines = content[0].decode("utf-8-sig", "surrogateescape").split("\n") if content else []
        if len(lines) + len(self._rules) > MOST_RULES:
            raise ConfigurationError(f"{folder} has more than {MOST_RULES:,} rules of .gitignore")
        own = ((len(path), *rule) for line in lines if (rule := _rule(line)))
        return _IgnoreRules(self.until, [*self._rules, *own])

    def ignores(self, path: str) -> bool:
        """Whether an entry is ignored, by its path from the top; that of a folder ends with a slash."""
        try:
            for start, pattern, ignores in reversed(self._rules):
                if pattern.search(path[start:], timeout=max(self.until - time.monotonic(), 0.0)):
                    return bool(ignores)
        except TimeoutError:
            raise ConfigurationError(f"the rules of .gitignore take more than {_MOST_SECONDS:g} s to match") from None
        return False


def _rule(line: str) -> tuple[regex.Pattern[str], bool] | None:
    """The pattern of a line of .gitignore, and whether it ignores; None for a comment or a line that git cannot read either."""
    import regex
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    with suppress(ValueError, regex.error):
        pattern, ignores = GitIgnoreSpecPattern.pattern_to_regex(line.removesuffix("\r"))
        if pattern is not None and ignores is not None:
            pattern = pattern.replace("(?P<ps_d>/)", "/$")  # what lies in an ignored folder is not searched
            return regex.compile(pattern + "." if pattern.endswith("/") else pattern, regex.DOTALL), ignores
    return None


def _walked(root: Path, *, ignored_too: bool = False) -> Iterator[tuple[str, bool]]:
    """The files and links below `root` but the usual junk, and whether a .gitignore leaves each out. Links are not followed."""
    top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), root)
    rules, above, is_ignored = _IgnoreRules(time.monotonic() + _MOST_SECONDS), "", False
    for part in root.relative_to(top).parts:
        rules = rules.within(top / above, above)
        above += f"{part}/"
        is_ignored = is_ignored or rules.ignores(above)
    start = len(above)
    waiting = [(root, above, _IgnoreRules(rules.until) if is_ignored else rules, False)]
    while waiting:
        folder, above, rules, is_ignored = waiting.pop()
        rules = rules if is_ignored else rules.within(folder, above)
        for entry in _entries(folder):
            is_folder = entry.is_dir(follow_symlinks=False)
            path = f"{above}{entry.name}{'/' if is_folder else ''}"
            ignored = is_ignored or rules.ignores(path)
            if not is_folder:
                yield path[start:], ignored
            elif not ignored or ignored_too:
                waiting.append((Path(entry.path), path, rules, ignored))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The folders, files and links in a folder, but no junk."""
    try:
        with os.scandir(folder) as entries:
            not_junk = [entry for entry in entries if entry.name not in JUNK]
    except OSError:  # it may not be read
        return []
    return [entry for entry in not_junk if entry.is_symlink() or entry.is_dir() or entry.is_file()]


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
        "let a .gitignore leave out what no command needs, or name a smaller folder"
    )
