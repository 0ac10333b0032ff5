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
    """Improver to start from, I_0: a name, a file, or RUN:t. `strop list improvers` lists the names. RUN:t is the
    improver of another run after iteration t, and the run is on the tasks of that run if none is named."""
    seed: Whole | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""


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
    from strop.api.lookup import any_improver_text, tasks_of
    from strop.api.target import all_of
    from strop.api.training import train_job
    from strop.cli.command import command

    if "" in task:
        raise ConfigurationError("the task is an empty text; strop list tasks lists the tasks, and lpn is the default")
    tasks = task or tasks_of(start.improver) or (DEFAULT_TASK,)
    spec = make_spec(tasks, setting, selection, model, budget, limits, environment, start)
    job = train_job(spec, all_of(tasks), any_improver_text(start.improver))
    return command(job, output, output.out, dry_run=dry_run)
