"""What `strop improve` is given, in each of its forms, as a task and the user's files.

A task's name; `file.py` or `file.py:NAME`, with a `strop.Task` or a function under `@strop.improve_me`; a folder with a
strop.toml; a folder, or a file, with `command`; a program with `evaluator`.
"""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.core.metric_change import facts_of
from strop.lm.options import members, read_spec
from strop.runs.improve import FLAGS_KEY, OBJECTIVE_KEY, ORIGINAL_KEY
from strop.runs.patching.source_files import Original, of_command, of_file, of_function
from strop.tasks.command.config import CONFIG
from strop.tasks.command.flags import from_flags
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.function.task import FunctionTask
from strop.tasks.registry import load_any


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How a program is scored where no task says it: the flags of `strop improve`, and the keys of strop.toml, by name."""

    command: str = ""
    """A command for `sh -c`, in the root of the tree."""
    evaluator: Path | None = None
    """A file that defines evaluate(program_path)."""
    python: Path | None = None
    """The interpreter, or virtual environment, whose packages the evaluator needs."""
    score: tuple[str, ...] = ()
    """`time`, `wall`, `memory`, `passed`, `tests`, a JSON path or a regular expression; of several `NAME=HOW`."""
    metric: tuple[str, ...] = ()
    """`NAME:max`, `NAME:min`, `NAME:min:WEIGHT`."""
    require_metric: tuple[str, ...] = ()
    """`tests=1`, `accuracy>=0.9`."""
    pareto: bool = False
    """Whether to show the candidates that no other beats in every metric."""
    files: tuple[str, ...] = ()
    """Globs of the files that may change."""
    new_files: tuple[str, ...] = ()
    """Globs of files that may be added."""
    build: str = ""
    """Run once for each candidate before it is scored."""
    tool: tuple[Path, ...] = ()
    """Folders or programs that commands may read and run besides the system's."""
    writable: tuple[str, ...] = ()
    """Globs of files of the tree that commands may rewrite."""
    only: tuple[str, ...] = ()
    """Functions, or marked regions, that alone may change."""
    repeat: int | None = None
    """Runs on the training split."""
    held_out: int | None = None
    """Runs on the sealed split."""
    time_limit: float | None = None
    """Seconds of one run."""
    compare_output: bool | None = None
    """Whether output, files and exit status must be the original's; None: where the score is time, memory or another cost."""
    fixed_input: bool = False
    """Whether it is accepted that the input is always the same."""

    @property
    def given(self) -> list[str]:
        """Names of what was given."""
        return [
            name
            for name, value in vars(self).items()
            if value is not None and value not in ("", ()) and (value is not False or name == "compare_output")
        ]


@dataclass(frozen=True)
class Target:
    """A task and the files that it is about."""

    source: str
    """What it is loaded from again, where nothing but `source` was needed."""
    task: AnyTask
    original: Original | None
    """The user's files; None: the task's own seed, which is no file of its own."""
    flags: Mapping[str, object] = field(default_factory=dict)
    """How it was named besides `source`: the flags that were given, by name."""

    @property
    def said(self) -> dict[str, str]:
        """What a record says of it, so that the run can be gone on with and its result be told and applied."""
        said = {} if self.original is None else {ORIGINAL_KEY: self.original.to_json()}
        said |= {FLAGS_KEY: json.dumps(self.flags, default=str)} if self.flags else {}
        facts = facts_of(self.task)
        if facts is not None:
            said[OBJECTIVE_KEY] = facts.to_json()
        return said


_OVERRIDES = {
    "only": "only",
    "repeat": "instances",
    "held_out": "test_instances",
    "time_limit": "time_limit",
    "compare_output": "compare_output",
    "fixed_input": "fixed_input",
}
"""Flags that also change what a strop.toml says, and the field of a task that each sets."""


def target_of(name: str, scoring: Scoring, solution: Path | None = None, given: AnyTask | None = None) -> Target:
    """The target that a name and the flags beside it mean; `given` is the task itself, where there is one.

    A task's own code is loaded; nothing of a program is run.

    Raises:
        ConfigurationError: there is no such thing, or the flags do not fit it.
    """
    if scoring.command and scoring.evaluator:
        raise ConfigurationError("a program is scored by --command or by --evaluator, not by both")
    found = _target_of(name, scoring, solution, given)
    changed = {name: value for name, value in vars(scoring).items() if value != getattr(Scoring(), name)}
    return replace(found, flags=changed | ({} if solution is None else {"solution": solution}))


