"""The best candidate of an improvement so far, kept in the record's folder from the moment at which it was evaluated."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from strop.base.errors import Malformed
from strop.base.events import Evaluated, Event
from strop.base.solution import digest_of
from strop.runs.patching.source_files import Original

BEST = "best"
"""In the directory of the record: a folder with the candidate's files, in `files`, and their diff."""
BEST_FILES = "files"
BEST_DIFF = "best.diff"
_KEPT = ".best"
_NAMED_BY = 12

ORIGINAL_SCOPE = "original/train"
CANDIDATE_SCOPE = "improve/u-"


def is_candidate(event: Event) -> bool:
    """Whether an event is the training evaluation of a candidate of strop improve."""
    return isinstance(event, Evaluated) and event.scope.startswith(CANDIDATE_SCOPE)


def best_of(events: Iterable[Event]) -> Evaluated | None:
    """The candidate with the highest utility in training, the first of equals; None where none is better than the original."""
    found: Evaluated | None = None
    original: Evaluated | None = None
    for event in events:
        if not isinstance(event, Evaluated):
            continue
        if event.scope == ORIGINAL_SCOPE:
            original = event
        elif is_candidate(event) and event.solution is not None and _beats(event, found) and _beats(event, original):
            found = event
    return found


def _beats(event: Evaluated, other: Evaluated | None) -> bool:
    return other is None or (event.value > other.value and event.solution != other.solution)


class BestSoFar:
    """A recorder that keeps the best candidate. Whatever ends the process, the folder holds one whole candidate. Safe in threads.

    A candidate that is no better than the original is not kept.
    """

    def __init__(self, directory: Path, original: Original, before: Iterable[Evaluated] = ()) -> None:
        """`before` are the evaluations that the record holds already."""
        self._directory, self._original = directory, original
        self._lock = threading.Lock()
        known = list(before)
        self._seen = next((each for each in known if each.scope == ORIGINAL_SCOPE), None)
        # Not one after the other: what is there already must not give way to what it has beaten.
        self._best = best_of(known)
        if self._best is not None and self._best.solution is not None:
            keep_best(directory, original, self._best.solution)

    def __call__(self, event: Event) -> None:
        """Keep what `event` evaluated, if it is the best so far."""
        if not isinstance(event, Evaluated):
            return
        with self._lock:
            if event.scope == ORIGINAL_SCOPE:
                self._seen = event
                return
            known = [each for each in (self._seen, self._best, event) if each is not None]
            if is_candidate(event) and best_of(known) is event and event.solution is not None:
                kept = keep_best(self._directory, self._original, event.solution)
                self._best = event if kept else self._best


def keep_best(directory: Path, original: Original, solution: str) -> bool:
    """Make a candidate the one in `best`, in one step; False where it is no text of several files."""
    try:
        files = original.written(solution)
    except Malformed:
        return False
    link = directory / BEST
    kept = directory / _KEPT / digest_of(solution)[:_NAMED_BY]
    if not kept.is_dir():
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory))
        save_files(draft / BEST_FILES, files, original)
        write(draft / BEST_DIFF, original.diff_of(files))
        kept.parent.mkdir(exist_ok=True)
        draft.chmod(0o755)
        draft.rename(kept)
    before = link.resolve() if link.is_symlink() else None
    new = directory / f".{BEST}-{os.getpid()}"
    with suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(kept.relative_to(directory), target_is_directory=True)
    new.replace(link)
    if before is not None and before != kept.resolve() and before.parent == kept.parent.resolve():
        shutil.rmtree(before, ignore_errors=True)
    return True


def keep_files(directory: Path, files: Mapping[str, str], original: Original) -> None:
    """Make a folder of these files, in the place of whatever was there."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory.parent))
    save_files(draft, files, original)
    draft.chmod(0o755)
    if directory.is_dir() and not directory.is_symlink():
        shutil.rmtree(directory)
    else:
        directory.unlink(missing_ok=True)
    draft.rename(directory)


def save_files(folder: Path, files: Mapping[str, str], original: Original) -> None:
    """Write files, path → text, below a folder that nobody else writes."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write(folder / path, text)
        if path in original.executable:
            (folder / path).chmod(0o755)


def write(path: Path, text: str) -> None:
    """Write a text as it is, line ends included; what is no Unicode, which only a guest can make, as escapes."""
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
