"""Improve a program: from a target to a patch, and what may be claimed of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from strop.api.arguments import plain_name, recipe_of, takes
from strop.api.finding import RUNS, any_improver_text
from strop.api.patching import apply_run
from strop.api.recording import recorded
from strop.api.results import Shown
from strop.api.subjects import TaskLike, model_of, source_of
from strop.api.target import Target, check_model, target_of
from strop.base.errors import ConfigurationError, StoreError, TaskError
from strop.base.events import ImproveStarted
from strop.core.metric_change import Gain, Scale
from strop.lm.base import LanguageModel
from strop.report.terminal.claim import sentence
from strop.report.terminal.improvement import ImprovementReport, print_improvement, read_improvement
from strop.report.terminal.live import Mode
from strop.report.terminal.reading import reading
from strop.report.tracking import Track
from strop.runs.assembly import assembled
from strop.runs.improve import UTILITY, Finding, improve_once
from strop.runs.options import EnvironmentOptions, LimitOptions, ModelOptions, OneImprovementOptions
from strop.runs.run_data import Costs
from strop.runs.run_directory import new_directory, on_kept_trees
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.base import Task
from strop.tasks.command.options import ScoringOptions, changed_options
from strop.tasks.command.task import CommandTask

KIND = "improve"
DEFAULT_IMPROVER = "error_feedback"
"""The one that was measured best (docs/design/0051-default-improver.md); `strop run` begins with the paper's `seed`."""


@dataclass(frozen=True, repr=False)
class Improved(Shown):
    """What an improvement came to."""

    finding: Finding
    """`better` or `worse` only where interval and test agree on instances that nobody saw."""
    sentence: str
    """What may be claimed."""
    original: str
    """The program text that the search began from; several files are one text (strop.tasks.command.bundle)."""
    improved: str
    """The program to go on with; the original where nothing was better."""
    diff: str
    """Unified, for `patch -p1` or `git apply`."""
    files: Mapping[str, str]
    """The files of the improved program as they are to stand, by path from the folder that was given."""
    directory: Path
    """Of the record."""
    metric: str
    """What `before` and `after` are means of, on the sealed split: the metric that decides, or `utility`."""
    before: float | None
    """The original's; None where nothing was measured, as for a command whose program is unchanged."""
    after: float | None
    """The improved program's."""
    difference: float | None
    """`after` minus `before`."""
    scale: Scale
    """Whether `change` is a `ratio` (1.12: 12% better) or a `difference`; more is better in both."""
    change: float | None
    """What the sentence says, as a number."""
    interval: tuple[float, float] | None
    """Of `change`, 95%."""
    n: int
    """Held-out instances, or repeated measurements."""
    p: float | None
    """Of the two-sided sign-flip test."""
    gains: tuple[Gain, ...]
    """Each metric on the sealed split, where a command or a time is measured."""
    report: ImprovementReport = field(compare=False)
    """All of it."""

    @property
    def costs(self) -> Costs:
        """What was spent on the language model."""
        return self.report.run.costs

    def apply(self, *, force: bool = False) -> list[Path]:
        """Put the improved program in the place of the user's files, all or none; the paths of those that changed.

        `force`: also where git could not bring the files back.

        Raises:
            ConfigurationError: the finding is not `better`, or a file is not as it was when the improvement began.
        """
        return apply_run(self.directory, force=force)

    def print_on(self, console: Console) -> None:
        """Print what the command prints."""
        print_improvement(self.report, self.directory, console)

    def __repr__(self) -> str:
        numbers = (
            ""
            if self.before is None or self.after is None
            else f" {self.metric} {self.before:.4g} -> {self.after:.4g},"
        )
        return f"<Improved {self.finding}:{numbers} n={self.n}, in {self.directory}>"

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, kw_only=True)
class ImproveOptions(EnvironmentOptions, LimitOptions, OneImprovementOptions, ScoringOptions, ModelOptions):
    """The keywords of `strop.improve`."""

    improver: str | Path = DEFAULT_IMPROVER
    """The name of an improver, a file, or `RUN:t`."""
    solution: str | Path | None = None
    """The file to start from, where that is not the task's own seed."""
    seed: int | None = None
    """With this machine's key it decides everything that is drawn; random when not given."""
    out: str | Path | None = None
    """The record's directory, empty or new; one in runs/ when not given."""
    progress: bool = False
    """Show the progress on standard error."""


@takes(ImproveOptions)
def improve(target: TaskLike, options: ImproveOptions) -> Improved:
    """Let an improver work on a program, within budgets, and compare the result on instances that nobody saw.

    Args:
        target: a task's name; a file with a `strop.Task` or a function under `@strop.improve_me` (`file.py:name`); such a task or
            function itself; a folder with a strop.toml; a folder or file with `command`; a program with `evaluator`.

    Raises:
        ConfigurationError: something that was named does not exist, or the original cannot be scored.
        StropError: the host failed or a limit was spent; the best so far is in the record, and `strop resume` continues it.
    """
    spec = recipe_of((target,), options, copies=1, iterations=0)
    text = any_improver_text(spec.improver)
    start = None if options.solution is None else Path(options.solution)
    task = target if isinstance(target, (Task, CommandTask)) else None
    found = target_of(source_of(target), changed_options(options), start, task)
    check_model(spec.model, text, found.task)
    folder = options.out or new_directory(RUNS, f"improve-{plain_name(Path(spec.task).name)}")
    model, show = model_of(options.model), "auto" if options.progress else "none"
    carry_out(spec, text, found, Path(folder), show=show, model=model)  # type: ignore[arg-type]
    return improved_in(Path(folder))


def carry_out(
    spec: RunSpec,
    improver: str,
    target: Target,
    directory: Path,
    *,
    tracks: Sequence[Track] = (),
    show: Mode = "auto",
    model: Callable[[], LanguageModel] | None = None,
    begin: Callable[[], None] | None = None,
) -> None:
    """Improve once, in a new record. The record is removed where the start does not run, so that the same command can follow.

    `begin` is called once the model, the limits and the protections have been found good, before anything runs.

    Raises:
        ConfigurationError, TaskError: the start does not run, or something that the recipe names is not there.
        StropError: the host failed; what was done is kept.
    """
    there, made = directory.exists(), False
    try:
        with assembled(spec, os.environ, model=model, tasks=(target.task,)) as parts:
            if begin is not None:
                begin()
            with recorded(parts, directory, KIND, {"improver": improver, **target.meta}, tracks, show) as journal:
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


def improved_in(directory: Path) -> Improved:
    """What the improvement in a record's directory came to.

    Raises:
        StoreError: it cannot be read, or has not ended.
    """
    with reading(directory), Store.open(directory) as store:
        report = read_improvement(store)
    found = report.single
    if found is None:
        raise StoreError(f"the improvement in {directory} has not ended. To continue: strop resume {directory}")
    text = found.original.text if found.improved is None else found.improved.text
    files = report.original.written(text)
    change = found.change
    return Improved(
        finding=found.finding,
        sentence=sentence(found),
        original=found.original.text,
        improved=text,
        diff=report.original.diff_of(files),
        files=files,
        directory=directory,
        metric=change.metric if change else UTILITY,
        before=change.before if change else None,
        after=change.after if change else None,
        difference=change.after - change.before if change else None,
        scale=change.scale if change else "difference",
        change=change.change if change else None,
        interval=change.interval if change else None,
        n=change.n if change else 0,
        p=change.p if change else None,
        gains=found.gains,
        report=report,
    )
