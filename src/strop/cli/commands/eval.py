"""strop eval."""

from __future__ import annotations

import os
from pathlib import Path

from strop.api.arguments import recipe_of
from strop.api.measuring import measure_missing, measuring
from strop.base.errors import StropError
from strop.cli.commands.eval_forms import Result, form_of
from strop.cli.commands.options import DEFAULTS, RUNS, Tasks, Whole
from strop.cli.commands.output import announce, notices, print_document, results, results_alone
from strop.cli.commands.reporting import OutputOptions, reported
from strop.runs.assembly import assembled
from strop.runs.journal import new_directory
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions


def eval_command(
    improver: str,
    /,
    *others: str,
    against: str | None = None,
    noise: Whole | None = None,
    task: Tasks = (DEFAULTS.task,),
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
) -> int:
    """Measure improvers on tasks: beside the seed improver (Table 1), one against another, or one against itself.

    Every improver gets the same instances and budgets. The same command with the same --out continues stopped work.

    Parameters
    ----------
    improver
        The name of an improver (see strop list improvers), a file, or RUN:t for what a run had after iteration t.
    others
        More of them.
    against
        Say which of the two improvers is better, by how much, and what each spent.
    noise
        Measure the improver so many times against itself: how far two measurements differ by chance alone.
    task
        A task's name, a file that defines a strop.Task, or a folder with a strop.toml; repeat it for several tasks.
    seed
        Seed of everything that is drawn, together with this machine's key.
    """
    form = form_of(improver, others, against, noise)
    spec = recipe_of(task, model, budget, limits, environment, seed=seed, iterations=0, improver=improver)
    announce(environment.instances)
    directory = output.out or new_directory(RUNS, f"{form.kind}-{task[0]}")
    with (
        results_alone(),
        assembled(spec, os.environ) as parts,
        measuring(parts, directory, form.kind, form.meta(parts), output.tracks(directory), output.shown) as record,
    ):
        stopped = measure_missing(parts, record, lambda context: form.measure(context, parts, record))
        found = form.result(record.store, parts, directory, complete=stopped is None)
    _show(found, as_json=output.as_json)
    with reported(directory, output.no_report):
        return _ended(stopped, found.kept, directory, as_json=output.as_json)


def _show(found: Result, *, as_json: bool) -> None:
    if as_json and found.document is not None:
        print_document(found.document)
    elif not as_json and found.print_on is not None:
        found.print_on(results())


def _ended(stopped: StropError | None, kept: str, directory: Path, *, as_json: bool) -> int:
    """Say where the record is, or what is kept and how to continue.

    Raises:
        StropError: what stopped the work.
    """
    if stopped is not None:
        stopped.add_note(f"{kept}. To continue: the same command with --out {directory}")
        raise stopped
    if not as_json:
        notices().print(f"recorded in {directory}", markup=False, soft_wrap=True)
    return 0
