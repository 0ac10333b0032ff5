"""Improve a program: from a target to a patch, and what may be claimed of it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

from rich.console import Console

from strop.api.finding import RUNS, any_improver_text
from strop.api.patching import apply_run
from strop.api.recipe import RecipeOptions, plain_name, recipe_of
from strop.api.recording import recorded
from strop.api.results import Shown
from strop.api.subjects import TaskLike, model_of, source_of
from strop.api.target import OBJECTIVE, ORIGINAL, Scoring, Target, target_of
from strop.errors import ConfigurationError, StoreError, TaskError
from strop.events import AuditNoted, Evaluated, ImproveStarted
from strop.experiment import new_directory
from strop.gains import Gain, ObjectiveFacts, facts_from
from strop.keeping import on_kept_trees
from strop.laboratory import assembled
from strop.lm.base import LanguageModel
from strop.original import Original, of_seed, original_from
from strop.report.costs import Costs, costs, print_costs
from strop.report.live import Mode
from strop.report.reading import reading
from strop.report.single import print_diff, print_single, sentence
from strop.report.tried import Tried, tried_in
from strop.report.words import notice_of
from strop.single import DIFF, Finding, Single, improve_once
from strop.single import recorded as single_in
from strop.spec import RunSpec
from strop.store import Store
from strop.tasks.base import Task
from strop.tasks.command import CommandTask
from strop.tracking import Track

KIND = "improve"


class ImproveOptions(RecipeOptions, total=False):
    """The flags of `strop improve` as keywords: those of a recipe, and how the program is scored (strop.api.target.Scoring)."""

    command: str
    evaluator: str | Path
    python: str | Path
    score: str | Sequence[str]
    metric: str | Sequence[str]
    require_metric: str | Sequence[str]
    pareto: bool
    files: str | Sequence[str]
    new_files: str | Sequence[str]
    build: str
    tool: str | Path | Sequence[str | Path]
    writable: str | Sequence[str]
    only: str | Sequence[str]
    repeat: int
    held_out: int
    time_limit: float


@dataclass(frozen=True)
class Told:
    """What a record of `strop improve` says."""

    single: Single | None
    """None where it ended before everything was measured."""
    original: Original
    task: str
    model: str
    is_language_model: bool
    costs: Costs
    tried: Sequence[Tried]
    notes: Mapping[str, int]
    """How often each rule of the audit applied to the improved program."""


@dataclass(frozen=True, repr=False)
class Improved(Shown):
    """What an improvement came to."""

    finding: Finding
    """`better` or `worse` only where interval and test agree on instances that nobody saw."""
    sentence: str
    """What may be claimed."""
    original: str
    """The program text that the search began from; several files are one text (strop.tasks.bundle)."""
    improved: str
    """The program to go on with; the original where nothing was better."""
    diff: str
    """Unified, for `patch -p1` or `git apply`."""
    files: Mapping[str, str]
    """The files of the improved program as they are to stand, by path from the folder that was given."""
    directory: Path
    """Of the record."""
    gains: tuple[Gain, ...]
    """Of a command task: each metric on the sealed split."""
    told: Told = field(compare=False)
    """All of it."""

    @property
    def costs(self) -> Costs:
        """What was spent on the language model."""
        return self.told.costs

    def apply(self, *, force: bool = False) -> list[Path]:
        """Put the improved program in the place of the user's files, all or none; the paths of those that changed.

        `force`: also where git could not bring the files back.

        Raises:
            ConfigurationError: the finding is not `better`, or a file is not as it was when the improvement began.
        """
        return apply_run(self.directory, force=force)

    def print_on(self, console: Console) -> None:
        """Print what the command prints."""
        print_told(self.told, self.directory, console)

    def __repr__(self) -> str:
        return f"Improved({self.finding!r}, {self.sentence!r}, directory={str(self.directory)!r})"


def improve(
    target: TaskLike,
    *,
    improver: str | Path = "seed",
    solution: str | Path | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    progress: bool = False,
    **options: Unpack[ImproveOptions],
) -> Improved:
    """Let an improver work on a program once, within budgets, and compare the result on instances that nobody saw.

    `target` is a task's name, a file with a `strop.Task` or a function under `@strop.improve_me` (`file.py:name`), a folder with
    a strop.toml, a folder or file with `command=`, or a program with `evaluator=`. `solution` is where the search begins, where
    that is not the task's own seed. `seed` is random when not given. `out` is the record's directory, empty or new.

    Raises:
        ConfigurationError: something that was named is not there, or the original cannot be scored.
        StropError: the host failed or a limit was spent; the best so far is in the record, and `strop resume` goes on.
    """
    given = dict(options)
    scoring = _scoring({name: given.pop(name) for name in list(given) if name in Scoring.__annotations__})
    spec = recipe_of((target,), str(improver), seed, {"copies": 1} | given)
    text = any_improver_text(str(improver))
    start = None if solution is None else Path(solution)
    given_task = target if isinstance(target, (Task, CommandTask)) else None
    found = target_of(source_of(target), scoring, start, given_task)
    directory = Path(out) if out is not None else new_directory(RUNS, f"improve-{plain_name(Path(spec.task).name)}")
    carry_out(spec, text, found, directory, show="auto" if progress else "none", model=model_of(options.get("lm")))
    return improved_in(directory)


def _scoring(given: Mapping[str, object]) -> Scoring:
    """Flags as keywords: one text stands for a list of one."""
    lists = ("score", "metric", "require_metric", "files", "new_files", "tool", "writable", "only")
    found: dict[str, object] = {}
    for name, value in given.items():
        several = name in lists
        each = [value] if several and isinstance(value, (str, Path)) else value
        found[name] = tuple(each) if several else each  # type: ignore[arg-type]
    for name in ("evaluator", "python"):
        if found.get(name) is not None:
            found[name] = Path(str(found[name]))
    if "tool" in found:
        found["tool"] = tuple(Path(str(each)) for each in found["tool"])  # type: ignore[attr-defined]
    return Scoring(**found)  # type: ignore[arg-type]


def carry_out(
    spec: RunSpec,
    improver: str,
    target: Target,
    directory: Path,
    *,
    tracks: Sequence[Track] = (),
    show: Mode = "auto",
    model: Callable[[], LanguageModel] | None = None,
) -> None:
    """Improve once, in a new record; it is taken back where the start does not run, so that the same command can follow.

    Raises:
        ConfigurationError, TaskError: the start does not run, or something that the recipe names is not there.
        StropError: the host failed; what was done is kept.
    """
    there, made = directory.exists(), False
    try:
        with (
            assembled(spec, os.environ, model=model, tasks=(target.task,)) as parts,
            recorded(parts, directory, KIND, {"improver": improver, **target.said}, tracks, show) as journal,
        ):
            made = True
            improve_once(on_kept_trees(parts, directory), improver, target.original, directory, journal)
    except (ConfigurationError, TaskError):
        if made and not _began(directory):
            _emptied(directory, there)
        raise


def _began(directory: Path) -> bool:
    """Whether anything was improved: not where the solution to start from does not run."""
    with Store.open(directory) as store:
        return next(store.events(ImproveStarted), None) is not None


def _emptied(directory: Path, there: bool) -> None:
    """Take back a record that has just begun."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not there:
        directory.rmdir()


