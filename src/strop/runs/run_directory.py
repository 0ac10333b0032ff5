"""The directory of a run contains everything to resume or replay it anywhere."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from strop.base.errors import ConfigurationError, StoreError
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.lm.endpoints import PROVIDERS
from strop.lm.options import members, read_spec
from strop.runs.assembly import Components, RunOrigin
from strop.runs.run_data import FRAME, read_run
from strop.runs.secret import is_sealed, key_file, machine_key, run_secret
from strop.runs.spec import RunSpec
from strop.sandbox.posture import PROTECTIONS
from strop.store import Store
from strop.tasks.base import Task
from strop.tasks.command.config import CONFIG, to_toml
from strop.tasks.command.task import AnyTask, CommandTask, shares_jail
from strop.tasks.command.tree import copy_tree

TASK_FOLDER = "task"
TREE = ".tree"
"""In the folder of a command task: its files when the run started. Hidden, so that test tools in a folder with
records do not find a second copy of the tests."""
SHARES_JAIL = "shares_jail"
"""Key of the tasks whose scorer shares a jail with the program."""
DESCRIBED = "described"
"""Key of the digests of the descriptions of command tasks."""
_REACHING = ("task", "further_tasks", "model", "base_url", "require", "seed")
"""Fields of a spec that decide what runs on this machine, which model is asked, and which protections apply."""
RESUMABLE = ("run", "improve")
"""Kinds of record that `strop resume` continues. Other commands continue their own records."""
_COMMANDS = {"compare": "eval --against", "noise": "eval --noise"}


@dataclass(frozen=True)
class RunRecord:
    """A recorded run."""

    directory: Path
    kind: str
    """The command: `run`, `improve`, `eval`, …"""
    spec: RunSpec
    """With the latest limits."""
    secret: bytes
    improver: str
    """Text of I_0."""
    model: str
    is_language_model: bool
    status: str
    """Of its last session: `finished`, `interrupted`, `failed`, `budget`, or empty if it was killed."""
    meta: dict[str, str]
    begun: bool
    """Whether it has events."""

    def origin(self, environ: Mapping[str, str], *, trust: bool) -> RunOrigin:
        """What the run is made from again.

        Raises:
            ConfigurationError: its task is a file that differs from the one on this machine, or the run started elsewhere and
                `trust` is false: the code of a task runs unconfined in the host.
        """
        ours = trust or self.begun_here(environ)
        task, *further = (self._task(number, ours, trust=trust) for number in range(len(self.spec.tasks)))
        return RunOrigin(self.secret, task, tuple(further))

    def confined(self, environ: Mapping[str, str], *, trust: bool) -> RunSpec:
        """The spec for this machine: the sender of a record must not weaken the jail here, or name a cluster to connect to."""
        if trust:
            return self.spec
        if not self.begun_here(environ):
            return replace(self.spec, require=None, workers="")
        return replace(self.spec, workers=RunSpec.from_json(self.meta["spec"]).workers)

    def check_model(self, environ: Mapping[str, str], *, trust: bool) -> None:
        """Check that the model of a run from elsewhere is harmless, or trusted.

        Raises:
            ConfigurationError: the model is a program, a folder or an address chosen elsewhere, without `trust`.
        """
        if not (trust or _is_harmless(self.spec) or self.begun_here(environ)):
            raise ConfigurationError(
                f"the run in {self.directory} started elsewhere, with a model that acts on this machine or gets its keys: "
                f"{self.spec.model} {self.spec.base_url or ''}".rstrip()
                + "; read it, then give --trust-task"
            )

    def begun_here(self, environ: Mapping[str, str]) -> bool:
        """Whether this machine's key sealed the metadata of the record, and only limits changed since."""
        try:
            key = machine_key(key_file(environ))
            began = RunSpec.from_json(self.meta["spec"])
        except (ConfigurationError, ValueError, KeyError):
            return False
        ours = self.secret == run_secret(key, self.spec.seed) and is_sealed(self.meta, key)
        return ours and all(getattr(self.spec, name) == getattr(began, name) for name in _REACHING)

    def _task(self, number: int, ours: bool, *, trust: bool) -> str:
        task = self.spec.tasks[number]
        described = _folder(self.directory, number) / CONFIG
        if described.is_file():
            if not ours or (not trust and _digest(described) not in self.meta.get(DESCRIBED, "")):
                raise ConfigurationError(
                    f"the task of this run, {described}, decides which commands run and what they may read; "
                    "read it, then give --trust-task"
                )
            return str(described)
        file = _file(task)
        if file is None:
            return task
        copy = _folder(self.directory, number) / file.name
        # A file inside the directory came with the record and is not evidence of this machine.
        came = self.directory.resolve() in file.resolve().parents
        if ours and not came and file.is_file() and not self.begun:  # killed before the file was copied
            keep_task(self.directory, task, number)
        if not copy.is_file():
            raise ConfigurationError(f"{self.directory} lacks the file of its task, {copy.relative_to(self.directory)}")
        own = ours and not came and file.is_file() and file.read_bytes() == copy.read_bytes()
        if not (own or trust):
            raise ConfigurationError(
                f"the task of this run is the file {copy}, whose code runs unconfined; read it, then give --trust-task"
            )
        _, colon, attribute = task.partition(":")
        return f"{copy}{colon}{attribute}"


def command_of(kind: str) -> str:
    """The command that writes records of this kind."""
    return f"strop {_COMMANDS.get(kind, kind)}"


