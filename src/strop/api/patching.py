"""Apply what an improvement gave to the user's files."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError, Malformed
from strop.base.events import in_full
from strop.core.metric_change import facts_from
from strop.report.terminal.claim import sentence
from strop.report.terminal.reading import reading
from strop.runs.improve import OBJECTIVE_KEY, ORIGINAL_KEY, recorded
from strop.runs.patching.apply import BACKUP, apply_files, check_clean, check_unchanged
from strop.runs.patching.best_candidate import best_of
from strop.runs.patching.source_files import Original, git_root, original_from
from strop.runs.run_data import read_run
from strop.runs.run_directory import load_run
from strop.runs.secret import key_file, machine_key
from strop.store import Store


def check_can_apply(original: Original | None, *, force: bool) -> None:
    """Before anything is spent: whether a result could be applied at the end.

    Raises:
        ConfigurationError: it could not.
    """
    if original is None or not original.root:
        raise ConfigurationError("--apply has no file of yours to change: the search begins from the task's own seed")
    check_unchanged(original)
    if not force:
        check_clean(Path(original.root), list(original.files))


def apply_run(directory: Path, *, force: bool = False, unproven: bool = False) -> list[Path]:
    """Put the program of the record in `directory` in the place of the user's files, all or none; the paths that changed.

    `force`: also where git could not bring them back. `unproven`: also a program that held-out instances did not show to be
    better, and the best so far of an improvement that has not ended.

    Raises:
        ConfigurationError: the finding is not `better`, or a file is not as it was when the improvement began.
    """
    found = load_run(directory)
    if ORIGINAL_KEY not in found.meta:
        raise ConfigurationError(
            f"there is no file of yours to apply it to: the search began from the task's own seed; see {directory}"
        )
    if not found.begun_here(os.environ):
        raise ConfigurationError(f"the run in {directory} was begun elsewhere; read its patch and apply that yourself")
    with Store.open(directory) as store:
        if not store.is_sealed_by(machine_key(key_file(os.environ))):
            raise ConfigurationError(
                f"the record in {directory} was changed after it was written; read its patch and apply that yourself"
            )
    original = original_from(found.meta[ORIGINAL_KEY])
    text = _program(directory, found.meta, original, unproven=unproven)
    try:
        files = original.written(text)
    except Malformed as error:
        raise ConfigurationError(f"the program of {directory} cannot be written: {error}") from error
    return apply_files(original, files, directory, force=force)


def undo_of(directory: Path, paths: Sequence[Path]) -> str:
    """How to bring back what an application, which has just ended, has replaced."""
    backups = sorted(directory.glob(f"{BACKUP}-*"), key=lambda each: each.stat().st_mtime)
    kept_in = f"what was there is in {backups[-1]}" if backups else ""
    if git_root(paths[0].parent) is None:
        return f"to undo: {kept_in}"
    command = shlex.join(["git", "-C", str(paths[0].parent), "checkout", "--", *map(str, paths)])
    return f"to undo: {command} ({kept_in})"


def _program(directory: Path, meta: dict[str, str], original: Original, *, unproven: bool) -> str:
    """The text of the program to apply.

    Raises:
        ConfigurationError: there is none that was shown to be better.
    """
    facts = facts_from(meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in meta else None
    with reading(directory), Store.open(directory) as store:
        run = read_run(store)
        single = recorded(run, original, facts)
        evaluated = (in_full(event, run.text) for event in (*run.results.values(), *run.candidates))
        best = best_of(evaluated) if single is None else None
    lift = "--unproven applies it nevertheless"
    if single is None:
        if best is None or best.solution is None:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended, and nothing in it is better so far"
            )
        if not unproven:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended. To continue: strop resume {directory}. "
                f"For its best so far, {lift}"
            )
        return best.solution
    if single.improved is None:
        raise ConfigurationError(f"nothing to apply. {sentence(single)}")
    if single.finding != "better" and not unproven:
        raise ConfigurationError(f"not applied. {sentence(single)} {lift}")
    return single.improved.text
