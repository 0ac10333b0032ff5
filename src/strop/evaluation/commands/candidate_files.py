"""The files of a command's candidate, and what it may change."""

from __future__ import annotations

from strop.base.errors import Malformed
from strop.base.globs import matching
from strop.tasks.command.bundle import unbundled
from strop.tasks.command.task import CommandTask
from strop.tasks.command.tree import is_left_out
from strop.tasks.regions import check_only


def candidate_files(task: CommandTask, candidate: str) -> dict[str, str]:
    """All files of a candidate.

    Raises:
        Malformed: it is not a bundle of files, or changes something that may not change; the message says what.
    """
    files = unbundled(candidate, task.files)
    for path, text in files.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Malformed(f"{path!a:.200} cannot be written as UTF-8") from None
    for path in files.keys() - task.files.keys():
        _check_new(task, path)
    check_only(task.files, {path: files[path] for path in task.files}, task.only)
    return files


def _hidden(path: str) -> bool:
    """Whether a name starts with a dot: tools read such files unasked, so `**` does not match them."""
    return any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))


def _check_new(task: CommandTask, path: str) -> None:
    at = task.root / path
    if at.exists() or at.is_symlink() or path in task.result_files:
        raise Malformed(f"{path!a:.200} may not be changed; what may is {', '.join(task.files)}")
    if is_left_out(path):  # the copy has none, but the user's folder may
        raise Malformed(f"{path!a:.200} is in a folder of other tools, where no file may be added")
    if any((task.root / folder).is_symlink() for folder in list(at.relative_to(task.root).parents)[:-1]):
        raise Malformed(f"{path!a:.200} lies behind a link")
    if not any(matching([path], glob) for glob in task.new_files if _hidden(glob) or not _hidden(path)):
        allowed = f"where they match {', '.join(task.new_files)}" if task.new_files else "nowhere"
        raise Malformed(f"{path!a:.200} is a new file; new files may be added {allowed}")
