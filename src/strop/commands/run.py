"""strop run."""

from __future__ import annotations

import os
from typing import Annotated

from cyclopts import Parameter

from strop.commands.beginning import BeginOptions
from strop.commands.forking import FORK, inherited, learn, seen_from, tell
from strop.commands.options import (
    DEFAULTS,
    RUNS,
    GroundOptions,
    Json,
    LimitOptions,
    ModelOptions,
    Out,
    SelectionOptions,
    Whole,
    recipe,
)
from strop.commands.output import announce, results_alone
from strop.commands.planning import show_plan
from strop.commands.recorded import recorded
from strop.commands.result import show_result
from strop.commands.tracking import TrackOptions
from strop.experiment import new_directory, run
from strop.laboratory import assembled

DryRun = Annotated[
    bool,
    Parameter(
        name="--dry-run",
        negative="",
        help="Say what the run would come to at least, as expected and at most, and do nothing.",
    ),
]


def run_command(
    task: str | None = None,
    /,
    *,
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
    as_json: Json = False,
) -> int:
    """Run STOP on a task: Algorithm 1 of the paper, with its parameters.

    Parameters
    ----------
    task
        A task's name, or a file that defines a strop.Task; lpn when not given, or the task of the run of --from.
    iterations
        T: how often the improver improves itself.
    meta_budget
        Meta-utility calls of one self-improvement.
    """
    start = begin.begun(task)
    announce(ground.instances)
    rest = {"iterations": iterations, "meta_budget": meta_budget, "improver": start.improver} | vars(selection)
    spec = recipe(start.task, start.seed, model, ground, **rest, **limits.given())
    fork, origin = start.fork, None
    if fork is not None:
        spec, origin = inherited(spec, fork), fork.origin(os.environ, trust=begin.trust_task)
    if dry_run:
        return show_plan(spec, start.text, origin.task if origin else spec.task, as_json=as_json)
    directory = out or new_directory(RUNS, spec.task)
    said = {"improver": start.text} | ({FORK: seen_from(directory, fork)} if fork else {})
    with (
        results_alone(),
        assembled(spec, os.environ, origin) as parts,
        recorded(parts, directory, "run", said, tracking.tracks()) as journal,
    ):
        if fork:
            learn(parts, fork.directory)
        run(parts, start.text, directory, journal)
    if fork:
        tell(parts.language_model, fork)
    show_result(directory, as_json=as_json)
    return 0
