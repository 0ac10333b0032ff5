"""Replace the user's files by the program of a record: all of them or none, and only if they are unchanged.

Every file is first written beside its target, then all are moved into place. The record keeps the old files with a journal, so
the next application undoes one that was killed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.from_json import read_json
from strop.base.git.index import Entry
from strop.base.git.repository import repository_around
from strop.base.terminal_text import escape
from strop.runs.patching.source_files import Original

BACKUP = "backup"
"""Folder in the run's directory that keeps the user's files as they were before the patch."""
JOURNAL = "applying.json"
_MOST_READ = 256 << 20
"""Size of the largest file whose content is compared with git's."""


@dataclass(frozen=True)
class _Step:
    """One file to replace or create."""

    target: Path
    draft: Path
    after: bytes
    before: bytes | None
    """None for a new file."""


def apply_files(original: Original, after: Mapping[str, str], record: Path, *, force: bool) -> list[Path]:
    """Write the files of a candidate that differ from the original's and return their paths; empty if already applied.

    `record` is the run's directory, which keeps the old files. `force`: even if git could not restore them.

    Raises:
        ConfigurationError: a file changed since the improvement started, or the git tree is not clean. Nothing is written.
    """
    if not original.root:
        raise ConfigurationError(
            f"there is no file of yours to apply it to: the search started from the task's own seed; see {record}"
        )
    root = Path(original.root)
    _undo_unfinished(record, root)
    changed = {path: text for path, text in after.items() if original.files.get(path) != text}
    if all(_holds(root, path, text) for path, text in changed.items()):
        return []
    for path in changed:
        _check_unchanged(root, path, original.files.get(path), record)
    if not force:
        check_clean(root, [path for path in changed if path in original.files])
    steps = _drafted(root, changed, original)
    try:
        _back_up(record, root, steps)
        for step in steps:
            _check_still(step)
            step.draft.replace(step.target)
    except BaseException:
        if _undo(steps):  # else the next application uses the journal
            _forget(record)
        raise
    _forget(record)
    return [step.target for step in steps]


def check_unchanged(original: Original) -> None:
    """Raises ConfigurationError if a file changed since the improvement started."""
    for path, text in original.files.items():
        _check_unchanged(Path(original.root), path, text)


def _holds(root: Path, path: str, text: str) -> bool:
    """Whether a file of the tree has this text already."""
    target = (root / path).resolve()
    inside = root.resolve() in target.parents
    return inside and target.is_file() and target.read_bytes() == text.encode("utf-8", "backslashreplace")


def _check_unchanged(root: Path, path: str, before: str | None, record: Path | None = None) -> None:
    by_hand = "" if record is None else f": apply the patch in {record} yourself, e.g. with git apply -3"
    target = root / path
    if root.resolve() not in target.resolve().parents:
        raise ConfigurationError(f"{path} is a link that leaves {root}{by_hand}")
    if before is None:
        if target.exists() or target.is_symlink():
            raise ConfigurationError(f"cannot create {target}: it already exists{by_hand}")
        return
    try:
        content = target.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{target} no longer exists{by_hand}") from None
    if content != before.encode("utf-8"):
        raise ConfigurationError(f"{target} has changed since the improvement started{by_hand}")


def _check_still(step: _Step) -> None:
    """Check again just before the replacement: an editor may have saved the file."""
    if _content(step.target) != step.before:
        raise ConfigurationError(f"{step.target} changed just now; apply the patch yourself")


def _content(file: Path) -> bytes | None:
    """None if there is no such file."""
    return file.read_bytes() if file.is_file() else None


def check_clean(root: Path, paths: Sequence[str]) -> None:
    """Raises ConfigurationError if `git checkout` could not restore the files at `paths`, or its tree has other changes.

    Untracked files are ignored, except those at `paths`. Git itself is not asked: its repository could make it run programs.
    """
    lift = "--force applies the patch and keeps the original files in the run"
    repository = repository_around(root.resolve())
    if repository is None or shutil.which("git") is None:
        reason = f"{root} is in no git repository" if repository is None else "this machine has no git"
        raise ConfigurationError(f"{reason}, so git could not restore your files; {lift}")
    top, index = repository.top, repository.index()
    if index is None:
        raise ConfigurationError(
            f"the index of the git tree {top} cannot be read, so git could not restore your files; {lift}"
        )
    for name, entry in index[0].items():
        if entry.expected and not entry.is_repository and not _is_unchanged(top, name, entry, index[1]):
            shown = escape(os.fsdecode(name))
            raise ConfigurationError(
                f"the git tree {top} has changes that are not in git: {shown}; commit them first, or {lift}"
            )
    for path in paths:
        if os.fsencode((root / path).resolve().relative_to(top)) not in index[0]:
            raise ConfigurationError(f"git does not know {root / path}, and could not restore it; {lift}")


