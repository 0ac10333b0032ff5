"""Replace the user's files by the program of a record: all of them or none, and only if they are unchanged.

Every file is first written beside its target, then all are moved into place. Each holds the old text or the new one at every
moment, so the next application of the same program goes on where one was killed.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.git.index import Entry
from strop.base.git.repository import repository_around
from strop.base.terminal_text import escape
from strop.runs.patching.source_files import Original

BACKUP = "backup"
"""Folder in the run's directory that keeps the user's files as they were before the patch."""
_MOST_READ = 256 << 20
"""Size of the largest file whose content is compared with git's."""


@dataclass(frozen=True)
class _Step:
    """One file to replace."""

    path: str
    target: Path
    draft: Path
    """Beside the target, under a name that only strop uses, so that the one of an application that was killed is written over."""
    after: bytes
    before: bytes

    @property
    def is_done(self) -> bool:
        """Whether the file holds the new text."""
        return _content(self.target) == self.after


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
    changed = {path: text for path, text in after.items() if original.files[path] != text}
    with _alone(root):
        numbered = enumerate(changed.items())
        steps = [_step(root, path, original.files[path], text, number) for number, (path, text) in numbered]
        done = {step.target for step in steps if step.is_done}
        left = [step for step in steps if step.target not in done]
        for step in left:
            _check_unchanged(step, record)
        if left and not force:
            check_clean(root, [step.path for step in left], done)
        if left:
            for step in steps:  # of an application that was killed
                step.draft.unlink(missing_ok=True)
            _back_up(record, steps)
            _write(left)
    return [step.target for step in left]


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep other applications from a folder: each would undo what it finds changed under its hands."""
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"the folder of the files, {root}, cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        raise ConfigurationError(f"another strop is applying a patch in {root}; try again when it has ended") from None
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(folder)


def _write(steps: Sequence[_Step]) -> None:
    """Write all or, after an error, none of the files."""
    try:
        _draft(steps)
        for step in steps:
            if _content(step.target) != step.before:  # an editor may have saved it
                raise ConfigurationError(f"{step.target} changed just now; apply the patch yourself")
            step.draft.replace(step.target)
    except BaseException as error:
        if kept := _undo(steps):
            error.add_note(f"{', '.join(map(str, kept))} could not be restored: apply again, or take the backup")
        raise


def check_unchanged(original: Original) -> None:
    """Raises ConfigurationError if a file changed since the improvement started."""
    for path, text in original.files.items():
        _check_unchanged(_step(Path(original.root), path, text, text))


def _step(root: Path, path: str, before: str, after: str, number: int = 0) -> _Step:
    """Raises ConfigurationError if the file does not lie in the tree, or in a repository's own folder."""
    # Resolved, because the file is replaced, not a link to it.
    inside, target = Path(os.path.realpath(root)), Path(os.path.realpath(root / path))
    if inside not in target.parents:
        raise ConfigurationError(f"{path} is a link that leaves {root}")
    if ".git" in str(target.relative_to(inside)).lower().split("/"):
        raise ConfigurationError(f"{path} lies in a folder of git's, where strop writes nothing")
    draft = target.with_name(f".strop-draft-{number}")
    return _Step(path, target, draft, after.encode("utf-8", "backslashreplace"), before.encode("utf-8"))


def _check_unchanged(step: _Step, record: Path | None = None) -> None:
    by_hand = "" if record is None else f": apply the patch in {record} yourself, e.g. with git apply -3"
    content = _content(step.target)
    if content is None:
        raise ConfigurationError(f"{step.target} no longer exists{by_hand}")
    if content != step.before:
        raise ConfigurationError(f"{step.target} has changed since the improvement started{by_hand}")


def _content(file: Path) -> bytes | None:
    """None if there is no such file. Raises ConfigurationError if there is something else."""
    try:
        if stat.S_ISREG(file.lstat().st_mode):
            return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    raise ConfigurationError(f"{file} is a folder, a link or a device in place of a file")


def check_clean(root: Path, paths: Sequence[str], done: Collection[Path] = ()) -> None:
    """Raises ConfigurationError if `git checkout` could not restore the files at `paths`, or its tree has other changes.

    Those of `done` are ignored, and untracked files except at `paths`. Git is not asked: a repository can make it run programs.
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
        is_checked = entry.expected and not entry.is_repository and top / os.fsdecode(name) not in done
        if is_checked and not _is_unchanged(top, name, entry, index[1]):
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


def _draft(steps: Sequence[_Step]) -> None:
    for step in steps:
        private.write(step.draft, step.after)
        with step.draft.open("rb") as file:
            os.fsync(file.fileno())
        step.draft.chmod(stat.S_IMODE(step.target.stat().st_mode))


def _back_up(record: Path, steps: Sequence[_Step]) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"{BACKUP}-", dir=record))
    for number, step in enumerate(steps):
        (folder / str(number)).mkdir()
        private.write(folder / str(number) / step.target.name, step.before)


def _undo(steps: Sequence[_Step]) -> list[Path]:
    """Restore the old files and remove the drafts; those that could not be restored, as on a full disk."""
    kept = []
    for step in steps:
        try:
            step.draft.unlink(missing_ok=True)
            if step.is_done:
                mode = stat.S_IMODE(step.target.stat().st_mode)
                private.write(step.draft, step.before)
                step.draft.chmod(mode)
                step.draft.replace(step.target)
        except (OSError, ConfigurationError):
            kept.append(step.target)
    return kept


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
