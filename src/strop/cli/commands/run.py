"""strop run."""

from __future__ import annotations

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.options.commands import DryRun, OutputOptions
from strop.options.run import (
    DEFAULT_TASK,
    FIRST_IMPROVER,
    OPTIONS,
    CopiesOptions,
    Count,
    EnvironmentOptions,
    LimitOptions,
    PaperOptions,
    SelectionOptions,
    TwoModelOptions,
    Whole,
)


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class StartOptions:
    """The improver and the seed that a run starts with."""

    improver: str = FIRST_IMPROVER
    """Improver to start from, I_0: a name, a file, or `RUN:t`. `strop list improvers` lists the names. `RUN:t` is the
    improver of another run after iteration t, and the run is on the tasks of that run if none is named."""
    seed: Whole | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""
    seeds: Count | None = None
    """Number of runs, with the seeds from --seed on, in subfolders of one folder. The limits are for all of them together.
    `strop resume FOLDER` continues them, and `strop show FOLDER` tells what the finished ones show. A run that a limit cut short
    is not among these. Six runs or more have an interval."""


def run_command(
    *task: str,
    start: StartOptions = StartOptions(),
    setting: PaperOptions = PaperOptions(),
    selection: SelectionOptions = SelectionOptions(),
    model: TwoModelOptions = TwoModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: DryRun = False,
) -> int:
    """Run STOP (Algorithm 1 of the paper): improve an improver with itself.

    The best improver and the result are written into the directory of the run.

    Parameters
    ----------
    task
        Tasks: names, files with a `strop.Task`, or folders with a strop.toml. With several, û is the mean over them. The default
        is lpn, or the tasks of the run that --improver RUN:t names.
    """
    from strop.api.conventions import make_spec
    from strop.api.lookup import first_improver, tasks_of
    from strop.api.target import all_of
    from strop.api.training import train_job
    from strop.cli.command import command

    if "" in task:
        raise ConfigurationError("the task is an empty text; strop list tasks lists the tasks, and lpn is the default")
    tasks = task or tasks_of(start.improver) or (DEFAULT_TASK,)
    spec = make_spec(tasks, setting, selection, model, budget, limits, environment, start)
    loaded, improver = all_of(tasks), first_improver(spec)
    if start.seeds is None:
        return command(train_job(spec, loaded, improver), output, output.out, dry_run=dry_run)
    from strop.reproduce.over_seeds import over_seeds_job, seeds_from

    return command(
        over_seeds_job(spec, loaded, improver, seeds_from(spec.seed, start.seeds)), output, output.out, dry_run=dry_run
    )