def _is_unchanged(top: Path, name: bytes, entry: Entry, written: tuple[int, int]) -> bool:
    """Whether a file of a git tree is as the index has it, which was `written` at that time."""
    file = top / os.fsdecode(name)
    try:
        found = file.lstat()
        if stat.S_IFMT(found.st_mode) != stat.S_IFMT(entry.mode) or os.path.realpath(file.parent) != str(file.parent):
            return False
        if stat.S_ISLNK(found.st_mode):
            return entry.holds(os.fsencode(file.readlink()))
        # A file that was written after the index may have the same time, so its content is read.
        if (divmod(found.st_mtime_ns, 10**9), found.st_size) == (entry.mtime, entry.size) and entry.mtime < written:
            return True
        content = file.read_bytes() if found.st_size <= _MOST_READ else b""
    except OSError:
        return False
    return entry.holds(content) or entry.holds(content.replace(b"\r\n", b"\n"))


@private.as_users()
def _drafted(root: Path, changed: Mapping[str, str], original: Original) -> list[_Step]:
    steps: list[_Step] = []
    try:
        for path, text in changed.items():
            before = original.files.get(path)
            # Links are resolved: the file is replaced, not the link.
            target = (root / path).resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.strop-", dir=target.parent)
            after = text.encode("utf-8", "backslashreplace")
            steps.append(_Step(target, Path(name), after, None if before is None else before.encode("utf-8")))
            with os.fdopen(descriptor, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(stat.S_IMODE(target.stat().st_mode) if before is not None else 0o666 & ~_umask())
    except BaseException:
        _undo(steps)
        raise
    return steps


def _back_up(record: Path, root: Path, steps: Sequence[_Step]) -> None:
    folder = (
        record / Path(tempfile.mkdtemp(prefix=f"{BACKUP}-", dir=record)).name
    )  # whose path is absolute from Python 3.12
    entries = []
    for number, step in enumerate(steps):
        kept = folder / str(number) / step.target.name
        if step.before is not None:
            kept.parent.mkdir()
            private.write(kept, step.before)
        kept_at = kept.relative_to(record).as_posix() if step.before is not None else None
        entries.append(
            {"target": str(step.target), "draft": str(step.draft), "backup": kept_at, "after": step.after.hex()}
        )
    draft = record / f".{JOURNAL}"
    private.write(draft, json.dumps({"root": str(root), "steps": entries}).encode())
    draft.replace(record / JOURNAL)


def _undo(steps: Sequence[_Step]) -> bool:
    """Restore the old files and remove the drafts; whether that succeeded, as it may not on a full disk."""
    failed = len(steps)
    for step in steps:
        with suppress(OSError):
            was_drafted = step.draft.exists()
            step.draft.unlink(missing_ok=True)
            # Decided by the content: a failed restoration may have left a draft of the old file.
            if _content(step.target) == step.after and step.before is not None:
                mode = stat.S_IMODE(step.target.stat().st_mode)
                step.draft.write_bytes(step.before)
                step.draft.chmod(mode)
                step.draft.replace(step.target)
            elif _content(step.target) == step.after and not was_drafted:
                step.target.unlink()
            failed -= 1
    return failed == 0


def _undo_unfinished(record: Path, root: Path) -> None:
    """Undo an application that was killed."""
    journal = record / JOURNAL
    if not journal.is_file():
        return
    inside = root.resolve()
    try:
        content = read_json(journal.read_text(encoding="utf-8"))
        steps = []
        for entry in content["steps"]:
            target, draft = Path(entry["target"]), Path(entry["draft"])
            # A record from elsewhere may name any file.
            if inside not in target.resolve().parents or draft.parent != target.parent or ".strop-" not in draft.name:
                raise ValueError(f"it names {target}")
            before = None if entry["backup"] is None else (record / entry["backup"]).read_bytes()
            steps.append(_Step(target, draft, bytes.fromhex(entry["after"]), before))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ConfigurationError(f"{journal} of an application that was killed cannot be read: {error}") from error
    if not _undo(steps):
        raise ConfigurationError(f"cannot undo an application that was killed: see {journal}")
    _forget(record)


def _forget(record: Path) -> None:
    (record / JOURNAL).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_can_apply(original: Original | None, *, force: bool) -> None:
    """Check before anything is spent that a result could be applied at the end.

    Raises:
        ConfigurationError: it could not.
    """
    if original is None or not original.root:
        raise ConfigurationError("--apply has no file of yours to change: the search starts from the task's own seed")
    check_unchanged(original)
    if not force:
        check_clean(Path(original.root), list(original.files))


def undo_of(directory: Path, paths: Sequence[Path]) -> str:
    """How to restore the files that a patch has just changed."""
    backups = sorted(directory.glob(f"{BACKUP}-*"), key=lambda path: path.stat().st_mtime)
    backup = f"the original files are in {backups[-1]}" if backups else ""
    if repository_around(paths[0].parent) is None:
        return f"to undo: {backup}"
    command = shlex.join(["git", "-C", str(paths[0].parent), "checkout", "--", *map(str, paths)])
    return f"to undo: {command} ({backup})"
