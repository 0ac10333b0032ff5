"""strop run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from strop.api.recording import recorded
from strop.api.training import KIND, finish
from strop.cli.commands.beginning import Beginning, BeginOptions
from strop.cli.commands.forking import FORK, inherited, learn, seen_from, tell
from strop.cli.commands.options import (
    DEFAULTS,
    RUNS,
    Display,
    GroundOptions,
    Json,
    LimitOptions,
    ModelOptions,
    Out,
    SelectionOptions,
    Whole,
    recipe,
)
from strop.cli.commands.output import announce, results_alone
from strop.cli.commands.planning import show_plan
from strop.cli.commands.reporting import NoReport, reported
from strop.cli.commands.result import show_result
from strop.cli.commands.tracking import TrackOptions
from strop.report.terminal.live import Mode
from strop.report.tracking import Track
from strop.runs.assembly import RunOrigin, assembled
from strop.runs.journal import new_directory, run
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
    iterations: Annotated[Whole, Parameter(alias="-T")] = DEFAULTS.iterations,
    meta_budget: Whole = DEFAULTS.meta_budget,
    begin: BeginOptions = BeginOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    selection: SelectionOptions = SelectionOptions(),  # noqa: B008
    model: ModelOptions = ModelOptions(),  # noqa: B008
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    limits: LimitOptions = LimitOptions(),  # noqa: B008
    tracking: TrackOptions = TrackOptions(),  # noqa: B008
    out: Out = None,
    dry_run: DryRun = False,
    display: Display = "auto",
    no_report: NoReport = False,
    as_json: Json = False,
) -> int:
    """Run STOP: Algorithm 1 of the paper, with its parameters. Writes the best improver and its card into the run's directory.

    Parameters
    ----------
    task
        A task's name, a file that defines a strop.Task, or a folder with a strop.toml; of several, û is the mean. Without one:
        lpn, or the tasks of the run of --from.
    iterations
        T: how often the improver improves itself.
    meta_budget
        Meta-utility calls of one self-improvement.
    """
    start = begin.begun(task)
    asked = {"iterations": iterations, "meta_budget": meta_budget} | vars(selection) | limits.given()
    spec, origin = spec_of(start, asked, model, ground, trust=begin.trust_task)
    if dry_run:
        return show_plan(spec, start.text, (origin or spec).tasks, as_json=as_json)
    directory = out or new_directory(RUNS, spec.task)
    with reported(directory, no_report):
        carry_out(start, spec, origin, directory, tracking.tracks(), display)
        finish(directory)
        show_result(directory, as_json=as_json)
    return 0


def spec_of(
    start: Beginning, asked: Mapping[str, Any], model: ModelOptions, ground: GroundOptions, *, trust: bool
) -> tuple[RunSpec, RunOrigin | None]:
    """The recipe that was asked for, and where its tasks come from if that is another run."""
    announce(ground.instances)
    spec = recipe(start.tasks, start.seed, model, ground, **asked, improver=start.improver)
    if start.fork is None:
        return spec, None
    return inherited(spec, start.fork), start.fork.origin(os.environ, trust=trust)


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
