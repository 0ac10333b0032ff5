"""Two versions of a project as programs of a task: a program is the texts of the files that differ, and the tree has the rest."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from strop.base.errors import ConfigurationError
from strop.base.unified_diff import as_written, plain_text
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.command.config import CONFIG
from strop.tasks.command.task import PROGRAM, AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask

T = TypeVar("T", bound=AnyTask)


def with_files(task: T, files: Mapping[str, str]) -> T:
    """The task whose programs are the texts of several files. `files` are those of the original: path from the top of the tree or
    project → plain text, or ABSENT where a version has no such file.

    A command's task loses `only`, and no marker in a file restricts its programs.

    Raises:
        ConfigurationError: a path or a text cannot be bundled, one of the files scores programs, or `reference=True` compares
            answers with a function whose text `files` changes.
    """
    project = project_of(task)
    if project is not None and (other := sorted(files.keys() & project.scoring)):
        raise ConfigurationError(
            f"{task.name}: {other[0]} scores programs, so it is the working tree's for every version"
        )
    if isinstance(task, FunctionTask):
        return cast("T", _function_with(task, files))
    assert isinstance(task, CommandTask)
    return cast("T", _command_with(task, files))


def _function_with(task: FunctionTask, files: Mapping[str, str]) -> FunctionTask:
    changed = sorted(differing(task.mark.project, files, is_version=True))
    if task.mark.is_reference and changed:
        raise ConfigurationError(
            f"{task.name}: reference=True compares answers with those of the function in the working tree, and the original "
            f"has other texts of {', '.join(changed[:3])}; start from the version that is the original"
        )
    return replace(task, files=dict(files), seed=bundled(files))


def _command_with(task: CommandTask, files: Mapping[str, str]) -> CommandTask:
    target_files = task.target_files or tuple(task.files)
    command, judge = task.command, task.judge
    if len(target_files) == 1:
        (path,) = target_files
        command = command.replace("{program}", shlex.quote(path))
        if judge is not None:
            program_path = shlex.quote(f"{PROGRAM}/{path}" if path in files else path)
            judge = replace(judge, command=judge.command.replace("{program}", program_path))
    return replace(task, files=dict(files), target_files=target_files, only=(), command=command, judge=judge)


def in_version(task: AnyTask, files: Mapping[str, str], *, as_files: bool) -> AnyTask:
    """The task with `files` as the original: another version of its files, path → plain text or ABSENT.

    With `as_files` the programs of a function's task are the texts of these files, not of its functions alone. Raises like
    `with_files`.
    """
    if isinstance(task, CommandTask) and task.files.keys() == files.keys():
        return replace(task, files=files)
    if isinstance(task, CommandTask):
        return with_files(task, files)
    if isinstance(task, FunctionTask):
        return with_files(task, files) if as_files else task
    (text,) = files.values()
    return replace(task, seed=text)


class Project(NamedTuple):
    """The files of a target that may differ between two versions."""

    root: Path
    target: str
    """The only file that the target says may change, from `root`; empty if there are several."""
    files: tuple[str, ...]
    """The files that the target says may change."""
    scoring: frozenset[str]
    """The files that score programs; both versions are scored by the working tree's."""
    is_tree: bool = True
    """Whether programs run in a tree, so that its other files may differ, too."""


def project_of(task: AnyTask) -> Project | None:
    """The files of a target; None if its program is no file of the user's."""
    if isinstance(task, CommandTask):
        judge = task.judge.files if task.judge else ()
        evaluator = (task.evaluator.evaluator,) if task.evaluator else ()
        files = task.target_files or tuple(task.files)
        named = _named_in(task).difference(files)
        scoring = frozenset({CONFIG, *judge, *evaluator, *task.cases, *task.judge_sources, *named})
        return Project(task.root.absolute(), files[0] if len(files) == 1 else "", files, scoring)
    if isinstance(task, FunctionTask):
        marking = str(Path(task.mark.marking_module.file).relative_to(task.mark.project))
        return Project(
            task.mark.project,
            task.path,
            tuple(part.path for part in task.parts),
            frozenset({marking} - {task.path}),
        )
    if task.seed_file is None:
        return None
    name = task.seed_file.name
    return Project(task.seed_file.parent, name, (name,), frozenset(), is_tree=False)


def _named_in(task: CommandTask) -> set[str]:
    """The files of the tree that the command names. Those that may not change run the program, and may score it."""
    words = {os.path.normpath(word) for word in re.split(r"[\s'\"=;|&()<>]+", task.command) if word}
    return {word for word in words if (task.root / word).is_file()}


def differing(root: Path, files: Mapping[str, str], *, is_version: bool = False) -> dict[str, str]:
    """The files whose text in the tree is another one, path → text of `files` or ABSENT, with the line ends of the tree's files.
    For `is_version` see `as_written`."""
    changed = {}
    for path, text in files.items():
        file = root / path
        there = file.read_bytes().decode("utf-8", "replace") if file.is_file() else ABSENT
        if plain_text(there) != plain_text(text):
            changed[path] = (
                text if ABSENT in (text, there) else as_written(plain_text(text), there, is_version=is_version)
            )
    return changed
