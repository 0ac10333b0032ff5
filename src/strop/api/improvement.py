"""`strop.improve`: from a target to a patch and what may be claimed of it; and applying the patch."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from strop.api.conventions import Shown, make_spec, takes
from strop.api.lookup import RUNS, any_improver_text
from strop.api.recording import recorded
from strop.api.target import Target, TaskLike, check_model, model_of, plain_name, source_of, target_of
from strop.base.errors import ConfigurationError, Malformed, StoreError, TaskError
from strop.base.events import ImproveStarted, in_full
from strop.base.git.repository import repository_around
from strop.base.pluralize import plain
from strop.core.metric_change import Gain, Scale, facts_from
from strop.lm.base import LanguageModel
from strop.report.terminal.claim import reason, sentence
from strop.report.terminal.improvement import ImprovementReport, print_improvement, read_improvement
from strop.report.terminal.live import Mode
from strop.report.terminal.reading import reading
from strop.runs.assembly import assembled
from strop.runs.finding import UTILITY, Finding
from strop.runs.improve import OBJECTIVE_KEY, ORIGINAL_KEY, improve_once
from strop.runs.improve import recorded as recorded_improvement
from strop.runs.options import EnvironmentOptions, LimitOptions, ModelOptions, OneImprovementOptions
from strop.runs.patching.apply import BACKUP, apply_files, check_clean, check_unchanged
from strop.runs.patching.best_candidate import best_of
from strop.runs.patching.source_files import Original, original_from
from strop.runs.run_data import Costs, read_run
from strop.runs.run_directory import load_run, new_directory, on_kept_trees
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.base import Task
from strop.tasks.command.options import ScoringOptions, changed_options
from strop.tasks.command.task import CommandTask

KIND = "improve"
DEFAULT_IMPROVER = "error_feedback"
"""The best in measurements (docs/design/0051-default-improver.md); `strop run` starts from the paper's `seed`."""


@dataclass(frozen=True, repr=False)
class Improved(Shown):
    """The result of an improvement."""

    finding: Finding
    """`better` or `worse` only where the last comparison shows it, and nothing speaks against it."""
    sentence: str
    """What may be claimed."""
    reason: str
    """Why an `unproven` program is not called better, and what to do; else empty."""
    original: str
    """The program text that the search started from; several files are one text (strop.tasks.command.bundle)."""
    improved: str
    """The improved program; the original where nothing was better."""
    diff: str
    """Unified, for `patch -p1` or `git apply`."""
    files: Mapping[str, str]
    """The files of the improved program, by path from the target's folder."""
    directory: Path
    """Directory of the record."""
    metric: str
    """The metric that decides, or `utility`; `before` and `after` are its means in the last comparison."""
    before: float | None
    """The original's mean; None where nothing was measured, as for a command whose program is unchanged."""
    after: float | None
    """The improved program's mean."""
    difference: float | None
    """`after` minus `before`."""
    scale: Scale
    """Whether `change` is a `ratio` (1.12: 12% better) or a `difference`; more is better in both."""
    change: float | None
    """The change that `sentence` states."""
    interval: tuple[float, float] | None
    """95% interval of `change`."""
    n: int
    """Held-out instances, or repeated measurements."""
    gains: tuple[Gain, ...]
    """Each metric in the last comparison, where a command or a time is measured."""
    report: ImprovementReport = field(compare=False)
    """Everything in the record."""
    unverified: str = ""
    """Why this machine cannot vouch for the record; empty if it is proven."""

    @property
    def costs(self) -> Costs:
        """What the run spent on the language model."""
        return self.report.run.costs

    def apply(self, *, force: bool = False) -> list[Path]:
        """Apply the patch to the user's files, to all or none. Returns the paths that changed.

        `force`: also where git could not restore the files.

        Raises:
            ConfigurationError: the finding is not `better`, or a file has changed since the improvement started.
        """
        return apply_run(self.directory, force=force)

    def print_on(self, console: Console) -> None:
        """Print it as `strop improve` does."""
        print_improvement(self.report, self.directory, console)

    def __repr__(self) -> str:
        numbers = (
            ""
            if self.before is None or self.after is None
            else f" {self.metric} {plain(self.before, 4)} -> {plain(self.after, 4)},"
        )
        return f"<Improved {self.finding}:{numbers} n={self.n}, in {self.directory}>"

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, kw_only=True)
class ImproveOptions(EnvironmentOptions, LimitOptions, OneImprovementOptions, ScoringOptions, ModelOptions):
    """The keywords of `strop.improve`."""

    improver: str | Path = DEFAULT_IMPROVER
    """Improver: a name, a file, or `RUN:t`, the improver of a run after iteration t."""
    solution: str | Path | None = None
    """File to start from instead of the task's seed solution."""
    seed: int | None = None
    """Seed of all random draws, together with this machine's key. A random one by default."""
    out: str | Path | None = None
    """Directory of the record, empty or new. A new one in runs/ by default."""
    progress: bool = False
    """Show progress on standard error."""


@takes(ImproveOptions)
def improve(target: TaskLike, options: ImproveOptions) -> Improved:
    """Improve a program within budgets, and compare it with the original on instances that the search never saw.

    Args:
        target: a task's name; a file with a `strop.Task` or a function under `@strop.improve_me` (`file.py:name`); such a task or
            function itself; a folder with a strop.toml; a folder or file with `command`; a program with `evaluator`.

    Raises:
        ConfigurationError: something that an argument names does not exist, or the original cannot be scored.
        StropError: the host failed or a limit was reached; the best so far is in the record, and `strop resume` continues it.
    """
    spec = make_spec((target,), options, copies=1, iterations=0)
    text = any_improver_text(spec.improver)
    start = None if options.solution is None else Path(options.solution)
    task = target if isinstance(target, (Task, CommandTask)) else None
    goal = target_of(source_of(target), changed_options(options), start, task)
    check_model(spec.model, text, goal.task)
    folder = options.out or new_directory(RUNS, f"improve-{plain_name(Path(spec.task).name)}")
    model, show = model_of(options.model), "auto" if options.progress else "none"
    carry_out(spec, text, goal, Path(folder), show=show, model=model)  # type: ignore[arg-type]
    return improved_in(Path(folder))


