"""The directory of a run contains everything to resume or replay it anywhere."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strop.base import private
from strop.base.errors import ConfigurationError, RecordChanged, StoreError
from strop.base.events import ImproveFinished, RunStarted, SearchEnded
from strop.base.later import dataclass
from strop.base.protections import PROTECTIONS
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.lm.options import is_harmless
from strop.runs.kept import TASK_FOLDER, Again, Belief, again, kept_digest, kept_tree
from strop.runs.meta import NOTHING_SAID, Meta
from strop.runs.run_data import FRAME, read_run
from strop.runs.spec import RunSpec
from strop.store import Proof, Store
from strop.tasks.command.task import AnyTask
from strop.tasks.identity import task_digest

if TYPE_CHECKING:
    from strop.lm.answer_cache import NoModel
    from strop.runs.assembly import Components

SEARCHES = ("run", "improve")
"""Kinds of record of a search, which `strop resume --finish` ends."""
ONE_RESULT = ("improve", "compare", "measure")
"""Kinds of record of one comparison of a program with its original."""
PATCHES = (*ONE_RESULT, "program")
"""Kinds of record whose patch `strop apply` applies."""
OF_JOBS = ("program", "seeds", "suite")
"""Kinds of record whose work is in other records, beside it."""
REPLAYED = (*SEARCHES, "compare", "measure", "eval", "against")
"""Kinds of record that `strop replay` repeats."""
_COMMANDS = {
    "against": "eval --against",
    "table2": "reproduce table2",
    "seeds": "run --seeds",
    "program": "improve",
    "suite": "compare --suite",
}


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

    def again(self, *, trust: bool, is_frozen: bool = False) -> tuple[Again, ...]:
        """Its tasks, to be made again. If `is_frozen`, the record's copy counts even if the user's file has changed.

        Raises:
            ConfigurationError: its task is a file that differs from the one on this machine, or the record is unverified and
                `trust` is false: the code of a task runs unconfined in the host.
            RecordChanged: a file of its task in the record was changed.
        """
        if not (self.unverified or trust):
            self.check_kept()
        belief = Belief(not self.unverified, bool(self.began), trust, is_frozen)
        return tuple(again(self.directory, number, task, belief) for number, task in enumerate(self.spec.tasks))

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
            task.name: task.facts.own_score_because
            for task in parts.tasks
            if task.facts.own_score_because and not task.facts.trusts_programs
        },
    )


def on_kept_trees(parts: Components, directory: Path) -> Components:
    """The components with command tasks on the trees in the record, which do not change while the user edits files."""
    tasks = (
        task if task.root is None else replace(task, root=kept_tree(directory, number))
        for number, task in enumerate(parts.tasks)
    )
    return replace(parts, tasks=tuple(tasks))


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
