"""The user's files that an improvement started from, as they were: a patch is made against them.

The record contains them, so later edits by the user do not matter. `patching.apply` writes the improved files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from strop.base.errors import Malformed, StoreError
from strop.base.from_json import from_json
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.unified_diff import as_written, named, plain_text, unified_files
from strop.runs.patching.names import removed_names
from strop.tasks.command.bundle import ABSENT, bundled, ended_like, is_inside, unbundled
from strop.tasks.command.task import CommandTask
from strop.tasks.function.parts import FilePart, made_of, parts_of, seed_of
from strop.tasks.function.splice import spliced
from strop.tasks.function.task import FunctionTask

KIND = "solution file"
"""What messages call a file of the user's."""
SEED = "solution.py"
"""Name of a task's own seed solution, which is not a file, in a diff."""


@dataclass(frozen=True)
class SourceFiles:
    """Files and their location."""

    files: Mapping[str, str]
    """Path from `root` → text with its own line ends, or ABSENT."""
    root: str = ""
    """Absolute path of their folder; empty if the program is not a file of the user's."""
    below: str = ""
    """Absolute path of the folder in which the patch applies."""
    command: bool = False
    """Whether they are the files of a command task."""
    executable: tuple[str, ...] = ()
    """The executable ones among `files`."""
    function: str = ""
    """The function of the module that is the program; empty if the program is the whole file."""
    only: tuple[str, ...] = ()
    """The functions that may change in place of `function`, as `name` in the first file and as `path:name` in another; empty if
    it may change itself."""
    is_version: bool = False
    """Whether a program has the texts of the files in some version of the tree (`strop.tasks.versions`)."""
    decorated: str = ""
    """The function that must keep its decorators; empty if there is none."""

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions of the module that may change; empty if the whole file may."""
        return self.only or ((self.function,) if self.function else ())

    @property
    def program(self) -> str:
        """The program text that improvers start from, with newlines as line ends."""
        if self.functions:
            return seed_of(self._parts())
        return self.plain({path: plain_text(text) for path, text in self.files.items()})

    @property
    def name(self) -> str:
        """The name of the file, or of the folder."""
        return self._named(next(iter(self.files))) if len(self.files) == 1 else Path(self.root).name or self.root

    def written(self, solution: str) -> dict[str, str]:
        """All files of a candidate, with the line ends and the last newline of the original.

        Raises:
            Malformed: the candidate is not a bundle of files (strop.tasks.command.bundle), or changes more than its functions.
        """
        plain = {path: plain_text(text) for path, text in self.files.items()}
        if self.command:
            files = unbundled(solution, plain, is_version=self.is_version)
        elif self.functions:
            made = made_of(self._parts(), solution, spliced)
            files = {path: ended_like(text, plain[path]) for path, text in made.items()}
        else:
            (path,) = plain
            files = {path: ended_like(solution, plain[path])}
        return {path: self._as_written(path, text) for path, text in files.items()}

    def _as_written(self, path: str, text: str) -> str:
        own = self.files[path]
        return text if ABSENT in (text, own) else as_written(text, own, is_version=self.is_version)

    def normal(self, solution: str) -> str:
        """A candidate in normal form, in which equal programs are equal texts. Raises like `written`."""
        if self.functions and self.written(solution) == self.files:
            return self.program
        return self.plain(self.written(solution)) if self.command else ended_like(solution, self.program)

    def removed(self, solution: str) -> tuple[str, ...]:
        """The names in the user's files that a candidate removes, which other files may import; empty for a task's own seed."""
        with suppress(Malformed):
            return removed_names(self.files, self.written(solution)) if self.root else ()
        return ()

    def plain(self, files: Mapping[str, str]) -> str:
        """The program text of files from `written`: equal for equal programs."""
        return bundled({path: plain_text(text) for path, text in files.items()})

    def diff(self, solution: str) -> str:
        """The unified diff to a candidate, for `patch -p1` or `git apply` in `below`. Raises like `written`."""
        return self.diff_of(self.written(solution))

    def diff_of(self, after: Mapping[str, str]) -> str:
        """The unified diff to files from `written`, which adds and deletes files."""
        before = {self._named(path): text for path, text in self.files.items()}
        return unified_files(before, {self._named(path): text for path, text in after.items()})

    def _parts(self) -> tuple[FilePart, ...]:
        return parts_of(self.files, self.functions, self.decorated)

    def _named(self, path: str) -> str:
        return named(Path(self.root, path), Path(self.below)) if self.root else path

    def to_json(self, directory: Path) -> str:
        """One line of JSON for a record in `directory`. Folders are relative to it, so that the record can be published."""
        folders = {
            name: folder and os.path.relpath(os.path.realpath(folder), os.path.realpath(directory))
            for name, folder in (("root", self.root), ("below", self.below))
        }
        return json.dumps(asdict(self) | folders)


def original_from(text: str, directory: Path) -> SourceFiles:
    """The files that `to_json` encoded for a record in `directory`, with absolute folders.

    Raises:
        StoreError: `text` is something else.
    """
    try:
        original = from_json(SourceFiles, text)
    except ValueError as error:
        raise StoreError(f"the record does not name the files that its run started from: {error}") from error
    is_sound = (
        is_inside
        if original.command or len(original.files) > 1
        else lambda path: Path(path).name == path and "\0" not in path
    )
    if not original.files or not all(map(is_sound, original.files)):
        raise StoreError("the record does not name the files that its run started from: its files have no names")
    return replace(original, root=_absolute(original.root, directory), below=_absolute(original.below, directory))


def of_file(file: Path, cwd: Path) -> SourceFiles:
    """One file with a whole program.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    return _placed({file.name: text_of(file, KIND)}, file.absolute().parent, cwd)


