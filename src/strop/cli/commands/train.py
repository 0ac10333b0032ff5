"""strop train."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.training import KIND, OUT_FILE, finish, said_of
from strop.base.errors import ConfigurationError
from strop.cli.commands.beginning import BeginOptions
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
    folder,
)
from strop.cli.commands.planning import show_plan
from strop.cli.commands.reporting import NoReport, reported
from strop.cli.commands.result import show_result
from strop.cli.commands.run import DryRun, carry_out, spec_of
from strop.cli.commands.tracking import TrackOptions
from strop.runs.journal import new_directory
from strop.runs.run_directory import RunRecord
from strop.runs.training import check_free


def train_command(
    *,
    task: Annotated[Sequence[str], Parameter(name="--task", negative="", show_default=False)] = (),
    out_file: Annotated[Path | None, Parameter(converter=folder)] = None,
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
    """Train an improver: STOP over one task or several. Ends with the improver's file, and its card beside it.

    Parameters
    ----------
    task
        A task that the improver is trained on: a name, a file, or a folder with a strop.toml; give it several times for several.
    out_file
        Where the improver is written besides RUN/improver.py; its card gets the same name and ends in .toml.
    iterations
        T: how often the improver improves itself.
    meta_budget
        Meta-utility calls of one self-improvement.
    """
    if not task and begin.replay is None and begin.begin_from is None:
        raise ConfigurationError("name a task to train on: --task NAME or FILE, once or several times")
    if out_file is not None:
        check_free(out_file)
    start = begin.begun(task[0] if task else None, tuple(task[1:]))
    asked = {"iterations": iterations, "meta_budget": meta_budget} | vars(selection) | limits.given()
    spec, origin = spec_of(start, asked, model, ground, trust=begin.trust_task)
    if dry_run:
        return show_plan(spec, start.text, (origin or spec).tasks, as_json=as_json)
    directory = out or new_directory(RUNS, f"train-{spec.task}")
    with reported(directory, no_report):
        carry_out(KIND, start, spec, origin, directory, tracking.tracks(), said_of(out_file), show=display)
        finish(directory, out_file)
        show_result(directory, as_json=as_json)
    return 0


def finish_again(found: RunRecord) -> None:
    """Write the improver of a run that was gone on with. Who sends a record does not decide where files are written here."""
    named = found.meta.get(OUT_FILE)
    finish(found.directory, Path(named) if named and found.begun_here(os.environ) else None)
