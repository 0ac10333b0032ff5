"""The identity of a task: a digest of its text, the files that it uses and its options. A result is believed, and an unfinished
one continued, only for the task that was measured."""

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
"""Types of the fields that are options; what the others hold is in the files, or in u_str."""

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
        with suppress(OSError):  # what cannot be read cannot be copied for a run either, which says so
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            content = own[name].encode("utf-8", "surrogateescape") if name in own else content
            kind = f"\0{name}\0{path.is_symlink()}{os.access(path, os.X_OK)}\0"
            digest.update(kind.encode("utf-8", "surrogateescape") + hashlib.sha256(content).digest())
    return digest.hexdigest()


def trial_secret(task: AnyTask) -> bytes:
    """What a trial that may refuse a task draws its instances from: the task alone, so that it is refused always or never."""
    return bytes.fromhex(task_digest(task))


def _files_of(task: Task) -> set[Path]:
    """The files that define the functions of a task, and what these import of the user's. It is read in their texts: what else
    this process has imported makes no difference."""
    waiting = list[Path]()
    if task.mark is not None:
        return {
            Path(each) for module in (task.mark.marking, task.mark.program) for each in (module.file, *module.files)
        }
    for function in (task.sample, task.score):
        with suppress(TypeError):  # it is not written in Python
            waiting.append(Path(inspect.getsourcefile(inspect.unwrap(function)) or ""))
    found = set[Path]()
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in found:
            found.add(path)
            waiting += _imported(path) if not path.is_relative_to(_STROP) else ()
    return found


def _imported(path: Path) -> Iterator[Path]:
    """The files of its project that a file's text imports, with the packages that they are in."""
    for name in imported_names(path, name_of(path)):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            found = own_file(path, ".".join(parts[:end]))
            if found is not None:
                yield found / "__init__.py" if found.is_dir() else found
