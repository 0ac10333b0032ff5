"""Apply the result of a record to the user's files."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError, Malformed
from strop.base.git.repository import repository_around
from strop.core.metric_change import facts_from
from strop.runs.claims.improvement import sentence
from strop.runs.improve import OBJECTIVE_KEY, ORIGINAL_KEY, recorded
from strop.runs.patching.apply import BACKUP, apply_files, check_clean, check_unchanged
from strop.runs.patching.source_files import Original, original_from
from strop.runs.programs import best_in
from strop.runs.reading import opened
from strop.runs.run_data import read_run
from strop.runs.run_directory import load_run


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


def apply_run(directory: Path, *, force: bool = False, unproven: bool = False) -> list[Path]:
    """Apply the patch of the record in `directory` to the user's files, to all or none. Returns the paths that changed.

    `force`: also where git could not restore them. `unproven`: also a program that is not called better, and the
    best so far of an improvement that has not ended.

    Raises:
        ConfigurationError: the finding is not `better`, or a file has changed since the improvement started.
    """
    record = load_run(directory)
    if record.unverified:
        raise ConfigurationError(f"not applied; {record.unverified}. Read its patch and apply it yourself")
    if ORIGINAL_KEY not in record.meta:
        raise ConfigurationError(
            f"there is no file of yours to apply it to: the search started from the task's own seed; see {directory}"
        )
    original = original_from(record.meta[ORIGINAL_KEY], directory)
    text = _to_apply(directory, record.meta, original, unproven=unproven)
    try:
        files = original.written(text)
    except Malformed as error:
        raise ConfigurationError(f"the program in {directory} does not fit your files: {error}") from error
    return apply_files(original, files, directory, force=force)


def undo_of(directory: Path, paths: Sequence[Path]) -> str:
    """How to restore the files that a patch has just changed."""
    backups = sorted(directory.glob(f"{BACKUP}-*"), key=lambda path: path.stat().st_mtime)
    backup = f"the original files are in {backups[-1]}" if backups else ""
    if repository_around(paths[0].parent) is None:
        return f"to undo: {backup}"
    command = shlex.join(["git", "-C", str(paths[0].parent), "checkout", "--", *map(str, paths)])
    return f"to undo: {command} ({backup})"


def _to_apply(directory: Path, meta: dict[str, str], original: Original, *, unproven: bool) -> str:
    """The text of the program to apply.

    Raises:
        ConfigurationError: there is none that was shown to be better.
    """
    facts = facts_from(meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in meta else None
    with opened(directory) as store:
        run = read_run(store)
        evidence = recorded(run, original, facts)
        best = best_in(run) if evidence is None else None
    unless = "--unproven applies it anyway"
    if evidence is None:
        if best is None:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended, and nothing in it is better so far"
            )
        if not unproven:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended. To continue: strop resume {directory}. "
                f"For its best so far, {unless}"
            )
        return best
    if evidence.improved is None:
        raise ConfigurationError(f"nothing to apply. {sentence(evidence)}")
    if evidence.finding != "better" and not unproven:
        raise ConfigurationError(f"not applied. {sentence(evidence)} {unless}")
    return evidence.improved.text
