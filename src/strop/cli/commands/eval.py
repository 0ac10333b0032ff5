"""strop eval."""

from __future__ import annotations

import json
import os

from strop.cli.commands.finding import any_improver_text
from strop.cli.commands.measuring import measuring
from strop.cli.commands.missing import ended, measure_missing
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
from strop.cli.commands.output import announce, notice_of, print_document, results, results_alone
from strop.cli.commands.reporting import NoReport, reported
from strop.cli.commands.tracking import TrackOptions
from strop.report.terminal.documents import ModelFacts
from strop.report.terminal.matrix import eval_document, print_matrix
from strop.report.terminal.words import quantity
from strop.runs.assembly import Components, assembled
from strop.runs.evaluate import Matrix, Plan, carry_out, matrix, with_seed
from strop.runs.journal import new_directory
from strop.runs.measurements import named
from strop.tasks.command.task import AnyTask


def eval_command(
    improver: str,
    /,
    *others: str,
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
    """Measure the meta-utility of improvers on tasks, each with its standard error, beside the seed improver's (Table 1).

    Every improver meets the same instances. A directory whose work was stopped is gone on with by the same command.

    Parameters
    ----------
    improver
        File of an improver, the name of a shipped one, or RUN:t for what a run had after iteration t.
    others
        More of them.
    task
        A task's name, or a file that defines a strop.Task; give it several times for several tasks.
    seed
        Seed of everything that is drawn, together with this machine's key.
    """
    spec = recipe(task, seed, model, ground, iterations=0, improver=improver, **limits.given())
    announce(ground.instances)
    improvers = with_seed(named([improver, *others], any_improver_text))
    directory = out or new_directory(RUNS, f"eval-{task[0]}")
    with results_alone(), assembled(spec, os.environ) as parts:
        plan = Plan(parts.tasks, improvers, spec.copies)
        with measuring(parts, directory, "eval", _said(plan), tracking.tracks(directory), display) as record:
            stopped = measure_missing(parts, record, lambda at: carry_out(at, plan, record.store, record.told))
            found = matrix(record.store, plan)
    _show(found, parts, whole=stopped is None, as_json=as_json)
    there = f"{len(found.cells)} of {quantity(len(plan.tasks) * len(plan.improvers), 'measurement')} done"
    with reported(directory, no_report):
        return ended(stopped, there, directory, as_json=as_json)


def _said(plan: Plan[AnyTask]) -> dict[str, str]:
    """What the record says of itself, by which the same command knows it again."""
    return {
        "task": ", ".join(task.name for task in plan.tasks),
        "improvers": json.dumps([[each.name, each.digest] for each in plan.improvers]),
    }


def _show(found: Matrix, parts: Components, *, whole: bool, as_json: bool) -> None:
    model = ModelFacts(parts.language_model.name, parts.language_model.is_language_model)
    if as_json and whole:
        print_document(eval_document(found, model))
    elif not as_json and found.cells:
        print_matrix(found, results(), notice=notice_of(model.name, model.is_language_model))
