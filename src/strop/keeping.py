"""A run's directory holds all that the run is made from: what is needed to go on with it, or to replay it, anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from strop.errors import ConfigurationError, StoreError
from strop.events import IterationStarted, LmResponded, RunFinished, RunResumed, RunStarted
from strop.laboratory import Origin
from strop.lm.endpoints import PROVIDERS
from strop.lm.options import members, read_spec
from strop.sandbox.posture import PROTECTIONS
from strop.secret import key_file, machine_key, run_secret
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
    begun: bool
    """Whether its first event was recorded."""

    def origin(self, environ: Mapping[str, str], *, trust: bool) -> Origin:
        """What the run is made from again.

        Raises:
            ConfigurationError: its task is a file that is not the one on this machine, or the run was not begun here, and `trust`
                was not given: the code of a task runs in the host, unconfined.
        """
        return Origin(self.secret, self._task(trust or self._begun_here(environ), trust=trust))

    def confined(self, environ: Mapping[str, str], *, trust: bool) -> RunSpec:
        """The recipe, to be carried out on this machine: who sends a record does not decide how weak its jail may be here."""
        return self.spec if trust or self._begun_here(environ) else replace(self.spec, require=None)

    def check_model(self, environ: Mapping[str, str], *, trust: bool) -> None:
        """A model that is a program, a folder or an address of somebody else's choice is asked only where that is trusted.

        Raises:
            ConfigurationError: the record came from elsewhere, names such a model, and `trust` was not given.
        """
        if not (trust or _is_harmless(self.spec) or self._begun_here(environ)):
            raise ConfigurationError(
                f"the run in {self.directory} was begun elsewhere, with a model that acts on this machine or gets its keys: "
                f"{self.spec.lm} {self.spec.base_url or ''}".rstrip()
                + "; read it, then give --trust-task"
            )

    def _begun_here(self, environ: Mapping[str, str]) -> bool:
        """Whether this machine's key made its secret: nobody else can."""
        try:
            return self.secret == run_secret(machine_key(key_file(environ)), self.spec.seed)
        except ConfigurationError:
            return False

    def _task(self, ours: bool, *, trust: bool) -> str:
        task = self.spec.task
        file = _file(task)
        if file is None:
            return task
        copy = self.directory / TASK_FOLDER / file.name
        # A file inside the directory came with it, and says nothing of this machine.
        came = self.directory.resolve() in file.resolve().parents
        if ours and not came and file.is_file() and not self.begun:  # killed before the file was kept
            keep_task(self.directory, task)
        if not copy.is_file():
            raise ConfigurationError(f"{self.directory} lacks the file of its task, {TASK_FOLDER}/{file.name}")
        own = ours and not came and file.is_file() and file.read_bytes() == copy.read_bytes()
        if not (own or trust):
            raise ConfigurationError(
                f"the task of this run is the file {copy}, whose code runs unconfined; read it, then give --trust-task"
            )
        _, colon, attribute = task.partition(":")
        return f"{copy}{colon}{attribute}"


def _is_harmless(spec: RunSpec) -> bool:
    """Whether the model is a vendor's at its own address, or one that answers out of itself."""
    for each in members(spec.lm):
        name, settings = read_spec(each)
        known = name.partition("/")[0] in (*PROVIDERS, "any-llm") or name.partition(":")[0] in ("offline", "scripted")
        if not known or settings.url is not None:
            return False
    return spec.base_url is None


def keep_task(directory: Path, task: str) -> None:
    """Keep the file that defines a task of one's own in the run's directory."""
    file = _file(task)
    if file is not None:
        copy = directory / TASK_FOLDER / file.name
        copy.parent.mkdir(exist_ok=True)
        copy.with_suffix(".tmp").unlink(missing_ok=True)  # it may be a link, as in strop.experiment
        shutil.copyfile(file, copy.with_suffix(".tmp"))
        copy.with_suffix(".tmp").replace(copy)


def kept(directory: Path) -> Kept:
    """What the record in `directory` says of its run.

    Raises:
        StoreError: it cannot be read, or does not say enough: it is of an earlier version.
    """
    status, begun = "", False
    with Store.open(directory) as store:
        meta = store.meta
        spec = meta.get("spec")
        for stored in store.events(RunStarted, RunResumed, RunFinished):
            match stored.event:
                case RunFinished(status=ended):
                    status = ended
                case RunStarted(spec=said) | RunResumed(spec=said):
                    status, spec, begun = "", said, True
        first = next((stored.event.improver for stored in store.events(IterationStarted)), meta.get("improver", ""))
        answer = next(store.events(LmResponded), None)
        keyless = answer is not None and not answer.event.request
    if spec is None or not first or "secret" not in meta or keyless:
        raise StoreError(f"{directory} does not hold all that its run was made from: an earlier strop recorded it")
    try:
        recipe, secret = RunSpec.from_json(spec), bytes.fromhex(meta["secret"])
        if unknown := set(recipe.require or ()) - PROTECTIONS.keys():
            raise ValueError(f"no protection is called {min(unknown)}")
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{directory} does not say what its run was made from: {error}") from error
    return Kept(
        directory,
        meta.get("kind", "run"),
        recipe,
        secret,
        first,
        meta.get("language_model", ""),
        meta.get("is_language_model") == "true",
        status,
        meta,
        begun,
    )


def _file(task: str) -> Path | None:
    """The file that a task's name means; None for a built-in task."""
    path = task.partition(":")[0]
    return Path(path) if path.endswith(".py") else None
