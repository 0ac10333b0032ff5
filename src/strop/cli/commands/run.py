"""strop run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from cyclopts import Parameter

from strop.api.conventions import make_spec
from strop.api.lookup import RUNS, any_improver_text, tasks_of
from strop.api.recording import check_free_folder
from strop.api.scoring import shown_progress
from strop.api.training import carry_out
from strop.base.errors import ConfigurationError
from strop.cli.commands.options import DEFAULTS, DryRun, OutputOptions
from strop.cli.commands.output import announce, present, reported, results_alone, say_scorers
from strop.cli.commands.result import show_result
from strop.runs.assembly import assembled, loaded
from strop.runs.options import (
    OPTIONS,
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    PaperOptions,
    SelectionOptions,
    TwoModelOptions,
    Whole,
)
from strop.runs.plan import Formula, assumptions_of, planned, works
from strop.runs.run_directory import new_directory
from strop.runs.spec import RunSpec


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class StartOptions:
    """The improver and the seed that a run starts with."""

    improver: str = DEFAULTS.improver
    """Improver to start from, I_0: a name, a file, or RUN:t. `strop list improvers` lists the names; RUN:t is the improver of
    another run after iteration t, and the run is on the tasks of that run if none is named."""
    seed: Whole | None = None
    """Seed of all random draws, together with this machine's key. A random one by default."""


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
    """Run STOP (Algorithm 1 of the paper): improve an improver with itself. Writes the best improver and the result.

    Parameters
    ----------
    task
        Tasks: names, files with a strop.Task, or folders with a strop.toml. With several, û is the mean.
        By default lpn, or the tasks of the run that --improver RUN:t names.
    """
    if "" in task:
        raise ConfigurationError("the task is an empty text; strop list tasks lists the tasks, and lpn is the default")
    announce(environment.instances)
    tasks = task or tasks_of(start.improver) or (DEFAULTS.task,)
    spec = make_spec(tasks, setting, selection, model, budget, limits, environment, start)
    text = any_improver_text(start.improver)
    if dry_run:
        return show_plan(spec, text, spec.tasks, as_json=output.as_json)
    directory = output.out or new_directory(RUNS, spec.task)
    check_free_folder(directory)
    with reported(directory, output.no_report):
        with results_alone(), assembled(spec, os.environ, begin=partial(shown_progress, output.shown)) as parts:
            if output.shown != "none":
                say_scorers(parts.tasks)
            carry_out(parts, text, directory, tracks=output.track, show=output.shown)
        show_result(directory, as_json=output.as_json)
    return 0


def show_plan(spec: RunSpec, improver: str, sources: Sequence[str], *, as_json: bool) -> int:
    """Print the estimate of a run that starts from the text `improver`; its tasks are loaded from `sources`.

    Raises:
        ConfigurationError: something does not exist, or money is limited and no price is known.
    """
    spec = spec.checked()
    assumptions = assumptions_of(spec, improver, loaded(sources), os.environ)
    present(planned([(spec, assumptions)], [works(spec, assumptions, Formula.run)]), as_json=as_json)
    return 0
