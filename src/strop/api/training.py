"""`strop.train`: STOP over one task or several (`strop run`); and `strop.load`, which reads a recorded run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strop.api.conventions import make_spec, takes
from strop.api.lookup import RUNS, any_improver_text, find_run
from strop.api.recording import continued, recorded
from strop.api.target import TaskLike, model_of, objects_of, plain_name, several
from strop.report.terminal import run as printing  # registers how a result is printed  # noqa: F401
from strop.report.terminal.live import Mode
from strop.runs.assembly import Components, assembled
from strop.runs.context import session
from strop.runs.options import (
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    PaperOptions,
    SelectionOptions,
    TwoModelOptions,
)
from strop.runs.result import whole_result_in
from strop.runs.results.improved import Improved
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.run_directory import RunRecord, new_directory, on_kept_trees
from strop.runs.train import run, write_improver

KIND = "run"


@dataclass(frozen=True, kw_only=True)
class TrainOptions(EnvironmentOptions, LimitOptions, CopiesOptions, SelectionOptions, PaperOptions, TwoModelOptions):
    """The keywords of `strop.train`."""

    improver: str | Path = "seed"
    """I_0: the name of an improver, a file, or `RUN:t`, the improver of a run after iteration t."""
    seed: int | None = None
    """Seed of all random draws, together with this machine's key. A random one by default."""
    out: str | Path | None = None
    """Directory of the record, empty or new. A new one in runs/ by default."""
    progress: bool = False
    """Show progress on standard error."""


@takes(TrainOptions)
def train(task: TaskLike | Sequence[TaskLike], options: TrainOptions) -> Trained:
    """Improve an improver with itself, T times, on one task or several (Algorithm 1, §4).

    Args:
        task: built-in tasks, files, folders with a strop.toml, those of installed distributions, or tasks themselves.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        StropError: the host failed or a limit was reached; what was done is kept, and `strop resume` continues it.
    """
    tasks = several(task)
    spec = make_spec(tasks, options)
    text = any_improver_text(spec.improver)
    directory = Path(options.out) if options.out is not None else new_directory(RUNS, plain_name(spec.task))
    show: Mode = "auto" if options.progress else "none"
    with assembled(spec, os.environ, model=model_of(options.model), tasks=objects_of(tasks)) as parts:
        carry_out(parts, text, directory, show=show)
    trained = whole_result_in(directory)
    assert isinstance(trained, Trained)
    return trained


def carry_out(
    parts: Components,
    improver: str,
    directory: Path,
    *,
    tracks: Sequence[str] = (),
    show: Mode = "auto",
) -> None:
    """Run Algorithm 1 from the text `improver` in a new directory; write the best improver and the result.

    Raises:
        StropError: the host failed or was stopped; what was done is kept.
    """
    with (
        recorded(parts, directory, KIND, {"improver": improver}, tracks, show) as journal,
        session(on_kept_trees(parts, directory), journal) as context,
    ):
        run(context, improver)
    write_improver(directory)


def resume(record: RunRecord, *, trust: bool = False, tracks: Sequence[str] = (), show: Mode = "none") -> None:
    """Continue a run of Algorithm 1 to its end; write the best improver and the result. `trust`: as for `RunRecord.origin`.

    Raises:
        StropError: it was stopped again; what was done is kept.
    """
    directory = record.directory
    with (
        assembled(record.spec, os.environ, record.origin(trust=trust)) as parts,
        continued(parts, directory, tracks, show) as journal,
        session(on_kept_trees(parts, directory), journal) as context,
    ):
        run(context, record.improver)
    write_improver(directory)


def load(run: str | Path | None = None) -> Improved | Trained | Measured:
    """The result of an earlier `strop improve`, `strop run` or `strop eval`, read from its record.

    Args:
        run: directory of the record, or the end of its name. The newest in runs/ by default.

    Raises:
        ConfigurationError: there is no such run.
        StoreError: the record cannot be read, or the run has not ended.
    """
    return whole_result_in(find_run(None if run is None else Path(run)))
