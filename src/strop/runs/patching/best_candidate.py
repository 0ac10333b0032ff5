"""The best candidate of an improvement so far, kept in the run's directory as soon as it is evaluated."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from strop.analysis.stats import mean
from strop.base import private
from strop.base.errors import Malformed
from strop.base.events import Evaluated, Event
from strop.base.solution import NAMED_BY, digest_of
from strop.runs.patching.source_files import Original
from strop.runs.scopes import is_candidate

BEST = "best"
"""Folder in the run's directory with the files of the best candidate, in `files`, and their diff."""
BEST_FILES = "files"
BEST_DIFF = "best.diff"
_KEPT = ".best"

ORIGINAL_SCOPE = "original/train"
RETURNED_SCOPE = "returned/train"


class Standings:
    """The mean training utility of the original and of each candidate, over all evaluations of a program."""

    def __init__(self, normal: Callable[[str], str | None] = str) -> None:
        """`normal` gives a program's normal form, in which equal programs are equal texts; None: it is not a program."""
        self._normal = normal
        self._values: dict[str, list[float]] = {}
        self.first: dict[str, Evaluated] = {}  # the first evaluation of each program
        self.original: str | None = None  # once it was evaluated

    def add(self, event: Event) -> str | None:
        """Count an evaluation in training. Returns its program; None for any other event."""
        if not isinstance(event, Evaluated) or event.solution is None:
            return None
        if not (is_candidate(event) or event.scope in (ORIGINAL_SCOPE, RETURNED_SCOPE)):
            return None
        program = self._normal(event.solution)
        if program is not None:
            self._values.setdefault(program, []).append(event.value)
            self.first.setdefault(program, event)
        if event.scope == ORIGINAL_SCOPE:
            self.original = program
        return program

    def drop(self, program: str) -> None:
        """Forget a candidate."""
        self._values.pop(program, None)

    def mean(self, program: str | None) -> float:
        """The mean of a program; -inf if it was not evaluated."""
        values = self._values.get(program, ()) if program is not None else ()
        return mean(values) if values else -math.inf

    @property
    def best(self) -> str | None:
        """The candidate with the highest mean; None if none is better than the original.

        Of equally good ones the shortest, then the one with the lowest digest: not the first, which threads and workers decide.
        """
        best = min(self._values, key=self.rank, default=None)
        return best if self.mean(best) > self.mean(self.original) else None

    def rank(self, program: str) -> tuple[float, int, str]:
        """The lower, the better."""
        return -self.mean(program), len(program), digest_of(program)


def best_of(events: Iterable[Event]) -> str | None:
    """The best candidate of `strop improve`; see `Standings.best`."""
    standings = Standings()
    for event in events:
        standings.add(event)
    return standings.best


class BestSoFar:
    """A recorder that keeps the best candidate, if it is better than the original. Thread-safe.

    The folder always contains one whole candidate, however the process ends.
    """

    def __init__(self, directory: Path, original: Original, before: Iterable[Evaluated] = ()) -> None:
        """`before` are the evaluations in the record."""
        self._directory, self._original = directory, original
        self._lock = threading.Lock()
        self._standings = Standings()
        self._best: str | None = None
        for event in before:
            self._standings.add(event)
        # All at once: a kept candidate must not be replaced by an earlier one.
        if self._standings.best is None:
            drop_best(directory)
        self._keep()

    def __call__(self, event: Event) -> None:
        """Keep the best candidate, if `event` changes which it is."""
        with self._lock:
            standings, program = self._standings, self._standings.add(event)
            if program is not None and (program in (self._best, standings.original) or self._is_best(program)):
                self._keep()

    def _is_best(self, program: str) -> bool:
        """Whether a candidate is better than the original and the best one, without a look at all others."""
        standings, best = self._standings, self._best
        is_better = standings.mean(program) > standings.mean(standings.original)
        return is_better and (best is None or standings.rank(program) < standings.rank(best))

    def _keep(self) -> None:
        while (best := self._standings.best) != self._best:
            if best is None:
                drop_best(self._directory)
            elif not keep_best(self._directory, self._original, best):
                self._standings.drop(best)
                continue
            self._best = best


def keep_best(directory: Path, original: Original, solution: str) -> bool:
    """Replace the candidate in `best` atomically; False if `solution` is not a program of these files."""
    try:
        files = original.written(solution)
    except Malformed:
        return False
    link = directory / BEST
    kept = directory / _KEPT / digest_of(solution)[:NAMED_BY]
    if not kept.is_dir():
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory))
        save_files(draft / BEST_FILES, files, original)
        write(draft / BEST_DIFF, original.diff_of(files))
        private.make_folder(kept.parent)
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


def drop_best(directory: Path) -> None:
    """Remove the candidate in `best`: more evaluations have shown that it is not better than the original."""
    if (directory / BEST).is_symlink():
        (directory / BEST).unlink()
    shutil.rmtree(directory / _KEPT, ignore_errors=True)


def keep_files(directory: Path, files: Mapping[str, str], original: Original) -> None:
    """Replace `directory` by a folder with these files."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory.parent))
    save_files(draft, files, original)
    if directory.is_dir() and not directory.is_symlink():
        shutil.rmtree(directory)
    else:
        directory.unlink(missing_ok=True)
    draft.rename(directory)


def save_files(folder: Path, files: Mapping[str, str], original: Original) -> None:
    """Write files, path → text, below a folder that nothing else writes."""
    for path, text in files.items():
        private.make_folder((folder / path).parent)
        write(folder / path, text)
        if path in original.executable:
            (folder / path).chmod(private.FOLDER)


def write(path: Path, text: str) -> None:
    """Write a text with its own line ends; invalid Unicode, which only a guest can send, as escapes."""
    private.write(path, text.encode("utf-8", "backslashreplace"))