def original_of(meta: Mapping[str, str]) -> Original | None:
    """The files that a record says its run began from; None: the task's own seed."""
    return original_from(meta[ORIGINAL]) if ORIGINAL in meta else None


def told_in(store: Store) -> Told:
    """What the record in an open store says."""
    meta = store.meta
    facts: ObjectiveFacts | None = facts_from(meta[OBJECTIVE]) if OBJECTIVE in meta else None
    began = original_of(meta)
    notes: Counter[str] = Counter()
    for stored in store.events(AuditNoted):
        if stored.event.scope.startswith("improved/"):
            notes[stored.event.rule] += stored.event.times
    evaluations = [stored.event for stored in store.events(Evaluated)]
    if began is None:
        seed = next((event.solution for event in evaluations if event.scope == "original/train"), None)
        began = of_seed(seed or "")
    single = single_in((stored.event for stored in store.events()), began, facts)
    return Told(
        single,
        began,
        meta.get("task", ""),
        meta.get("language_model", ""),
        meta.get("is_language_model") == "true",
        costs(store.outline()),
        tried_in(evaluations),
        notes,
    )


def improved_in(directory: Path) -> Improved:
    """What the improvement in a record's directory came to.

    Raises:
        StoreError: it cannot be read, or has not ended.
    """
    with reading(directory), Store.open(directory) as store:
        told = told_in(store)
    found = told.single
    if found is None:
        raise StoreError(f"the improvement in {directory} has not ended; strop resume {directory} goes on")
    text = found.original.text if found.improved is None else found.improved.text
    files = told.original.written(text)
    diff = told.original.diff_of(files)
    return Improved(
        found.finding, sentence(found), found.original.text, text, diff, files, directory, found.gains, told
    )


def print_told(told: Told, directory: Path, console: Console) -> None:
    """The diff, the table, what it cost, and the sentence."""
    if (directory / DIFF).is_file():
        print_diff(directory / DIFF, console)
    notice = notice_of(told.model, told.is_language_model)
    print_single(told.single, console, task=told.task, notice=notice, notes=told.notes, tried=told.tried)
    print_costs(told.costs, console)
