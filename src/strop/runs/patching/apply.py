"""Replace, add and delete the user's files by the program of a record: all of them or none, and only if they are unchanged.

Every file is first written beside its target, then all are moved into place. Each holds the old text or the new one at every
moment, so the next application of the same program goes on where one was killed.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePath

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.unified_diff import BOM
from strop.runs.patching.git import Repository
from strop.runs.patching.result_files import DIFF
from strop.runs.patching.source_files import SourceFiles
from strop.tasks.command.bundle import ABSENT

BACKUP = "backup"
"""Folder in the run's directory that keeps the user's files as they were before the patch."""


@dataclass(frozen=True)
class _Step:
    """One file to replace, to add or to delete. Its content is None where there is no file."""

    path: str
    target: Path
    draft: Path
    """The draft beside the target. Only strop uses its name, so that the draft of an application that was killed is
    overwritten."""
    after: bytes | None
    before: bytes | None
    mode: int = 0
    """Its permissions, if there is such a file."""

    @property
    def is_done(self) -> bool:
        """Whether the file holds the new text, apart from line ends and empty lines at both ends, or is gone."""
        now = _content(self.target)
        return now == self.after or (now is not None and self.after is not None and _core(now) == _core(self.after))


def apply_files(original: SourceFiles, after: Mapping[str, str], record: Path, *, force: bool) -> list[Path]:
    """Write the files of a candidate that differ from the original's, and return their paths; empty if they are already applied.

    `record` is the run's directory, which keeps the old files. `force` writes even files that changed since the improvement
    started.

    Raises:
        ConfigurationError: a file changed, or cannot be replaced. Nothing is written.
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
        steps = [step if step.target in done else _checked(step, record, force=force) for step in steps]
        left = [step for step in steps if step.target not in done]
        if left:
            for step in steps:  # of an application that was killed
                step.draft.unlink(missing_ok=True)
            _back_up(record, steps)
            _write(left)
    return [step.target for step in left]


def commit_files(original: SourceFiles, after: Mapping[str, str], branch: str, message: str) -> list[Path]:
    """Commit the files of a candidate that differ from the original's on a new branch, and return their paths. Raises like
    `Repository.commit_files`."""
    root = Path(original.root)
    changed = {path: (original.files[path], text) for path, text in after.items() if original.files[path] != text}
    contents = {path: (_bytes(before), _bytes(text)) for path, (before, text) in changed.items()}
    Repository(root).commit_files(branch, contents, message)
    return [root / path for path in changed]


def _bytes(text: str) -> bytes | None:
    return None if text == ABSENT else text.encode("utf-8", "surrogateescape")


def is_applied(original: SourceFiles, after: Mapping[str, str]) -> bool:
    """Whether the user's files hold the texts of a candidate wherever it differs from the original."""
    changed = [(path, text) for path, text in after.items() if original.files[path] != text]
    with suppress(ConfigurationError, OSError):
        return all(_step(Path(original.root), path, original.files[path], text).is_done for path, text in changed)
    return False


def _core(content: bytes) -> bytes:
    return content.removeprefix(BOM.encode()).replace(b"\r\n", b"\n").strip(b"\n")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Lock a folder against other applications of a patch: two at once would undo each other's changes."""
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
            _put(step, step.after)
    except BaseException as error:
        if unrestored := _undo(steps):
            error.add_note(f"{', '.join(map(str, unrestored))} could not be restored: apply again, or take the backup")
        raise


def _step(root: Path, path: str, before: str, after: str, number: int = 0) -> _Step:
    """The step for one file. Raises ConfigurationError if the file lies outside of the tree, or in a folder of git's."""
    # Resolved, because the file is replaced, not a link to it.
    inside, target = Path(os.path.realpath(root)), Path(os.path.realpath(root / path))
    if inside not in target.parents:
        raise ConfigurationError(f"{path} is a link that leaves {root}")
    if ".git" in str(target.relative_to(inside)).lower().split("/"):
        raise ConfigurationError(f"{path} lies in a folder of git's, where strop writes nothing")
    draft = target.with_name(f".strop-draft-{number}")
    while draft.is_dir() and not draft.is_symlink():  # the user's
        draft = draft.with_name(f"{draft.name}-")
    old, new = (None if text == ABSENT else text.encode("utf-8", "backslashreplace") for text in (before, after))
    return _Step(path, target, draft, new, old)


