"""The identity of a task: a digest of its text, the files that it uses and its options. A result is believed, and an unfinished
one continued, only for the task that was measured."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

from strop.base.user_modules import package_root, user_module
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import listed

_OPTIONS = (str, int, float, bool, type(None))
"""Types of the fields that are options; what the others hold is in the files, or in u_str."""

_STARTED = ("__main__", "__mp_main__")
"""Names of the script that Python was started with, which a task does not import."""


def task_digest(task: AnyTask) -> str:
    """A digest of a task, which does not depend on where it lies. Raises ConfigurationError if its tree cannot be copied."""
    if isinstance(task, CommandTask):
        options = repr(replace(task, root=Path()))
        files: Iterable[tuple[str, Path]] = [(path, task.root / path) for path in listed(task.root, task.named_files)]
    else:
        values = [(field.name, getattr(task, field.name)) for field in fields(task)]
        options = repr([*((name, value) for name, value in values if type(value) in _OPTIONS), task.u_str])
        files = sorted((str(path.relative_to(package_root(path))), path) for path in _files_of(task))
    digest = hashlib.sha256(options.encode("utf-8", "surrogateescape"))
    for name, path in files:
        with suppress(OSError):  # what cannot be read cannot be copied for a run either, which says so
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            kind = f"\0{name}\0{path.is_symlink()}{os.access(path, os.X_OK)}\0"
            digest.update(kind.encode("utf-8", "surrogateescape") + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _files_of(task: Task) -> set[Path]:
    """The files that define the functions of a task, and the modules of the user's that these import."""
    found, modules = set[Path](), [] if task.module is None else [task.module]
    for function in (task.sample, task.score, getattr(task, "accept", None)):
        with suppress(TypeError):  # it is not written in Python
            file = Path(inspect.getsourcefile(inspect.unwrap(function)) or "")  # type: ignore[arg-type]
            modules += [user_module(file)] if file.is_file() else []
    for module in modules:
        found |= {Path(module.file), *(Path(file) for name, file in module.imports if file and name not in _STARTED)}
    return found
