"""The directory of a run contains everything to resume or replay it anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strop.base import private
from strop.base.errors import ConfigurationError, RecordChanged, StoreError
from strop.base.events import ImproveFinished, RunStarted, SearchEnded
from strop.base.from_json import read_json
from strop.base.later import dataclass
from strop.base.protections import PROTECTIONS
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.base.user_modules import PROJECT, last_loaded
from strop.lm.options import is_harmless
from strop.runs.meta import NOTHING_SAID, Meta
from strop.runs.run_data import FRAME, read_run
from strop.runs.spec import RunSpec
from strop.store import Proof, Store
from strop.tasks.command.config import CONFIG, to_toml
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import copy_tree
from strop.tasks.function.calls import read_calls
from strop.tasks.function.source import is_marked
from strop.tasks.identity import task_digest

if TYPE_CHECKING:
    from strop.lm.answer_cache import NoModel
    from strop.runs.assembly import Components

TASK_FOLDER = "task"
ROOM = "room.json"
"""The file in the task's folder with the options of a function: its interpreter, tools, tests, and what may change."""
CALLS = "recorded.calls"
"""The file in the task's folder with the recorded calls of a function."""
TREE = ".tree"
"""Folder with the files of a command task as they were when the run started. Hidden, so that test tools in a folder with records
do not find a second copy of the tests."""
SEARCHES = ("run", "improve")
"""Kinds of record of a search, which `strop resume --finish` ends."""
ONE_RESULT = ("improve", "compare", "measure")
"""Kinds of record of one comparison of a program with its original."""
REPLAYED = (*SEARCHES, "compare", "measure", "eval", "against")
"""Kinds of record that `strop replay` repeats."""
_COMMANDS = {"against": "eval --against", "table2": "reproduce table2", "seeds": "run --seeds"}


