"""The files that strop improve writes beside a record for people: programs and patches, that of the best candidate so far
as soon as it is evaluated. No command reads a result from them."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from strop.analysis.stats import mean
from strop.base import private
from strop.base.errors import Malformed
from strop.base.events import Evaluated, Event, SuiteRan
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.runs.patching.source_files import SourceFiles
from strop.runs.run_directory import save
from strop.runs.scopes import is_candidate
from strop.runs.verified import best_construction
from strop.tasks.command.bundle import ABSENT
from strop.tasks.problem import Problem

BEST = "best.diff"
"""The patch to the best candidate, in the run's directory."""

ORIGINAL_SCOPE = "original/train"
RETURNED_SCOPE = "returned/train"


class Standings:
    """The mean training utility of the original and of each candidate, over all evaluations of a program."""

    def __init__(self, events: Iterable[Event] = (), original: SourceFiles | None = None) -> None:
        """Count `events`. With the `original`, programs are the same if their normal forms are."""
        self._original = original
        self._values: dict[str, list[float]] = {}
        self._out: set[str] = set()  # programs that fail tests of the user's
        self.first: dict[str, Evaluated] = {}  # the first evaluation of each program
        self.original: str | None = None  # once it was evaluated
        self.best: str | None = None
        """The candidate with the highest mean; None if none is better than the original.

        Of equally good ones it is the shortest, then the one with the lowest digest. The first one would depend on threads."""
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Count an evaluation in training, or rule out a program that fails tests of the user's. Other events do not count."""
        if isinstance(event, SuiteRan) and event.failing and (program := self._normal(event.solution)) is not None:
            self._out.add(program)
            self._values.pop(program, None)
            self._choose(self._values)
        if not isinstance(event, Evaluated) or event.solution is None:
            return
        if not (is_candidate(event) or event.scope in (ORIGINAL_SCOPE, RETURNED_SCOPE)):
            return
        program = self._normal(event.solution)
        if event.scope == ORIGINAL_SCOPE:
            self.original = program
        if program is None:
            return
        self.first.setdefault(program, event)
        if self.is_out(program):
            return
        self._values.setdefault(program, []).append(event.value)
        is_known = self.best is None or program in (self.best, self.original)
        self._choose(self._values if is_known else (self.best or "", program))

    def _normal(self, text: str) -> str | None:
        """The normal form of a text; None if it is not a program."""
        try:
            return text if self._original is None else self._original.normal(text)
        except Malformed:
            return None

    def is_original(self, text: str) -> bool:
        """Whether a program is the original."""
        return self.original is not None and self._normal(text) == self.original

    def is_out(self, program: str) -> bool:
        """Whether a program fails tests of the user's."""
        return program in self._out

    def _choose(self, programs: Iterable[str]) -> None:
        best = min(programs, key=self.rank, default=None)
        is_better = self.original is not None and self.mean(best) > self.mean(self.original)
        self.best = best if is_better else None

    def mean(self, program: str | None) -> float:
        """The mean of a program; -inf if it was not evaluated."""
        values = self._values.get(program, ()) if program is not None else ()
        return mean(values) if values else -math.inf

    def rank(self, program: str) -> tuple[float, int, str]:
        """The sort key of a program, lower for a better one."""
        return -self.mean(program), len(program), digest_of(program)


class BestSoFar:
    """A recorder that keeps the diff of the best candidate, if it is better than the original. Thread-safe."""

    def __init__(self, directory: Path, original: SourceFiles, before: Iterable[Event] = ()) -> None:
        """`before` are the evaluations, and the runs of the user's tests, in the record."""
        self._file, self._original = directory / BEST, original
        self._lock = threading.Lock()
        self._standings = Standings(before, original)
        self._best: str | None = None
        self._file.unlink(missing_ok=True)
        self._keep()

    def __call__(self, event: Event) -> None:
        """Write the diff of the best candidate again if `event` changes which one is the best."""
        with self._lock:
            self._standings.add(event)
            self._keep()

    def _keep(self) -> None:
        if (best := self._standings.best) == self._best:
            return
        if best is None:
            self._file.unlink(missing_ok=True)
        else:
            save(self._file, self._original.diff(best))
        self._best = best


SOLUTION, ORIGINAL = "solution.py", "original.py"
"""Files in the run's directory with the improved program and the original."""
SOLUTION_FILES, ORIGINAL_FILES = "solution", "original"
"""The folders with both, of a command task."""
CONSTRUCTION = "solution.json"
"""The best construction of the run, where answers are constructions."""
DIFF = "solution.diff"
"""The patch from one to the other."""


def keep_result(directory: Path, original: SourceFiles, solution: str) -> None:
    """Write the original, the improved program and their diff, with the line ends of the original."""
    after = original.written(solution)
    if original.command or len(after) > 1:
        _keep_files(directory / ORIGINAL_FILES, original.files, original)
        _keep_files(directory / SOLUTION_FILES, after, original)
    else:
        ((path, text),) = after.items()
        save(directory / ORIGINAL, original.files[path])
        save(directory / SOLUTION, text)
    save(directory / DIFF, original.diff_of(after))


def keep_construction(directory: Path, name: str, problem: Problem | None, evaluations: Iterable[Evaluation]) -> None:
    """Write the best construction of the evaluations, if there is one, for `strop verify`."""
    best = None if problem is None else best_construction(problem.goal, evaluations)
    if best is not None:
        save(directory / CONSTRUCTION, f'{{"problem": {json.dumps(name)}, "answer": {best.construction}}}\n')


def _keep_files(directory: Path, files: Mapping[str, str], original: SourceFiles) -> None:
    """Replace `directory` by a folder with these files."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory.parent))
    for path, text in files.items():
        if text == ABSENT:
            continue
        private.make_folder((draft / path).parent)
        write(draft / path, text)
        if path in original.executable:
            (draft / path).chmod(private.FOLDER)
    if directory.is_dir() and not directory.is_symlink():
        shutil.rmtree(directory)
    else:
        directory.unlink(missing_ok=True)
    draft.rename(directory)


def write(path: Path, text: str) -> None:
    """Write a text with its own line ends; invalid Unicode, which only a guest can send, as escapes."""
    private.write(path, text.encode("utf-8", "backslashreplace"))