def _checked(step: _Step, record: Path | None = None, *, force: bool = False) -> _Step:
    """The step with the file's present content and permissions. Raises ConfigurationError if the file has changed, unless
    `force`."""
    merge = f". Merge: git apply -3 {record / DIFF}" if record else ""
    content = _content(step.target)
    if content is None and step.before is not None:
        raise ConfigurationError(f"{step.target} no longer exists{merge}")
    if content != step.before and not force:
        how = "has changed" if step.before is not None else "was made"
        raise ConfigurationError(
            f"{step.target} {how} since the run began{merge}"
            f"{f'. Or overwrite it (your version is saved): strop apply {record} --force' * bool(record)}"
        )
    return replace(step, before=content, mode=0 if content is None else stat.S_IMODE(step.target.stat().st_mode))


def _content(file: Path) -> bytes | None:
    """The content of a file; None if there is no such file. Raises ConfigurationError if it is no regular file."""
    try:
        if stat.S_ISREG(file.lstat().st_mode):
            return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    raise ConfigurationError(f"{file} is a folder, a link or a device in place of a file")


def _draft(steps: Sequence[_Step]) -> None:
    for step in steps:
        if step.after is not None:
            with private.as_users():
                step.draft.parent.mkdir(parents=True, exist_ok=True)
            _draft_of(step, step.after)


def _draft_of(step: _Step, content: bytes) -> None:
    """Write the draft of a file, with the permissions of the file that it replaces, or those of a new file."""
    step.draft.unlink(missing_ok=True)
    with private.as_users():
        step.draft.touch()
    mode = step.mode or stat.S_IMODE(step.draft.stat().st_mode)
    private.write(step.draft, content)
    with step.draft.open("rb") as file:
        os.fsync(file.fileno())
    step.draft.chmod(mode)


def _put(step: _Step, content: bytes | None) -> None:
    """Move the draft into place. If `content` is None, remove the file and the folders that this leaves empty."""
    if content is not None:
        step.draft.replace(step.target)
        return
    step.target.unlink(missing_ok=True)
    with suppress(OSError):  # of the first that is not empty
        for _ in PurePath(step.path).parents[:-1]:
            step.target.parent.rmdir()
            step = replace(step, target=step.target.parent)


def _back_up(record: Path, steps: Sequence[_Step]) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"{BACKUP}-", dir=record))
    for number, step in enumerate(steps):
        if step.before is not None:
            (folder / str(number)).mkdir()
            private.write(folder / str(number) / step.target.name, step.before)


def _undo(steps: Sequence[_Step]) -> list[Path]:
    """Restore the old files and remove the drafts. Returns the files that could not be restored, as on a full disk."""
    unrestored = []
    for step in steps:
        try:
            step.draft.unlink(missing_ok=True)
            if step.is_done:
                if step.before is not None:
                    step.draft.parent.mkdir(parents=True, exist_ok=True)
                    _draft_of(step, step.before)
                _put(step, step.before)
        except (OSError, ConfigurationError):
            unrestored.append(step.target)
    return unrestored


def check_can_apply(original: SourceFiles | None) -> None:
    """Raises ConfigurationError, before anything is spent, if a result could not be applied at the end."""
    if original is None or not original.root:
        raise ConfigurationError("--apply has no file of yours to change: the search starts from the task's own seed")
    for path, text in original.files.items():
        _checked(_step(Path(original.root), path, text, text))


def undo_of(directory: Path) -> str:
    """A clause that says where the files are that a patch has just replaced."""
    backup = max(directory.glob(f"{BACKUP}-*"), key=lambda path: path.stat().st_mtime)
    if not (old := sorted(backup.glob("*/*"))):
        return "there is no old version: the patch only adds files"
    return f"the old version is in {old[0]}" if len(old) == 1 else f"the old versions are in {backup}"