def _target_of(name: str, scoring: Scoring, solution: Path | None, given: AnyTask | None) -> Target:
    cwd, path = Path.cwd(), Path(name)
    if given is not None and (scoring.evaluator or scoring.command):
        raise ConfigurationError(f"{given.name} is a task: it says itself how it is scored")
    if scoring.evaluator or scoring.command:
        if solution is not None:
            raise ConfigurationError(
                "--solution is for a task; name the program itself before --command or --evaluator"
            )
        task: AnyTask = _evaluated(path, scoring.evaluator, scoring) if scoring.evaluator else _commanded(path, scoring)
    elif given is not None:
        task = given
    else:
        if path.is_dir() and not (path / CONFIG).is_file():
            raise ConfigurationError(
                f"{path} has no {CONFIG}; make one with strop init, or say how it is scored: --command"
            )
        task = load_any(name)
    if isinstance(task, CommandTask):
        if solution is not None:
            raise ConfigurationError(f"{name} is scored by a command, and begins from its own files: no --solution")
        if not (scoring.evaluator or scoring.command):
            task = _overridden(task, scoring)
        if not scoring.evaluator:
            task = _with_environment(task)
        return Target(name, task, of_command(task, cwd))
    if scoring.given:
        flag = scoring.given[0].replace("_", "-")
        raise ConfigurationError(
            f"--{flag} does not apply to {name}, which is a task; it goes with --command or --evaluator"
        )
    if solution is not None:
        return Target(name, task, of_file(solution, cwd))
    if isinstance(task, FunctionTask):
        return Target(name, task, of_function(task, cwd))
    return Target(name, task, None if task.seed_file is None else of_file(task.seed_file, cwd))


def check_model(lm: str, improver: str, task: AnyTask) -> None:
    """Raises ConfigurationError where an improver is to ask the offline proposer for a program that it cannot edit."""
    if not isinstance(task, CommandTask) or ".prompt(" not in improver.replace("batch_prompt", "prompt"):
        return
    if any(not read_spec(each)[0].startswith("offline") for each in members(lm)):
        return
    (path, text), *others = task.files.items()
    if others:
        why = f"{task.name} has {len(task.files)} files that may change"
    elif not path.endswith((".py", ".pyw")) and "python" not in text.partition("\n")[0]:
        why = f"{path} is not Python"
    else:
        return
    raise ConfigurationError(
        f"offline edits Python only, one file, and {why}; name a language model with --model (docs/models.md)"
    )


def _commanded(path: Path, scoring: Scoring) -> CommandTask:
    """The task of `--command` on a folder, or on the folder of one file."""
    if not path.exists():
        raise ConfigurationError(f"there is no folder {path} to run the command in")
    if path.is_file() and scoring.files:
        raise ConfigurationError(f"{path} is a file; name its folder where --files says which files may change")
    if path.is_dir() and (path / CONFIG).is_file():
        raise ConfigurationError(
            f"{path} has a {CONFIG}, which says how it is scored; leave out --command, or that file"
        )
    given: dict[str, Any] = {name: getattr(scoring, name) for name in scoring.given}
    if "python" in given:
        raise ConfigurationError("--python is for --evaluator; a command names its own interpreter")
    if path.is_file():
        return from_flags(path.parent, **given | {"files": (glob.escape(path.name),), "name": path.stem})
    return from_flags(path, **{"files": ()} | given)


def _evaluated(program: Path, evaluator: Path, scoring: Scoring) -> CommandTask:
    """The task of `--evaluator` on a program."""
    for path, what in ((program, "program that is to be improved"), (evaluator, "evaluator")):
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder; with --evaluator, name the file of the {what}")
    given: dict[str, Any] = {name: getattr(scoring, name) for name in scoring.given if name != "evaluator"}
    wrong = [name for name in given if name in ("files", "score", "new_files")]
    if wrong:
        raise ConfigurationError(f"--{wrong[0].replace('_', '-')} goes with --command; an evaluator scores one program")
    return evaluator_task(program, evaluator, **given)


_PYTHON = re.compile(r"(?<![\w/.-])(python3?|pytest)\b")
"""A command that runs Python by its plain name."""


def _with_environment(task: CommandTask) -> CommandTask:
    """The task with the user's virtual environment, the tree's or the active one, where its commands run Python.

    Else they would run the Python of strop, which lacks the user's packages.
    """
    if task.tools or not _PYTHON.search(f"{task.command} {task.build}"):
        return task
    active = os.environ.get("VIRTUAL_ENV", "")
    for folder in (task.root / ".venv", task.root / "venv", *([Path(active)] if active else [])):
        interpreter = folder.absolute() / "bin" / "python"
        if interpreter.is_file() and (folder / "pyvenv.cfg").is_file():
            if folder.resolve() == Path(sys.prefix).resolve():
                return task
            base = interpreter.resolve().parent.parent
            system = any(base.is_relative_to(each) for each in ("/usr", "/bin", "/lib"))
            return replace(task, tools=(folder.absolute(), *(() if system else (base,))))
    return task


def _overridden(task: CommandTask, scoring: Scoring) -> CommandTask:
    wrong = [name for name in scoring.given if name not in _OVERRIDES]
    if wrong:
        raise ConfigurationError(
            f"--{wrong[0].replace('_', '-')} is said by the {CONFIG} of {task.root}; change it there"
        )
    changes: Mapping[str, Any] = {_OVERRIDES[name]: getattr(scoring, name) for name in scoring.given}
    return replace(task, **changes)