def carry_out(
    spec: RunSpec,
    improver: str,
    target: Target,
    directory: Path,
    *,
    tracks: Sequence[str] = (),
    show: Mode = "auto",
    model: Callable[[], LanguageModel] | None = None,
    begin: Callable[[], None] | None = None,
) -> None:
    """Improve once, in a new record. The record is removed if the original does not run, so that the command can be repeated.

    `begin` is called after the model, the limits and the protections are checked, before anything runs.

    Raises:
        ConfigurationError, TaskError: the original does not run, or something that the configuration names does not exist.
        StropError: the host failed; the record keeps what was done.
    """
    existed, made = directory.exists(), False
    try:
        with assembled(spec, os.environ, model=model, tasks=(target.task,)) as parts:
            if begin is not None:
                begin()
            with recorded(
                parts, directory, KIND, {"improver": improver, **target.meta(directory)}, tracks, show
            ) as journal:
                made = True
                improve_once(on_kept_trees(parts, directory), improver, target.original, directory, journal)
    except (ConfigurationError, TaskError):
        if made and not _began(directory):
            _empty(directory, remove=not existed)
        raise


def _began(directory: Path) -> bool:
    """Whether an improvement started: not if the original does not run."""
    with Store.open(directory) as store:
        return next(store.events(ImproveStarted), None) is not None


def _empty(directory: Path, *, remove: bool) -> None:
    """Delete a record that has just started."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if remove:
        directory.rmdir()


def improved_in(directory: Path) -> Improved:
    """The result of the improvement in a record's directory.

    Raises:
        StoreError: the record cannot be read, or has not ended.
    """
    with reading(directory), Store.open(directory) as store:
        report = read_improvement(store)
    single = report.single
    if single is None:
        raise StoreError(f"the improvement in {directory} has not ended. To continue: strop resume {directory}")
    text = single.original.text if single.improved is None else single.improved.text
    files = report.original.written(text)
    change = single.change
    return Improved(
        finding=single.finding,
        sentence=sentence(single),
        reason=reason(single),
        original=single.original.text,
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
        gains=single.gains,
        report=report,
        unverified=report.run.unverified,
    )


def check_can_apply(original: Original | None, *, force: bool) -> None:
    """Check before anything is spent that a result could be applied at the end.

    Raises:
        ConfigurationError: it could not.
    """
    if original is None or not original.root:
        raise ConfigurationError("--apply has no file of yours to change: the search starts from the task's own seed")
    check_unchanged(original)
    if not force:
        check_clean(Path(original.root), list(original.files))


def apply_run(directory: Path, *, force: bool = False, unproven: bool = False) -> list[Path]:
    """Apply the patch of the record in `directory` to the user's files, to all or none. Returns the paths that changed.

    `force`: also where git could not restore them. `unproven`: also a program that is not called better, and the
    best so far of an improvement that has not ended.

    Raises:
        ConfigurationError: the finding is not `better`, or a file has changed since the improvement started.
    """
    record = load_run(directory)
    if record.unverified:
        raise ConfigurationError(f"not applied; {record.unverified}. Read its patch and apply it yourself")
    if ORIGINAL_KEY not in record.meta:
        raise ConfigurationError(
            f"there is no file of yours to apply it to: the search started from the task's own seed; see {directory}"
        )
    original = original_from(record.meta[ORIGINAL_KEY], directory)
    text = _program(directory, record.meta, original, unproven=unproven)
    try:
        files = original.written(text)
    except Malformed as error:
        raise ConfigurationError(f"the program of {directory} cannot be written: {error}") from error
    return apply_files(original, files, directory, force=force)


def undo_of(directory: Path, paths: Sequence[Path]) -> str:
    """How to restore the files that a patch has just changed."""
    backups = sorted(directory.glob(f"{BACKUP}-*"), key=lambda path: path.stat().st_mtime)
    backup = f"the original files are in {backups[-1]}" if backups else ""
    if repository_around(paths[0].parent) is None:
        return f"to undo: {backup}"
    command = shlex.join(["git", "-C", str(paths[0].parent), "checkout", "--", *map(str, paths)])
    return f"to undo: {command} ({backup})"


def _program(directory: Path, meta: dict[str, str], original: Original, *, unproven: bool) -> str:
    """The text of the program to apply.

    Raises:
        ConfigurationError: there is none that was shown to be better.
    """
    facts = facts_from(meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in meta else None
    with reading(directory), Store.open(directory) as store:
        run = read_run(store)
        single = recorded_improvement(run, original, facts)
        evaluated = (in_full(event, run.text) for event in (*run.results.values(), *run.candidates))
        best = best_of(evaluated) if single is None else None
    unless = "--unproven applies it nevertheless"
    if single is None:
        if best is None:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended, and nothing in it is better so far"
            )
        if not unproven:
            raise ConfigurationError(
                f"the improvement in {directory} has not ended. To continue: strop resume {directory}. "
                f"For its best so far, {unless}"
            )
        return best
    if single.improved is None:
        raise ConfigurationError(f"nothing to apply. {sentence(single)}")
    if single.finding != "better" and not unproven:
        why = f" {reason(single)}" if reason(single) else ""
        raise ConfigurationError(f"not applied. {sentence(single)}{why} {unless}")
    return single.improved.text