def of_command(task: CommandTask, cwd: Path) -> SourceFiles:
    """The files of a command task that may change.

    Raises:
        ConfigurationError: one is missing, or is not UTF-8 text.
    """
    root = task.root.absolute()
    placed = _placed({path: text_of(root / path, KIND) for path in task.files}, root, cwd, command=True)
    executable = tuple(path for path in task.files if os.access(root / path, os.X_OK))
    return replace(placed, executable=executable)


def of_files(root: Path, files: Mapping[str, str], cwd: Path) -> SourceFiles:
    """The files of a task of `strop.tasks.versions` in a tree: path → text with its own line ends, or ABSENT."""
    root = root.absolute()
    executable = tuple(path for path in files if os.access(root / path, os.X_OK))
    placed = _placed(files, root, cwd, command=True)
    return replace(placed, executable=executable, is_version=True)


def of_function(task: FunctionTask, cwd: Path) -> SourceFiles:
    """The files of functions that may change, and nothing else of them."""
    path, texts = task.source.path, {part.path: part.text for part in task.parts}
    is_one = len(texts) == 1
    placed = _placed(
        {path.name: task.parts[0].text} if is_one else texts,
        path.absolute().parent if is_one else task.mark.project,
        cwd,
    )
    return replace(placed, function=task.entry, only=task.mark.changing, decorated=task.source.decorated)


def of_seed(seed: str) -> SourceFiles:
    """A task's own seed solution."""
    return SourceFiles({SEED: seed})


def _placed(files: Mapping[str, str], root: Path, cwd: Path, *, command: bool = False) -> SourceFiles:
    """The files with the folder in which their patch applies: the working folder, or else the root of the git tree, or else the
    folder of the files."""
    cwd = cwd.absolute()
    top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), root)
    below = cwd if root.is_relative_to(cwd) else top
    return SourceFiles(files, str(root), str(below), command)


def _absolute(folder: str, directory: Path) -> str:
    return folder and os.path.normpath(Path(os.path.realpath(directory), folder))
