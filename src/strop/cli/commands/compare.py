"""strop compare."""

from __future__ import annotations

from strop.api.comparing import compared, rivals
from strop.cli.commands.missing import ended
from strop.cli.commands.options import (
    DEFAULTS,
    RUNS,
    Display,
    GroundOptions,
    Json,
    LimitOptions,
    ModelOptions,
    Out,
    Tasks,
    Whole,
    recipe,
)
from strop.cli.commands.output import announce, print_document, results, results_alone
from strop.cli.commands.reporting import NoReport, reported
from strop.cli.commands.tracking import TrackOptions
from strop.report.terminal.comparison import comparison_document, print_comparison
from strop.runs.journal import new_directory


def compare_command(
    first: str,
    second: str,
    /,
    *,
    task: Tasks = (DEFAULTS.task,),
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    limits: LimitOptions = LimitOptions(),  # noqa: B008
    tracking: TrackOptions = TrackOptions(),  # noqa: B008
    out: Out = None,
    display: Display = "auto",
    no_report: NoReport = False,
    as_json: Json = False,
) -> int:
    """Say which of two improvers is better on tasks, by how much, with a 95% interval, and what each spent of the same budgets.

    A directory whose work was stopped is gone on with by the same command.

    Parameters
    ----------
    first
        An improver: a name (see strop list improvers), a file, or RUN:t for what a run had after iteration t.
    second
        The other one.
    task
        A task's name, a file that defines a strop.Task, or a folder with a strop.toml; give it several times for several tasks.
    seed
        Seed of everything that is drawn, together with this machine's key.
    """
    improvers = rivals(first, second)
    announce(ground.instances)
    spec = recipe(task, seed, model, ground, iterations=0, improver=first, **limits.given())
    directory = out or new_directory(RUNS, f"compare-{task[0]}")
    with results_alone():
        found, stopped = compared(spec, improvers, directory, tracking.tracks(directory), display)
    if found is not None and as_json:
        print_document(comparison_document(found))
    elif found is not None:
        print_comparison(found, results())
    with reported(directory, no_report):
        return ended(stopped, "what was measured whole is kept", directory, as_json=as_json)
