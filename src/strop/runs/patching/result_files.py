"""The files that strop improve writes beside a record for people: programs and patches. No command reads a result from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from strop.base.errors import Malformed
from strop.base.results import Evaluation
from strop.runs.patching.best_candidate import BEST, BEST_DIFF, BEST_FILES, keep_files
from strop.runs.patching.source_files import Original
from strop.runs.run_directory import save

SOLUTION, ORIGINAL = "solution.py", "original.py"
"""Files in the run's directory with the improved program and the original."""
SOLUTION_FILES, ORIGINAL_FILES = "solution", "original"
"""The folders with both, of a command task."""
CONSTRUCTION = "solution.json"
"""The best construction of the run, where answers are constructions."""
DIFF = "solution.diff"
"""The patch from one to the other."""


def keep_result(directory: Path, original: Original, solution: str) -> None:
    """Write the original, the improved program and their diff, with the line ends of the original."""
    after = original.written(solution)
    if original.command:
        keep_files(directory / ORIGINAL_FILES, original.files, original)
        keep_files(directory / SOLUTION_FILES, after, original)
    else:
        ((path, text),) = after.items()
        save(directory / ORIGINAL, original.files[path])
        save(directory / SOLUTION, text)
    save(directory / DIFF, original.diff_of(after))


def keep_construction(directory: Path, problem: str, evaluations: Iterable[Evaluation]) -> None:
    """Write the best construction of the evaluations, if there is one, for `strop verify`."""
    kept = [one for one in evaluations if one.construction]
    if kept:
        best = max(kept, key=lambda one: max(one.scores))
        save(directory / CONSTRUCTION, f'{{"problem": {json.dumps(problem)}, "answer": {best.construction}}}\n')


def changed_result(directory: Path, original: Original, solution: str | None, best: str | None) -> Iterator[Path]:
    """The files that are no longer what the record says of its improved program and its best candidate so far."""
    with suppress(Malformed):
        if solution is not None:
            after = original.written(solution)
            beside = {DIFF: original.diff_of(after)}
            if original.command:
                beside |= {f"{SOLUTION_FILES}/{path}": text for path, text in after.items()}
            else:
                beside |= {SOLUTION: next(iter(after.values()))}
            yield from _changed(directory, beside)
    with suppress(Malformed):
        if best is not None and (directory / BEST).is_dir():
            after = original.written(best)
            beside = {f"{BEST_FILES}/{path}": text for path, text in after.items()}
            yield from _changed(directory / BEST, {BEST_DIFF: original.diff_of(after), **beside})


def _changed(folder: Path, beside: dict[str, str]) -> Iterator[Path]:
    for name, text in beside.items():
        file = folder / name
        with suppress(FileNotFoundError):
            if file.read_bytes() != text.encode("utf-8", "backslashreplace"):
                yield file