@dataclass(frozen=True)
class RunRecord:
    """A recorded run."""

    directory: Path
    kind: str
    """The command: `run`, `improve`, `eval`, …"""
    spec: RunSpec
    """The configuration of the run, with the limits of its latest session."""
    secret: bytes
    improver: str
    """Text of I_0."""
    model: str
    """The name of its language model, from the configuration."""
    is_language_model: bool
    status: str
    """Status of its last session: `finished`, `interrupted`, `failed`, `budget`, or empty if it was killed."""
    meta: Meta
    began: RunStarted | None
    """Its first event; None if it has none."""
    unverified: str
    """Why this machine cannot vouch for it; empty if this machine's key sealed all of it."""
    proof: Proof
    """The proof that this machine wrote it."""
    ended: SearchEnded | None = None
    """What ended its search before its end, if it has finished."""
    comparisons: int = 0
    """How many final comparisons were made."""

    def goes_on(self, limits: Mapping[str, Any], *, finish: bool) -> bool:
        """Whether there is work left with these limits in place of its own: the run has not finished, or the limit that ended its
        search early was raised. `finish` says that the search is to end."""
        if self.kind == "measure" and not self.comparisons:
            raise ConfigurationError(
                f"{self.directory} waits for measurements. {'. '.join(ways_on(self.directory, self.kind, self.spec.task))}"
            )
        if self.status != "finished" or self.ended is None or finish or self.is_last or self.ended.by == "verdict":
            return self.status != "finished"
        return self.ended.by == "finish" or limits.get(self.ended.by, 0) > (getattr(self.spec, self.ended.by) or 0)

    @property
    def is_last(self) -> bool:
        """Whether a further comparison could show no difference."""
        return self.meta.comparisons is not None and self.comparisons >= self.meta.comparisons

    @property
    def nothing_to_do(self) -> str:
        """A sentence that says why there is nothing to continue, and how the search can go on if it may."""
        if self.kind == "measure":
            return f"{self.directory} has nothing to continue. {ways_on(self.directory, self.kind, self.spec.task)[0]}"
        if self.ended is None:
            return f"{self.directory} is finished; there is nothing to continue"
        ended = f"the search of {self.directory} ended early: {self.ended.detail}."
        if self.is_last:
            further = f"comparison {self.comparisons + 1} could show no difference"
            return f"{ended} It cannot go on: {further}. Start a new run, with more held out"
        more = "" if self.ended.by == "finish" else f" --{self.ended.by.replace('_', '-')} MORE"
        return f"{ended} To go on: strop resume {self.directory}{more}"

    def no_model(self) -> NoModel:
        """A model of the same name that answers no request."""
        from strop.lm.answer_cache import NoModel

        return NoModel(self.model, self.is_language_model)

    def sources(self, *, trust: bool, is_frozen: bool = False) -> tuple[str, ...]:
        """The sources from which its tasks are loaded again: the name of a built-in task, or the file in the record. If
        `is_frozen`, the record's copy counts even if the user's file has changed.

        Raises:
            ConfigurationError: its task is a file that differs from the one on this machine, or the record is unverified and
                `trust` is false: the code of a task runs unconfined in the host.
            RecordChanged: a file of its task in the record was changed.
        """
        if not (self.unverified or trust):
            self.check_kept()
        return tuple(self._task(number, trust=trust, is_frozen=is_frozen) for number in range(len(self.spec.tasks)))

    def confined(self, *, trust: bool) -> RunSpec:
        """The spec for this machine: the sender of a record must not weaken the jail here, or name a cluster to connect to."""
        return replace(self.spec, require=None, workers="") if self.unverified and not trust else self.spec

    def check_model(self, *, trust: bool) -> None:
        """Check that the model of a run from elsewhere is harmless, or trusted.

        Raises:
            ConfigurationError: the model is a program, a folder, an address or a price chosen elsewhere, without `trust`.
        """
        if (
            self.unverified
            and self.spec.model
            and not (trust or (self.spec.base_url is None and is_harmless(self.spec.model)))
        ):
            raise ConfigurationError(
                f"the run in {self.directory} started elsewhere, with a model that acts on this machine, gets its keys "
                f"or sets its price: {self.spec.model} {self.spec.base_url or ''}".rstrip()
                + "; read it, then give --trust-task"
            )

    def check_kept(self) -> None:
        """Raises RecordChanged if the files of the tasks are not those that the run began with."""
        if self.began and kept_digest(self.directory) != self.began.files_digest:
            raise RecordChanged(
                f"{self.directory / TASK_FOLDER} was changed after the run began; read it, then give --trust-task"
            )

    def _task(self, number: int, *, trust: bool, is_frozen: bool) -> str:
        task = self.spec.tasks[number]
        described = _folder(self.directory, number) / CONFIG
        if described.is_file():
            if not trust and (self.unverified or not self.began):
                raise ConfigurationError(
                    f"the task of this run, {described}, decides which commands run and what they may read; "
                    "read it, then give --trust-task"
                )
            return str(described)
        if (calls_file := _folder(self.directory, number) / CALLS).is_file():
            recorded = read_calls(calls_file)
            module = _kept(_files(calls_file.parent), Path("/", recorded.file))
            return f"{module}:{recorded.name}@{calls_file}"  # it runs in a jail
        file = _file(task)
        if file is None:
            return task
        folder = _folder(self.directory, number)
        copy = _kept(_files(folder), file)
        # A file inside the directory came with the record and is not evidence of this machine.
        ours = not self.unverified and file.is_file() and self.directory.resolve() not in file.resolve().parents
        if ours and not self.began:
            return task  # killed before its files were kept for sure: `keep_tasks` does it again
        if not copy.is_file():
            raise ConfigurationError(f"{self.directory} lacks the file of its task, {copy.relative_to(self.directory)}")
        changed = ours and file.read_bytes() != copy.read_bytes()
        if changed and not (trust or is_frozen):
            raise ConfigurationError(
                f"{file} has changed since the run began. Start a new run, or give --trust-task to continue with the original, "
                f"kept in {copy}"
            )
        _, colon, attribute = task.partition(":")
        if not (ours or trust or is_marked(copy, attribute)):  # what is marked runs in a jail
            raise ConfigurationError(
                f"the task of this run is the file {copy}, whose code runs unconfined; read it, then give --trust-task"
            )
        return f"{copy}{colon}{attribute}"

    def rooms(self, *, trust: bool) -> tuple[Mapping[str, Any], ...]:
        """The options `python`, `tool`, `test`, `only` and `show_calls` of each task. Of a record that is not trusted, only
        options that run nothing outside of a jail."""
        files = (_folder(self.directory, number) / ROOM for number in range(len(self.spec.tasks)))
        rooms = (read_json(file.read_text("utf-8")) if file.is_file() else {} for file in files)
        is_believed = trust or not self.unverified
        believed = tuple({key: room[key] for key in room if is_believed or key in ("test", "only")} for room in rooms)
        for number, room in enumerate(believed):
            if "only" in room:
                room["only"] = [str(_folder(self.directory, number) / path) for path in room["only"]]
        return believed


def check_tasks(directory: Path, meta: Meta, tasks: Sequence[AnyTask]) -> None:
    """Raises ConfigurationError if the record with this metadata measured other tasks of these names."""
    for name, before, task in zip(meta.tasks, meta.task_digests, tasks, strict=False):
        if name == task.name and before != task_digest(task):
            raise ConfigurationError(
                f"the task {name} has changed since {directory} began to measure it; name a new folder, or undo the change"
            )


