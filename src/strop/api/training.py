"""`strop.train`: STOP over one task or several (`strop run`); and `strop.load`, which reads a recorded run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from strop.api.conventions import RecordingOptions, carried_out, make_spec, takes
from strop.api.job import Job
from strop.api.lookup import find_run, first_improver
from strop.api.target import TaskLike, all_of, plain_name, several
from strop.base.later import dataclass
from strop.options.run import (
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    PaperOptions,
    SelectionOptions,
    TwoModelOptions,
)
from strop.runs.meta import Meta
from strop.runs.plan import Formula
from strop.runs.result import whole_result_in
from strop.runs.results.improved import Improved
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.spec import RunSpec
from strop.runs.texts import said_of_texts
from strop.runs.train import keep_improver, read_trained, run
from strop.tasks.command.task import AnyTask


@dataclass(frozen=True, kw_only=True)
class TrainOptions(
    EnvironmentOptions, LimitOptions, CopiesOptions, SelectionOptions, PaperOptions, TwoModelOptions, RecordingOptions
):
    """The keywords of `strop.train`."""

    improver: str | Path = "seed"
    """I_0: the name of an improver, a file, or `RUN:t`, the improver of a run after iteration t."""
    seed: int | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""


@takes(TrainOptions)
def train(task: TaskLike | Sequence[TaskLike], options: TrainOptions) -> Trained:
    """Improve an improver with itself, T times, on one task or several (Algorithm 1, §4).

    Args:
        task: one task or several: names, files, folders with a strop.toml, or tasks themselves.

    Raises:
        ConfigurationError: something that an argument names does not exist.
        StropError: strop failed, or a limit is spent. What was done is recorded, and `strop resume` continues the run.
    """
    tasks = several(task)
    spec = make_spec(tasks, options)
    trained = carried_out(train_job(spec, all_of(tasks), first_improver(spec)), options)
    assert isinstance(trained, Trained)
    return trained


def train_job(spec: RunSpec, tasks: tuple[AnyTask, ...], improver: str) -> Job[Trained]:
    """A run of Algorithm 1 on some tasks from the text `improver`."""
    return Job(
        kind="run",
        spec=spec,
        tasks=tasks,
        do=partial(run, improver=improver),
        read=read_trained,
        keep=keep_improver,
        improver=improver,
        meta=Meta(improver=improver, said=said_of_texts(spec)),
        notes=said_of_texts(spec),
        name=plain_name(spec.task),
        estimate=Formula.run,
    )


def load(run: str | Path | None = None) -> Improved | Trained | Measured:
    """The result of an earlier `strop improve`, `strop run` or `strop eval`, read from its record.

    Args:
        run: directory of the record, or the end of its name. The newest in runs/ by default.

    Raises:
        ConfigurationError: there is no such run.
        StoreError: the record cannot be read, or the run has not ended.
    """
    return whole_result_in(find_run(None if run is None else Path(run)))
