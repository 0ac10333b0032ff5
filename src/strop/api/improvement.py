"""`strop.improve`: from a target to a patch and what may be claimed of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from strop.api.conventions import make_spec, takes
from strop.api.lookup import RUNS, any_improver_text
from strop.api.recording import check_free_folder, recorded
from strop.api.scoring import shown_progress
from strop.api.target import Target, TaskLike, model_of, plain_name, source_of, target_of
from strop.lm.base import LanguageModel
from strop.report.terminal import improvement as improvement  # registers how a result is printed
from strop.report.terminal.live import Mode
from strop.runs.assembly import assembled
from strop.runs.context import session
from strop.runs.improve import check_enough, improve_once
from strop.runs.options import EnvironmentOptions, LimitOptions, ModelOptions, OneImprovementOptions
from strop.runs.result import whole_result_in
from strop.runs.results.improved import Improved
from strop.runs.run_directory import new_directory, on_kept_trees
from strop.runs.spec import RunSpec
from strop.tasks.base import Task
from strop.tasks.command.options import ScoringOptions, changed_options
from strop.tasks.command.task import CommandTask

KIND = "improve"
DEFAULT_IMPROVER = "refine"
"""The best in measurements (docs/design/0051-defaults.md); `strop run` starts from the paper's `seed`."""


@dataclass(frozen=True, kw_only=True)
class ImproveOptions(EnvironmentOptions, LimitOptions, OneImprovementOptions, ScoringOptions, ModelOptions):
    """The keywords of `strop.improve`."""

    improver: str | Path = DEFAULT_IMPROVER
    """Improver: a name, a file, or `RUN:t`, the improver of a run after iteration t."""
    solution: str | Path | None = None
    """File to start from instead of the task's seed solution."""
    seed: int | None = None
    """Seed of all random draws. With this machine's key; a random one by default."""
    instances: int | Literal["secret", "published"] | None = None  # type: ignore[assignment]
    """Of a command, runs for each candidate in training: 5, of times 3. Or `published`, for the paper's seeds."""
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
    seeds = options.instances if isinstance(options.instances, str) else "secret"
    spec = make_spec((target,), options, copies=1, iterations=0, instances=seeds)
    scoring = replace(options, instances=None) if isinstance(options.instances, str) else options
    text = any_improver_text(spec.improver)
    start = None if options.solution is None else Path(options.solution)
    task = target if isinstance(target, (Task, CommandTask)) else None
    goal = target_of(source_of(target), changed_options(scoring), start, task)
    folder = options.out or new_directory(RUNS, f"improve-{plain_name(Path(spec.task).name)}")
    model, show = model_of(options.model), "auto" if options.progress else "none"
    carry_out(spec, text, goal, Path(folder), show=show, model=model)  # type: ignore[arg-type]
    improved = whole_result_in(Path(folder))
    assert isinstance(improved, Improved)
    return improved


def carry_out(
    spec: RunSpec,
    improver: str,
    target: Target,
    directory: Path,
    *,
    tracks: Sequence[str] = (),
    show: Mode = "auto",
    model: Callable[[], LanguageModel] | None = None,
    begin: Callable[[], None] = lambda: None,
) -> None:
    """Improve once, in a new record.

    `begin` is called after the model and the limits are checked, before anything runs.

    Raises:
        ConfigurationError, TaskError: the original does not run, too little is held out, or something that the configuration
            names does not exist.
        StropError: the host failed; the record keeps what was done.
    """
    check_free_folder(directory)
    check_enough(spec, target.task)

    @contextmanager
    def steps() -> Iterator[Callable[[str], None]]:
        begin()
        with shown_progress(show) as say:
            yield say

    with assembled(spec, os.environ, model=model, tasks=(target.task,), begin=steps) as parts:
        meta = {"improver": improver, **target.meta(directory)}
        with (
            recorded(parts, directory, KIND, meta, tracks, show) as journal,
            session(on_kept_trees(parts, directory), journal) as context,
        ):
            improve_once(context, improver, target.original)