def ways_on(directory: Path, kind: str, target: str, more: str = "") -> list[str]:
    """Sentences that say how to continue an unfinished record of this kind, with the flag `more`, and how to end its search if it
    has one."""
    if kind == "measure":
        again = f"strop measure {shlex.quote(target)} --out {directory}"
        return [f"To go on: {again}", f"To compare the best: strop verdict {directory}"]
    ends = f"To end the search and compare what was found: strop resume {directory} --finish"
    return [f"To continue: strop resume {directory}{more}", *([ends] if kind in SEARCHES else [])]


def command_of(kind: str) -> str:
    """The command that writes records of this kind."""
    return f"strop {_COMMANDS.get(kind, kind)}"


def meta_of(parts: Components, kind: str, own: Meta = NOTHING_SAID) -> Meta:
    """The metadata of a record of this kind. `own` are those that its job adds."""
    return replace(
        own,
        kind=kind,
        tasks=tuple(task.name for task in parts.tasks) or own.tasks,
        task_digests=tuple(task_digest(task) for task in parts.tasks),
        model=parts.language_model.name,
        is_language_model=parts.language_model.is_language_model,
        secret=parts.secret,
        spec=parts.spec,
        chosen=frozenset(task.name for task in parts.tasks if task.input == "chosen"),
        fixed_input=frozenset(task.name for task in parts.tasks if task.fixed_input),
        own_score_because={
            task.name: task.own_score_because
            for task in parts.tasks
            if task.own_score_because and not task.trust_programs
        },
    )


def keep_tasks(directory: Path, sources: Sequence[str], tasks: Sequence[AnyTask]) -> None:
    """Copy the files of a run's tasks, loaded from `sources`, into its directory."""
    for number, (source, task) in enumerate(zip(sources, tasks, strict=True)):
        if task.root is not None:
            keep_tree(_folder(directory, number), task)
        else:
            keep_task(directory, source, number, task)


def keep_tree(folder: Path, task: CommandTask) -> None:
    """Copy the tree of a command task and its description, which is written last."""
    tree = folder / TREE
    if tree.exists():
        shutil.rmtree(tree)
    private.make_folder(folder)
    copy_tree(task.root, tree, task.named_files)
    private.close_to_others(tree)
    private.write(folder / f".{CONFIG}", to_toml(task, root=TREE).encode())
    (folder / f".{CONFIG}").replace(folder / CONFIG)


def on_kept_trees(parts: Components, directory: Path) -> Components:
    """The components with command tasks on the trees in the record, which do not change while the user edits files."""
    tasks = (
        task if task.root is None else replace(task, root=_folder(directory, number) / TREE)
        for number, task in enumerate(parts.tasks)
    )
    return replace(parts, tasks=tuple(tasks))


def keep_task(directory: Path, source: str, number: int, task: AnyTask) -> None:
    """Copy the file that defines the run's `number`th task (from 0), the modules of its folder that it imports, and the file of
    its seed into the run's directory."""
    files = {} if task.root is not None or task.seed_file is None else {task.seed_file.name: task.seed_file}
    folder = _folder(directory, number)
    file = _file(source)
    if file is not None or task.mark is not None:
        modules = (task.mark.marking, task.mark.program) if task.mark is not None else (last_loaded(file or Path()),)
        own = [entry for module in modules for entry in ((module.name, module.file, ""), *module.imports)]
        private.make_folder(folder)
        if task.mark is not None and (task.test or task.files):
            _keep_project(
                folder / TREE, task.mark.project, [Path(module_file) for _, module_file, _ in own if module_file]
            )
        else:
            files |= {_place(name, module_file): Path(module_file) for name, module_file, _ in own if module_file}
        private.write(folder / PROJECT[0], b"")  # the copy is a project of its own, so nothing above it is imported
    for name, file in files.items():
        copy = folder / name
        private.make_folder(copy.parent)
        private.write(copy.with_suffix(".tmp"), file.read_bytes())
        copy.with_suffix(".tmp").replace(copy)
    if task.mark is not None:  # last, so that no file of the project is taken for it
        interpreter = task.mark.interpreter
        room: dict[str, Any] = {} if interpreter.is_strops else {"python": interpreter.path}
        room |= {"tool": [str(tool) for tool in task.mark.tools]} if task.mark.tools else {}
        room |= {"test": task.test} if task.test else {}
        room |= {"show_calls": True} if task.shows_calls else {}
        if task.mark.changing:
            file = Path(task.mark.program.file)
            where = (
                f"{TREE}/{file.relative_to(task.mark.project)}"
                if task.test or task.files
                else _place(task.mark.program.name, str(file))
            )
            room["only"] = [f"{where}:{name}" for name in task.mark.changing]
        private.write(folder / ROOM, json.dumps(room).encode())
        if task.recorded is not None:
            task.recorded.write(folder / CALLS)


