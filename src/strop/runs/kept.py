"""What a record keeps of its tasks: for each a tree of files, and a document that says how the task is made of them again.

This is the only place that writes a task into a folder, and the only one that makes it again from there. The files have the same
paths below the tree as in the user's project. Of the user's folders only `root` is known, for comparison.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, NamedTuple

from strop.base import private
from strop.base.errors import ConfigurationError, StoreError
from strop.base.from_json import from_json
from strop.base.later import dataclass
from strop.base.user_modules import PROJECT, last_loaded, source_roots
from strop.options.scoring import texts_of
from strop.tasks.command.bundle import is_inside
from strop.tasks.command.config import CONFIG, to_toml
from strop.tasks.command.task import AnyTask
from strop.tasks.command.tree import copy_tree

TASK_FOLDER = "task"
TREE = ".tree"
"""Folder with the files of a task. Hidden, so that test tools in a folder with records do not find a second copy of the tests."""
KEPT, CALLS = "kept.json", "recorded.calls"
"""The files beside the tree: the document, and the recorded calls of a function."""
WORKING_COPY = ".copy"
"""The folder of a record with a copy of the tree, which its other targets are made of. Hidden, as the tree is."""
HARMLESS = ("test", "only", "fixed_input", "require_metric")
"""Options that run nothing outside of a jail, and read nothing outside of the record."""


@dataclass(frozen=True)
class Kept:
    """How a task is made again: the document of its folder."""

    file: str = ""
    """The file that defines it, as a path from its folder; empty for a task that no file of the user's defines."""
    name: str = ""
    """What the file is asked for, such as a function's name."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The options of `load_any` that the user gave. The paths of `only` are paths from its folder."""
    root: str = ""
    """The folder of the user's that the tree is a copy of, as it was named."""

    def source(self, folder: Path) -> str:
        """What `load_any` makes the task of, if it is kept in `folder`."""
        calls = f"@{folder / CALLS}" if (folder / CALLS).is_file() else ""
        return f"{folder / self.file}{':' if self.name else ''}{self.name}{calls}"

    def options_in(self, folder: Path, *, believed: bool) -> dict[str, Any]:
        """The options for the task in `folder`; of one that is not `believed`, the harmless ones."""
        options = {key: value for key, value in self.options.items() if believed or key in HARMLESS}
        return options | ({"only": [str(folder / path) for path in options["only"]]} if "only" in options else {})


class Belief(NamedTuple):
    """What is believed of the files of a record."""

    ours: bool
    """Whether this machine wrote the record."""
    began: bool
    """Whether its files are kept for sure."""
    trust: bool
    """Whether the user trusts its code."""
    is_frozen: bool = False
    """Whether the copy counts even if the user's file has changed."""


class Again(NamedTuple):
    """A task to make again: what `load_any` takes."""

    source: str
    options: Mapping[str, Any]


def folder_of(directory: Path, number: int) -> Path:
    """The folder of a record's `number`th task, from 0."""
    return directory / TASK_FOLDER / str(number + 1) if number else directory / TASK_FOLDER


def file_of(source: str) -> Path | None:
    """The file of the user's that the text of a task names; None for any other task."""
    path = source.partition(":")[0]
    return Path(path) if path.endswith(".py") else None


def keep_tasks(directory: Path, sources: Sequence[str], tasks: Sequence[AnyTask]) -> None:
    """Keep the tasks, which were loaded from `sources`, in the record of a folder."""
    for number, (source, task) in enumerate(zip(sources, tasks, strict=True)):
        keep_task(folder_of(directory, number), source, task)


def keep_task(folder: Path, source: str, task: AnyTask) -> None:
    """Keep a task in a folder. The document is written last."""
    tree, file = folder / TREE, file_of(source)
    if task.root is None and file is None and task.mark is None:
        kept = Kept(options=_options(task))
    elif task.root is not None:
        kept = Kept(CONFIG, root=str(task.root.absolute()))
        _copy(tree, *task.tree[:2], is_whole=True, modules=False)
        private.write(folder / CONFIG, to_toml(task, root=TREE).encode())
    else:
        root, paths = _files_of(task, file or Path())
        is_whole = task.mark is not None and bool(task.test or task.files or task.recorded)
        _copy(tree, root, paths, is_whole=is_whole, modules=True)
        _close_project(tree)
        kept = Kept(f"{TREE}/{paths[0]}", source.partition(":")[2], _options(task), str(root))
        if task.recorded is not None:
            kept = Kept(f"{TREE}/{task.recorded.file}", task.recorded.name, kept.options, kept.root)
            task.recorded.write(folder / CALLS)
    private.make_folder(folder)
    private.write(folder / f".{KEPT}", json.dumps(asdict(kept)).encode())
    (folder / f".{KEPT}").replace(folder / KEPT)


def _options(task: AnyTask) -> dict[str, Any]:
    """The options with which a task without a strop.toml was loaded."""
    options: dict[str, Any] = {"fixed_input": True} if task.fixed_input else {}
    if task.root is None and (mark := task.mark) is not None:
        program = Path(mark.program_module.file)
        path = f"{TREE}/{program.relative_to(mark.project)}"
        said = {"tool": list(map(str, mark.tools)), "test": task.test, "show_calls": task.shows_calls}
        said["require_metric"] = list(map(str, task.required))
        said["python"] = "" if mark.interpreter.is_strops else mark.interpreter.path
        said["only"] = [f"{TREE}/{name}" if ":" in name else f"{path}:{name}" for name in mark.changing]
        options |= {key: value for key, value in said.items() if value}
    return options