def _is_harmless(spec: RunSpec) -> bool:
    """Whether all models are vendors' at their own addresses, or stand-ins."""
    for member in members(spec.model):
        name, settings = read_spec(member)
        is_known = name.partition("/")[0] in (*PROVIDERS, "any-llm") or name.partition(":")[0] in (
            "offline",
            "scripted",
            "recorded",
        )
        if not is_known or settings.url is not None:
            return False
    return spec.base_url is None


def meta_of(parts: Components, kind: str) -> dict[str, str]:
    """The metadata of a record of this kind."""
    model = parts.language_model
    shared = [task.name for task in parts.tasks if shares_jail(task)]
    meta = {
        "kind": kind,
        "task": ", ".join(task.name for task in parts.tasks),
        "language_model": model.name,
        "is_language_model": str(model.is_language_model).lower(),
        "secret": parts.secret.hex(),
        "seed": str(parts.spec.seed),
        "spec": parts.spec.to_json(),
    }
    described = [digest_of(to_toml(task, root=TREE)) for task in parts.tasks if isinstance(task, CommandTask)]
    meta |= {DESCRIBED: " ".join(described)} if described else {}
    return meta | ({SHARES_JAIL: json.dumps(shared)} if shared else {})


def keep_tasks(directory: Path, parts: Components) -> None:
    """Copy the files of a run's tasks into its directory."""
    for number, source in enumerate((parts.source, *parts.further_sources)):
        task = parts.tasks[number]
        if isinstance(task, CommandTask):
            keep_tree(_folder(directory, number), task)
            continue
        keep_task(directory, source, number, task.seed_file if isinstance(task, Task) else None)


def keep_tree(folder: Path, task: CommandTask) -> None:
    """Copy the tree of a command task and its description, which is written last."""
    tree = folder / TREE
    if tree.exists():
        shutil.rmtree(tree)
    folder.mkdir(parents=True, exist_ok=True)
    copy_tree(task.root, tree)
    (folder / f".{CONFIG}").write_text(to_toml(task, root=TREE), encoding="utf-8")
    (folder / f".{CONFIG}").replace(folder / CONFIG)


def on_kept_trees(parts: Components, directory: Path) -> Components:
    """The same components with commands on the trees in the record, which do not change while the user edits files."""

    def kept_task(number: int, task: AnyTask) -> AnyTask:
        return replace(task, root=_folder(directory, number) / TREE) if isinstance(task, CommandTask) else task

    task, *further = (kept_task(number, one) for number, one in enumerate(parts.tasks))
    return replace(parts, task=task, further=tuple(further))


def keep_task(directory: Path, task: str, number: int = 0, seed_file: Path | None = None) -> None:
    """Copy the file that defines the run's `number`th task (from 0), and the file of its seed, into the run's directory."""
    for file in (_file(task), seed_file):
        if file is None:
            continue
        copy = _folder(directory, number) / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.with_suffix(".tmp").unlink(missing_ok=True)  # it may be a link
        shutil.copyfile(file, copy.with_suffix(".tmp"))
        copy.with_suffix(".tmp").replace(copy)


def load_run(directory: Path) -> RunRecord:
    """The run in `directory`.

    Raises:
        StoreError: the record cannot be read, or is incomplete.
    """
    with Store.open(directory) as store:
        run = read_run(store, kinds=FRAME)
        first = next((store.text(digest) for digest in run.beginnings.values()), run.meta.get("improver", ""))
    meta = run.meta
    try:
        recipe, secret = RunSpec.from_json(json.dumps(run.recipe)), bytes.fromhex(meta.get("secret", ""))
        if unknown := set(recipe.require or ()) - PROTECTIONS.keys():
            raise ValueError(f"unknown protection {min(unknown)}")
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{directory} has no valid configuration: {error}") from error
    if not (first and secret and run.recipe):
        raise StoreError(f"{directory} is incomplete: it has no configuration")
    return RunRecord(
        directory,
        meta.get("kind", "run"),
        recipe,
        secret,
        first,
        meta.get("language_model", ""),
        meta.get("is_language_model") == "true",
        run.end.status if run.end else "",
        dict(meta),
        run.start is not None,
    )


def _digest(file: Path) -> str:
    return digest_of(file.read_bytes().decode("utf-8", "replace"))


def _folder(directory: Path, number: int) -> Path:
    """The folder of a run's `number`th task: one for each, because two files may have the same name."""
    return directory / TASK_FOLDER / str(number + 1) if number else directory / TASK_FOLDER


def _file(task: str) -> Path | None:
    """The file of a task; None for a built-in task."""
    path = task.partition(":")[0]
    return Path(path) if path.endswith(".py") else None


def save(path: Path, text: str) -> None:
    """Write a program text, whole or not at all."""
    if path.parent.is_symlink():
        raise StoreError(f"{escape(str(path.parent))} is a link out of the record; remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)  # in a directory from elsewhere, it may be a link to any file
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


def ignore_records(directory: Path) -> None:
    """Keep records in the default folder `runs` out of the user's git tree."""
    ignored = directory.parent / ".gitignore"
    if directory.parent == Path("runs") and not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def new_directory(root: Path, name: str, now: Callable[[], float] = time.time) -> Path:
    """The path of a new run directory: `<root>/<date>-<time>-<name>-<four hex digits>`. Does not create it."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now()))
    return root / f"{stamp}-{Path(name).stem}-{os.urandom(2).hex()}"
