"""strop eval."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from strop.api.comparison import EvalForm, form_of
from strop.api.conventions import make_spec
from strop.api.lookup import RUNS
from strop.api.recording import check_free_folder
from strop.api.scoring import shown_progress
from strop.base.errors import StropError
from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.cli.commands.options import DEFAULTS, DryRun, OutputOptions, Tasks
from strop.cli.commands.output import (
    announce,
    notify,
    present,
    print_document,
    reported,
    results,
    results_alone,
    say_scorers,
)
from strop.report.terminal import evaluation as evaluation  # registers how a table is printed
from strop.report.terminal.layout import look_at
from strop.runs.assembly import assembled, loaded
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, Whole
from strop.runs.plan import assumptions_of, planned, works
from strop.runs.results.measured import Measured
from strop.runs.run_directory import new_directory
from strop.runs.spec import RunSpec, improver_text
from strop.store import FILE_NAME


def eval_command(
    improver: str,
    /,
    *others: str,
    against: str | None = None,
    task: Tasks = (DEFAULTS.task,),
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: DryRun = False,
) -> int:
    """Measure improvers on tasks: beside the seed improver (Table 1), or one against another.

    Every improver gets the same instances and budgets. The same command with the same --out continues stopped work.

    Parameters
    ----------
    improver
        Improver: a name (strop list improvers), a file, or RUN:t. RUN:t is the improver of a run after iteration t.
    others
        Further improvers.
    against
        Improver to compare with: which is better, by how much, and what each spent. The improver itself shows what chance does.
    task
        Task: a name, a file with a strop.Task, or a folder with a strop.toml. Repeat it for several tasks.
    seed
        Seed of all random draws, together with this machine's key.
    """
    form = form_of(improver, others, against)
    spec = make_spec(task, model, budget, limits, environment, seed=seed, iterations=0, improver=improver)
    announce(environment.instances)
    if dry_run:
        return _show_plan(spec.checked(), form, as_json=output.as_json)
    directory = output.out or new_directory(RUNS, f"{form.kind}-{task[0]}")
    if not (directory / FILE_NAME).exists():
        check_free_folder(directory)
    with results_alone(), assembled(spec, os.environ, begin=partial(shown_progress, output.shown)) as parts:
        if output.shown != "none":
            say_scorers(parts.tasks)
        result, error = form.carry_out(parts, directory, output.track, output.shown)
    with reported(directory, output.no_report):
        _end(result, error, directory, as_json=output.as_json)
    return 0


def _show_plan(spec: RunSpec, form: EvalForm, *, as_json: bool) -> int:
    assumptions = assumptions_of(spec, improver_text("seed"), loaded(spec.tasks), os.environ)
    work = works(spec, assumptions, lambda formula: formula.measured(len(form.improvers)))
    present(planned([(spec, assumptions)], [work]), as_json=as_json)
    return 0


def _end(result: Measured, error: StropError | None, directory: Path, *, as_json: bool) -> None:
    _print(result, error, as_json=as_json)
    if error is not None:
        done = f"{len(result.cells)} of {quantity(result.wanted, 'measurement')} done"
        error.add_note(f"{done}. To continue: the same command with --out {directory}")
        raise error
    if not as_json:
        notify(f"more: {look_at(directory)}")


def _print(result: Measured, error: StropError | None, *, as_json: bool) -> None:
    """Print a whole result, or the measured part of one that an error stopped."""
    if as_json and error is None:
        print_document(result)
    elif not as_json and (error is None or result.cells):
        print_result(result, results())