def _keep_project(tree: Path, project: Path, named: Sequence[Path]) -> None:
    """Copy a whole project, including the `named` files even if a .gitignore leaves them out."""
    if tree.exists():
        shutil.rmtree(tree)
    copy_tree(project, tree, [str(file.relative_to(project)) for file in named], modules=True)
    private.close_to_others(tree)
    if not any((tree / name).exists() for name in PROJECT):
        private.write(tree / PROJECT[0], b"")


def kept_project(directory: Path) -> Path:
    """The copy of a function's project in a record, where it has tests, or its programs are files."""
    return _folder(directory, 0) / TREE


def load_run(directory: Path, *, believed: bool = True) -> RunRecord:
    """The run in `directory`; `believed` as for `Store.open`.

    Raises:
        StoreError: the record cannot be read, or is incomplete.
    """
    with Store.open(directory, believed=believed) as store:
        # One improvement has one end; a run of Algorithm 1 has many, and its iterations tell.
        kinds = (*FRAME, ImproveFinished) if store.meta.get("kind") in ONE_RESULT else FRAME
        run = read_run(store, kinds=kinds)
        first = next((store.text(digest) for digest in run.beginnings.values()), run.meta.improver)
    meta, spec = run.meta, run.spec
    if spec is None or not meta.secret or (meta.kind in SEARCHES and not first):
        raise StoreError(f"{directory} is incomplete: it has no configuration")
    if unknown := set(spec.require or ()) - PROTECTIONS.keys():
        raise StoreError(f"{directory} has no valid configuration: unknown protection {min(unknown)}")
    began = next((one.start for one in run.sessions if isinstance(one.start, RunStarted)), None)
    from strop.lm.registry import identity

    model, is_language_model = identity(spec.model)
    return RunRecord(
        directory,
        meta.kind,
        spec,
        meta.secret,
        first,
        model,
        began is not None and began.environment.get("is_language_model") is True
        if is_language_model is None
        else is_language_model,
        run.end.status if run.end else "",
        meta,
        began,
        run.unverified,
        store.proof,
        run.search_end if run.ended_by else None,
        len(run.search_ends),
    )


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


def _folder(directory: Path, number: int) -> Path:
    """The folder of a run's `number`th task: one for each, because two files may have the same name."""
    return directory / TASK_FOLDER / str(number + 1) if number else directory / TASK_FOLDER


def _place(name: str, file: str) -> str:
    """The path of a module's file below the folder that it is imported from."""
    if name.startswith("/"):
        return name[1:]
    last = Path(file).name if Path(file).stem == "__init__" else ""
    return str(Path(*name.removesuffix(".__init__").split("."), last)) + ("" if last else "".join(Path(file).suffixes))


def _kept(folder: Path, file: Path) -> Path:
    """The copy of a file that `keep_task` made. It lies below the folders of its packages, which only the copy shows."""
    parts = file.absolute().parts[1:]
    places = (folder.joinpath(*parts[start:]) for start in range(len(parts)))
    return next((path for path in places if path.is_file()), folder / file.name)


def _files(folder: Path) -> Path:
    """The folder with the files of a task: its tree if it has one, or the task's own folder."""
    return folder / TREE if (folder / TREE).is_dir() else folder


def _file(task: str) -> Path | None:
    """The file of a task; None for a built-in task."""
    path = task.partition(":")[0]
    return Path(path) if path.endswith(".py") else None


def save(path: Path, text: str) -> None:
    """Write a program text. An interrupted write leaves the old file."""
    if path.parent.is_symlink():
        raise StoreError(f"{escape(str(path.parent))} is a link out of the record; remove it")
    private.make_folder(path.parent)
    draft = path.with_suffix(".tmp")
    private.write(draft, text.encode("utf-8", "backslashreplace"))
    draft.replace(path)


def check_in_place(directory: Path) -> None:
    """Raises ConfigurationError if the default folder of records, which nobody named, is a link out of the working folder."""
    if Path("runs") in directory.parents and not Path(os.path.realpath(directory)).is_relative_to(Path.cwd()):
        raise ConfigurationError(
            f"{directory} leads through a link to {os.path.realpath(directory)}; to write there, "
            f"name that folder with {option('out')}"
        )


def ignore_records(directory: Path) -> None:
    """Keep records in the default folder `runs` out of the user's git tree."""
    ignored = directory.parent / ".gitignore"
    if directory.parent == Path("runs") and not os.path.lexists(ignored):
        with ignored.open("x", encoding="utf-8") as file:
            file.write("*\n")


def new_directory(root: Path, name: str, now: Callable[[], float] = time.time) -> Path:
    """The path of a new run directory: `<root>/<date>-<time>-<name>-<four hex digits>`. Does not create it."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now()))
    return root / f"{stamp}-{Path(name).stem}-{os.urandom(2).hex()}"
