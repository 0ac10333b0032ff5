"""strop run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.arguments import recipe_of
from strop.api.recording import recorded
from strop.api.training import KIND, finish
from strop.cli.commands.beginning import Beginning, BeginOptions
from strop.cli.commands.forking import FORK, inherited, learn, seen_from, tell
from strop.cli.commands.options import RUNS
from strop.cli.commands.output import announce, results_alone
from strop.cli.commands.planning import show_plan
from strop.cli.commands.reporting import OutputOptions, reported
from strop.cli.commands.result import show_result
from strop.report.terminal.live import Mode
from strop.report.tracking import Track
from strop.runs.assembly import RunOrigin, assembled
from strop.runs.journal import new_directory, run
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, SelectionOptions
from strop.runs.run_directory import on_kept_trees
from strop.runs.spec import RunSpec

DryRun = Annotated[
    bool,
    Parameter(
        name="--dry-run",
        negative="",
        help="Estimate what the run takes (least, expected, most), and do nothing.",
    ),
]


def run_command(
    *task: str,
    begin: BeginOptions = BeginOptions(),
    selection: SelectionOptions = SelectionOptions(),
    model: ModelOptions = ModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: DryRun = False,
) -> int:
    """Run STOP: Algorithm 1 of the paper, with its parameters. Writes the best improver and its card into the run's directory.

    Parameters
    ----------
    task
        A task's name, a file that defines a strop.Task, or a folder with a strop.toml; of several, û is the mean. Without one:
        lpn, or the tasks of the run of --from.
    """
    start = begin.begun(task)
    announce(environment.instances)
    groups = (selection, model, budget, limits, environment)
    spec, origin = recipe_of(start.tasks, *groups, seed=start.seed, improver=start.improver), None
    if start.fork is not None:
        spec, origin = inherited(spec, start.fork), start.fork.origin(os.environ, trust=begin.trust_task)
    if dry_run:
        return show_plan(spec, start.text, (origin or spec).tasks, as_json=output.as_json)
    directory = output.out or new_directory(RUNS, spec.task)
    with reported(directory, output.no_report):
        carry_out(start, spec, origin, directory, output.tracks(), output.shown)
        finish(directory)
        show_result(directory, as_json=output.as_json)
    return 0


def carry_out(
    start: Beginning,
    spec: RunSpec,
    origin: RunOrigin | None,
    directory: Path,
    tracks: Sequence[Track],
    show: Mode,
) -> None:
    """Carry out Algorithm 1 in a new directory.

    Raises:
        StropError: the host failed or was stopped; what was done is kept.
    """
    fork = start.fork
    meta = {"improver": start.text} | ({FORK: seen_from(directory, fork)} if fork else {})
    with (
        results_alone(),
        assembled(spec, os.environ, origin) as parts,
        recorded(parts, directory, KIND, meta, tracks, show) as journal,
    ):
        if fork:
            learn(parts, fork.directory)
        run(on_kept_trees(parts, directory), start.text, directory, journal)
    if fork:
        tell(parts.language_model, fork)
