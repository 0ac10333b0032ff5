"""A run's directory holds all that the run is made from: what is needed to go on with it, or to replay it, anywhere."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from strop.errors import ConfigurationError, StoreError
from strop.events import IterationStarted, RunFinished, RunResumed, RunStarted
from strop.laboratory import Origin
from strop.spec import RunSpec
from strop.store import Store

TASK_FOLDER = "task"
RESUMABLE = ("run", "improve")
"""Kinds of record that `strop resume` goes on with; other commands go on by themselves."""


@dataclass(frozen=True)
class Kept:
    """What a record says of the run that it holds."""

    directory: Path
    kind: str
    """The command: `run`, `improve`, `eval`, …"""
    spec: RunSpec
    """With the limits that were given last."""
    secret: bytes
    improver: str
    """Text of I_0."""
    model: str
    is_language_model: bool
    status: str
    """Of its last stretch: `finished`, `interrupted`, `failed`, `budget`, or empty where it was killed."""
    meta: dict[str, str]

    def origin(self, *, trust: bool) -> Origin:
        """What the run is made from again.

        Raises:
            ConfigurationError: its task is a file that is not the one on this machine, and `trust` was not given: the code of a
                task runs in the host, unconfined.
        """
        return Origin(self.secret, _task(self.directory, self.spec.task, trust=trust))


def keep_task(directory: Path, task: str) -> None:
    """Keep the file that defines a task of one's own in the run's directory."""
    file = _file(task)
    if file is not None:
        (directory / TASK_FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(file, directory / TASK_FOLDER / file.name)


def kept(directory: Path) -> Kept:
    """What the record in `directory` says of its run.

    Raises:
        StoreError: it cannot be read, or does not say enough: it is of an earlier version.
    """
    status = ""
    with Store.open(directory) as store:
        meta = store.meta
        spec = meta.get("spec")
        for stored in store.events(RunStarted, RunResumed, RunFinished):
            match stored.event:
                case RunFinished(status=ended):
                    status = ended
                case RunStarted(spec=said) | RunResumed(spec=said):
                    status, spec = "", said
        first = next((stored.event.improver for stored in store.events(IterationStarted)), meta.get("improver", ""))
    if spec is None or not first or "secret" not in meta:
        raise StoreError(f"{directory} does not hold all that its run was made from: an earlier strop recorded it")
    return Kept(
        directory,
        meta.get("kind", "run"),
        RunSpec.from_json(spec),
        bytes.fromhex(meta["secret"]),
        first,
        meta.get("language_model", ""),
        meta.get("is_language_model") == "true",
        status,
        meta,
    )


def _file(task: str) -> Path | None:
    """The file that a task's name means; None for a built-in task."""
    path = task.partition(":")[0]
    return Path(path) if path.endswith(".py") else None


def _task(directory: Path, task: str, *, trust: bool) -> str:
    file = _file(task)
    if file is None:
        return task
    copy = directory / TASK_FOLDER / file.name
    if not copy.is_file():
        raise ConfigurationError(f"{directory} lacks the file of its task, {TASK_FOLDER}/{file.name}")
    own = file.is_file() and file.read_bytes() == copy.read_bytes()
    if not (own or trust):
        raise ConfigurationError(
            f"the task of this run is the file {copy}, whose code runs unconfined; read it, then give --trust-task"
        )
    _, colon, attribute = task.partition(":")
    return f"{copy}{colon}{attribute}"
