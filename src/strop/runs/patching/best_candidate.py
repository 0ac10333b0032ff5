"""The best candidate of an improvement so far, kept in the run's directory as soon as it is evaluated."""

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
"""In the run's directory: a folder with the candidate's files, in `files`, and their diff."""
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
    """The first candidate with the highest training utility; None if none is better than the original."""
    best: Evaluated | None = None
    original: Evaluated | None = None
    for event in events:
        if not isinstance(event, Evaluated):
            continue
        if event.scope == ORIGINAL_SCOPE:
            original = event
        elif is_candidate(event) and event.solution is not None and _beats(event, best) and _beats(event, original):
            best = event
    return best


def _beats(event: Evaluated, other: Evaluated | None) -> bool:
    return other is None or (event.value > other.value and event.solution != other.solution)


class BestSoFar:
    """A recorder that keeps the best candidate, if it is better than the original. Thread-safe.

    The folder always contains one whole candidate, however the process ends.
    """

    def __init__(self, directory: Path, original: Original, before: Iterable[Evaluated] = ()) -> None:
        """`before` are the evaluations in the record."""
        self._directory, self._original = directory, original
        self._lock = threading.Lock()
        earlier = list(before)
        self._original_event = next((event for event in earlier if event.scope == ORIGINAL_SCOPE), None)
        # All at once: a kept candidate must not be replaced by an earlier one.
        self._best = best_of(earlier)
        if self._best is not None and self._best.solution is not None:
            keep_best(directory, original, self._best.solution)

    def __call__(self, event: Event) -> None:
        """Keep the candidate of `event`, if it is the best so far."""
        if not isinstance(event, Evaluated):
            return
        with self._lock:
            if event.scope == ORIGINAL_SCOPE:
                self._original_event = event
                return
            rivals = [one for one in (self._original_event, self._best, event) if one is not None]
            if is_candidate(event) and best_of(rivals) is event and event.solution is not None:
                kept = keep_best(self._directory, self._original, event.solution)
                self._best = event if kept else self._best


def keep_best(directory: Path, original: Original, solution: str) -> bool:
    """Replace the candidate in `best` atomically; False if `solution` is not a program of these files."""
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
    """Replace `directory` by a folder with these files."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory.parent))
    save_files(draft, files, original)
    draft.chmod(0o755)
    if directory.is_dir() and not directory.is_symlink():
        shutil.rmtree(directory)
    else:
        directory.unlink(missing_ok=True)
    draft.rename(directory)


def save_files(folder: Path, files: Mapping[str, str], original: Original) -> None:
    """Write files, path → text, below a folder that nothing else writes."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write(folder / path, text)
        if path in original.executable:
            (folder / path).chmod(0o755)


def write(path: Path, text: str) -> None:
    """Write a text with its own line ends; invalid Unicode, which only a guest can send, as escapes."""
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
