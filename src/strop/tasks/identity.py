"""The identity of a task: a digest of its text, its options and the files that it uses. A recorded result counts, and an
unfinished run resumes, only for a task with the same digest."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

from strop.base.user_modules import imported_names, name_of, own_file, package_root
from strop.tasks.base import OPAQUE, Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import listed

_OPTIONS = (str, int, float, bool, type(None))
"""Types of the fields that are options. The values of the other fields are in the files, or in u_str."""

_STROP = Path(__file__).parents[1]


def task_digest(task: AnyTask) -> str:
    """A digest of a task, which does not depend on where it lies. Raises ConfigurationError if its tree cannot be copied."""
    own: Mapping[str, str] = {}
    if isinstance(task, CommandTask):
        own = task.files  # the original's, whatever candidate the tree has now
        options = repr(replace(task, root=Path()))
        files: Iterable[tuple[str, Path]] = [(path, task.root / path) for path in listed(task.root, task.named_files)]
    else:
        values = [(field.name, getattr(task, field.name)) for field in fields(task) if field.compare]
        options = repr([*((name, value) for name, value in values if type(value) in _OPTIONS), task.u_str])
        options += "".join(hashlib.sha256(case[OPAQUE]).hexdigest() for case in task.cases if OPAQUE in case)
        files = sorted((str(path.relative_to(package_root(path))), path) for path in _files_of(task))
    digest = hashlib.sha256(options.encode("utf-8", "surrogateescape"))
    for name, path in files:
        with suppress(OSError):  # a run copies the file, and reports that it cannot be read
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            content = own[name].encode("utf-8", "surrogateescape") if name in own else content
            kind = f"\0{name}\0{path.is_symlink()}{os.access(path, os.X_OK)}\0"
            digest.update(kind.encode("utf-8", "surrogateescape") + hashlib.sha256(content).digest())
    return digest.hexdigest()


def trial_secret(task: AnyTask) -> bytes:
    """The secret of the instances of a trial that may refuse a task. It depends on the task alone, so that the task is refused
    always or never."""
    return bytes.fromhex(task_digest(task))


def _files_of(task: Task) -> set[Path]:
    """The files that define the functions of a task, and the user's files that these import. Imports are read from the texts, so
    that it makes no difference what this process has imported."""
    waiting = list[Path]()
    if task.mark is not None:
        return {
            Path(file)
            for module in (task.mark.marking_module, task.mark.program_module)
            for file in (module.file, *module.files)
        }
    for function in (task.sample, task.score):
        with suppress(TypeError):  # it is not written in Python
            waiting.append(Path(inspect.getsourcefile(inspect.unwrap(function)) or ""))
    files = set[Path]()
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in files:
            files.add(path)
            waiting += _imported(path) if not path.is_relative_to(_STROP) else ()
    return files


def _imported(path: Path) -> Iterator[Path]:
    """The files of a file's project that its text imports, and the packages around these."""
    for name in imported_names(path, name_of(path)):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            file = own_file(path, ".".join(parts[:end]))
            if file is not None:
                yield file / "__init__.py" if file.is_dir() else file
