"""The files that strop improve writes beside a record for people: programs and patches. No command reads a result from them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from strop.base import private
from strop.base.errors import Malformed
from strop.base.results import Evaluation
from strop.runs.patching.best_candidate import BEST
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
        _keep_files(directory / ORIGINAL_FILES, original.files, original)
        _keep_files(directory / SOLUTION_FILES, after, original)
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
        if best is not None:
            yield from _changed(directory, {BEST: original.diff(best)})


def _changed(folder: Path, beside: dict[str, str]) -> Iterator[Path]:
    for name, text in beside.items():
        file = folder / name
        with suppress(FileNotFoundError):
            if file.read_bytes() != text.encode("utf-8", "backslashreplace"):
                yield file


def _keep_files(directory: Path, files: Mapping[str, str], original: Original) -> None:
    """Replace `directory` by a folder with these files."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=directory.parent))
    for path, text in files.items():
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
