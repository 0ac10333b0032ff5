"""The git repository around a folder: where it is, what it tracks and what it ignores.

Its configuration is not read, and its files are opened without following links.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.git.ignore import MOST_RULES, IgnoreRules, parse_rules
from strop.base.git.index import Entry, parse_index
from strop.base.plain_file import read_plain
from strop.base.terminal_text import escape

_INDEX_BYTES = 256 << 20
_TEXT_BYTES = 1 << 20
_EXCLUDES = re.compile(r"(?im)^[ \t]*\[core\][^\[]*?^[ \t]*excludesfile[ \t]*=[ \t]*\"?([^\"\n#;]+)")


@dataclass(frozen=True)
class Repository:
    """A working tree."""

    top: Path
    folder: Path | None
    """The folder of git; None if that cannot be told from the tree alone."""
    common: Path | None
    """The folder that several working trees share."""

    def index(self) -> tuple[dict[bytes, Entry], tuple[int, int]] | None:
        """What is tracked, by path from `top`, and when that was written; None if it cannot be read."""
        if self.folder is None:
            return None
        found = read_plain(self.folder / "index", _INDEX_BYTES)
        if found is None:
            return {}, (0, 0)
        entries = parse_index(found[0])
        return None if entries is None else (entries, divmod(found[1].st_mtime_ns, 10**9))

    def excluded(self) -> list[IgnoreRules]:
        """The user's rules, then those of the repository that are not in its tree."""
        info = self.common and self.common / "info"
        own = _rules(info / "exclude") if info and not info.is_symlink() else None
        return [rules for rules in (_rules(_users_excludes(), follow=True), own) if rules is not None]


def repository_around(folder: Path) -> Repository | None:
    """The repository whose working tree holds a folder; None if there is none."""
    for top in (folder, *folder.parents):
        mark = top / ".git"
        if not is_repository(mark):
            continue
        if mark.is_symlink():
            return Repository(top, None, None)
        if mark.is_dir():
            return Repository(top, mark, mark)
        return Repository(top, *_linked(mark))
    return None


def is_repository(mark: Path) -> bool:
    """Whether `mark`, a path named .git, belongs to a working tree."""
    try:
        mode = mark.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or os.path.lexists(mark / "HEAD")


def folder_rules(folder: Path) -> IgnoreRules | None:
    """The rules of the .gitignore in a folder; None if it has none.

    Raises:
        ConfigurationError: they are too many.
    """
    return _rules(folder / ".gitignore")


def _linked(mark: Path) -> tuple[Path | None, Path | None]:
    """The folders of git of a second working tree or a submodule, if they say so too: `mark` may come from anywhere."""
    text = _text(mark)
    if not text.startswith("gitdir:"):
        return None, None
    folder = Path(os.path.realpath(mark.parent / text.removeprefix("gitdir:").strip()))
    back = _text(folder / "gitdir").strip()
    if back and os.path.realpath(folder / back) == os.path.realpath(mark):
        common = Path(os.path.realpath(folder / (_text(folder / "commondir").strip() or ".")))
        return folder, common if common in folder.parents else None
    above = (os.path.realpath(parent) for parent in mark.parent.parents)
    if any(folder.is_relative_to(f"{parent}/.git/modules") for parent in above):
        return folder, folder
    return None, None


def _users_excludes() -> Path:
    home = Path(os.environ.get("HOME") or "/")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    for file in (home / ".gitconfig", settings / "config"):
        found = _EXCLUDES.search(_text(file, follow=True))
        if found:
            return home / found[1].strip().removeprefix("~/")
    return settings / "ignore"


def _rules(file: Path, *, follow: bool = False) -> IgnoreRules | None:
    found = read_plain(file, _TEXT_BYTES, follow=follow)
    if found is None:
        return None
    if found[0].count(b"\n") > MOST_RULES:
        raise ConfigurationError(f"{escape(str(file))} has more than {MOST_RULES:,} lines")
    return parse_rules(found[0])


def _text(file: Path, *, follow: bool = False) -> str:
    found = read_plain(file, _TEXT_BYTES, follow=follow)
    return found[0].decode("utf-8", "surrogateescape") if found else ""
