"""Put an improved program in the place of the user's files: all of them or none, and only files that are as they were.

First every file is written whole beside its place, then each takes its place. What was there is kept in the record, with a
journal: an application that was killed half-way is undone by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.runs.patching.source_files import Original, git_root

BACKUP = "backup"
"""In the directory of the record: the files as they were before the patch was applied."""
JOURNAL = "applying.json"
_GIT_SECONDS = 60.0


@dataclass(frozen=True)
class _Step:
    """One file that is replaced or made."""

    target: Path
    draft: Path
    after: bytes
    before: bytes | None
    """None: there was no such file."""


def apply_files(original: Original, after: Mapping[str, str], record: Path, *, force: bool) -> list[Path]:
    """Write the files of a candidate that differ from the original's; the paths of those, in order. Empty: already applied.

    `record` is the directory of the record, where the files that were there are kept. `force`: also where git could not bring
    them back.

    Raises:
        ConfigurationError: a file is no longer what the improvement began from, or git's tree is not clean. Nothing is written.
    """
    if not original.root:
        raise ConfigurationError(
            f"there is no file of yours to apply it to: the program is the task's own seed; see {record}"
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
        if _undo(steps):  # else the journal stays, for the next application
            _forget(record)
        raise
    _forget(record)
    return [step.target for step in steps]


def check_unchanged(original: Original) -> None:
    """Raises ConfigurationError where one of the files is no longer what the improvement began from."""
    for path, text in original.files.items():
        _check_unchanged(Path(original.root), path, text)


def _holds(root: Path, path: str, text: str) -> bool:
    """Whether a file of the tree is this text already."""
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
        found = target.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{target} is gone{by_hand}") from None
    if found != before.encode("utf-8"):
        raise ConfigurationError(f"{target} has changed since the improvement began{by_hand}")


def _check_still(step: _Step) -> None:
    """At the last moment: an editor may have saved the file since it was looked at."""
    if _content(step.target) != step.before:
        raise ConfigurationError(f"{step.target} was changed at this very moment: apply the patch yourself")


def _content(file: Path) -> bytes | None:
    """None where there is no such file."""
    return file.read_bytes() if file.is_file() else None


def check_clean(root: Path, paths: Sequence[str]) -> None:
    """Raises ConfigurationError where git could not bring back the files at `paths`, or other files of its tree are changed too.

    Files that git does not know do not count, but for those at `paths`.
    """
    lift = "--force applies the patch anyway"
    top = git_root(root.resolve())
    if top is None or shutil.which("git") is None:
        reason = f"{root} is in no git repository" if top is None else "this machine has no git"
        raise ConfigurationError(f"{reason}, so your files could not be brought back; {lift}")
    # A filter is a program that the repository's own configuration names: git would run it on each changed file.
    filters = (_git(root, "config", "-z", "--name-only", "--get-regexp", r"^filter\.") or "").split("\0")
    asked = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all", "--", top.as_posix())
    changed = _git(root, *asked, without=[name for name in filters if name])
    if changed is None or changed.strip():
        what = (
            "cannot be read by git"
            if changed is None
            else f"has uncommitted changes: {changed.splitlines()[0].strip()}"
        )
        raise ConfigurationError(f"the git tree {top} {what}; commit them first, or {lift}")
    for path in paths:
        if _git(root, "ls-files", "--error-unmatch", "--", path) is None:
            raise ConfigurationError(f"git does not know {root / path}, and could not bring it back; {lift}")


def _git(root: Path, *arguments: str, without: Sequence[str] = ()) -> str | None:
    """What git says where the settings `without` are empty; None where it fails."""
    quiet = {
        **os.environ,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    emptied = ["core.fsmonitor", *without]
    quiet |= {f"GIT_CONFIG_KEY_{number}": name for number, name in enumerate(emptied)}
    quiet |= {f"GIT_CONFIG_VALUE_{number}": "" for number in range(len(emptied))}
    quiet["GIT_CONFIG_COUNT"] = str(len(emptied))
    command = ["git", "--literal-pathspecs", *arguments]
    try:
        ended = subprocess.run(command, cwd=root, env=quiet, capture_output=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout.decode("utf-8", "replace") if ended.returncode == 0 else None


def _drafted(root: Path, changed: Mapping[str, str], original: Original) -> list[_Step]:
    steps: list[_Step] = []
    try:
        for path, text in changed.items():
            before = original.files.get(path)
            # Through links: the file is replaced, not the link to it.
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
    folder = Path(tempfile.mkdtemp(prefix=f"{BACKUP}-", dir=record))
    noted = []
    for number, step in enumerate(steps):
        kept = folder / str(number) / step.target.name
        if step.before is not None:
            kept.parent.mkdir()
            shutil.copy2(step.target, kept)
        kept_at = kept.relative_to(record).as_posix() if step.before is not None else None
        noted.append(
            {"target": str(step.target), "draft": str(step.draft), "backup": kept_at, "after": step.after.hex()}
        )
    draft = record / f".{JOURNAL}"
    draft.unlink(missing_ok=True)
    draft.write_text(json.dumps({"root": str(root), "steps": noted}), encoding="utf-8")
    draft.replace(record / JOURNAL)


def _undo(steps: Sequence[_Step]) -> bool:
    """Bring back what was there, and leave no draft; whether that was possible, as on a full disk it may not be."""
    failed = len(steps)
    for step in steps:
        with suppress(OSError):
            was_drafted = step.draft.exists()
            step.draft.unlink(missing_ok=True)
            # Not by its draft: one of what was there is left where bringing that back has failed.
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
    """Undo an application that was killed half-way."""
    journal = record / JOURNAL
    if not journal.is_file():
        return
    inside = root.resolve()
    try:
        noted = json.loads(journal.read_text(encoding="utf-8"))
        steps = []
        for each in noted["steps"]:
            target, draft = Path(each["target"]), Path(each["draft"])
            # A record from elsewhere may name any file.
            if inside not in target.resolve().parents or draft.parent != target.parent or ".strop-" not in draft.name:
                raise ValueError(f"it names {target}")
            before = None if each["backup"] is None else (record / each["backup"]).read_bytes()
            steps.append(_Step(target, draft, bytes.fromhex(each["after"]), before))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ConfigurationError(f"{journal} of an application that was killed cannot be read: {error}") from error
    if not _undo(steps):
        raise ConfigurationError(f"an application that was killed half-way cannot be undone: see {journal}")
    _forget(record)


def _forget(record: Path) -> None:
    (record / JOURNAL).unlink(missing_ok=True)


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found