def _files_of(task: AnyTask, file: Path) -> tuple[Path, list[str]]:
    """The folder that a task's modules are below, and their paths, that of the defining file first."""
    if task.mark is not None:
        root, modules, readers = (
            task.mark.project,
            [task.mark.marking_module, task.mark.program_module],
            task.mark.caches.readers,
        )
    else:
        root, modules, readers = Path(os.path.commonpath(source_roots(file))), [last_loaded(file)], ()
    seed = [] if task.root is not None or task.seed_file is None else [str(task.seed_file.absolute())]
    files = dict.fromkeys([*(path for module in modules for path in (module.file, *module.files)), *readers, *seed])
    named = () if task.mark is None else task.mark.named
    return root, [*(str(Path(path).relative_to(root)) for path in files), *named]


def _copy(tree: Path, root: Path, paths: Sequence[str], *, is_whole: bool, modules: bool) -> None:
    """Copy these files of a folder, or with `is_whole` also all others that count, into the new folder `tree`. For `modules` see
    `copy_tree`."""
    if tree.exists():
        shutil.rmtree(tree)
    private.make_folder(tree.parent)
    if is_whole:
        copy_tree(root, tree, paths, modules=modules)
        private.close_to_others(tree)
        return
    for path in paths:
        private.make_folder((tree / path).parent)
        private.write(tree / path, (root / path).read_bytes())


def read_kept(directory: Path, number: int = 0) -> Kept | None:
    """How the `number`th task of a record is made again; None if it was killed before that was written."""
    path = folder_of(directory, number) / KEPT
    if not path.is_file():
        return None
    try:
        kept: Kept = from_json(Kept, path.read_text("utf-8"))
        named = [kept.file, *(str(place).partition(":")[0] for place in texts_of(kept.options.get("only", ())))]
        if outside := [name for name in named if name and not is_inside(name)]:
            raise ValueError(f"{outside[0]} is no path in it")
    except (ValueError, ConfigurationError) as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    return kept


def again(directory: Path, number: int, asked: str, belief: Belief) -> Again:
    """The `number`th task of a record, made again from what it keeps. `asked` is the text that the user named it by.

    Raises:
        ConfigurationError: its file differs from the user's, or its code would run unconfined and is not trusted.
    """
    ours, began, trust, is_frozen = belief
    folder, kept, file = folder_of(directory, number), read_kept(directory, number), file_of(asked)
    # A file inside the directory came with the record and is not evidence of this machine.
    is_users = ours and file is not None and file.is_file() and directory.resolve() not in file.resolve().parents
    if kept is None or (is_users and not began and not (folder / CALLS).is_file()):
        return Again(asked, {} if kept is None else kept.options_in(folder, believed=True))
    options = kept.options_in(folder, believed=trust or ours)
    if not kept.file:
        return Again(asked, options)
    copy = folder / kept.file
    if not copy.is_file():
        raise ConfigurationError(f"{directory} lacks the file of its task, {copy.relative_to(directory)}")
    if kept.file == CONFIG:
        if not trust and not (ours and began):
            raise ConfigurationError(
                f"the task of this run, {copy}, decides which commands run and what they may read; "
                "read it, then give --trust-task"
            )
        return Again(str(copy), {})
    if (folder / CALLS).is_file():  # it runs in a jail
        return Again(kept.source(folder), options)
    if is_users and file is not None and not (trust or is_frozen) and file.read_bytes() != copy.read_bytes():
        raise ConfigurationError(
            f"{file} has changed since the run began. Start a new run, or give --trust-task to continue with the original, "
            f"kept in {copy}"
        )
    from strop.tasks.function.source import is_marked

    if not (is_users or trust or is_marked(copy, kept.name)):  # what is marked runs in a jail
        raise ConfigurationError(
            f"the task of this run is the file {copy}, whose code runs unconfined; read it, then give --trust-task"
        )
    return Again(kept.source(folder), options)


def kept_tree(directory: Path, number: int = 0) -> Path:
    """The files of a task in a record."""
    return folder_of(directory, number) / TREE


def working_copy(directory: Path) -> Path:
    """A fresh copy of the files of a record's task, in the record's folder. It is a project of its own."""
    copy = (directory / WORKING_COPY).absolute()
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(kept_tree(directory), copy, symlinks=True)
    _close_project(copy)
    return copy


def _close_project(tree: Path) -> None:
    """Make a tree a project of its own, so that nothing above it is imported."""
    if not any((tree / name).exists() for name in PROJECT):
        private.write(tree / PROJECT[0], b"")


def changed_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The files of the first task that the user's folder has otherwise: paths in the tree and in the user's folder, sorted."""
    kept, tree = read_kept(directory), kept_tree(directory)
    for copy in sorted(tree.rglob("*")) if kept is not None and kept.root else ():
        path = copy.relative_to(tree)
        users = Path(kept.root) / path if kept is not None else copy
        is_ours = str(path) == PROJECT[0] and not users.exists()
        if copy.is_file() and not is_ours and not (users.is_file() and users.read_bytes() == copy.read_bytes()):
            yield str(path), users


def kept_digest(directory: Path) -> str:
    """A digest of all files of the tasks that a record keeps: paths, contents, links and whether they can be executed."""
    folder = directory / TASK_FOLDER
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            kind, content = "link", os.fsencode(path.readlink())
        elif path.is_file():
            kind, content = "program" if os.access(path, os.X_OK) else "file", path.read_bytes()
        else:
            kind, content = "folder" if path.is_dir() else "other", b""
        named = f"{kind} {path.relative_to(folder)}".encode("utf-8", "surrogateescape")
        digest.update(b"%d %b %d %b" % (len(named), named, len(content), content))
    return digest.hexdigest()
