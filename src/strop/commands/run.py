"""strop run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.commands.options import DEFAULTS, RUNS, GroundOptions, Json, ModelOptions, Out, Whole, random_seed, recipe
from strop.commands.output import announce, notice_of, print_document, reading, results, results_alone
from strop.commands.recorded import recorded
from strop.experiment import new_directory, run
from strop.laboratory import assembled
from strop.report.documents import ModelFacts, run_document
from strop.report.tables import print_run
from strop.spec import improver_text
from strop.store import Store


def run_command(
    task: str = DEFAULTS.task,
    /,
    *,
    iterations: Annotated[Whole, Parameter(alias="-T")] = DEFAULTS.iterations,
    meta_budget: Whole = DEFAULTS.meta_budget,
    improver: str = DEFAULTS.improver,
    seed: Whole | None = None,
    model: ModelOptions = ModelOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Run STOP on a task: Algorithm 1 of the paper, with its parameters.

    Parameters
    ----------
    task
        A task's name, or a file that defines a strop.Task.
    iterations
        T: how often the improver improves itself.
    meta_budget
        Meta-utility calls of one self-improvement.
    improver
        I_0: the name of a shipped improver, or a file.
    seed
        With this machine's key it decides everything that is drawn; random when not given.
    """
    drawn = random_seed() if seed is None else seed
    announce(ground.instances)
    spec = recipe(task, drawn, model, ground, iterations=iterations, meta_budget=meta_budget, improver=improver)
    text = improver_text(improver)
    directory = out or new_directory(RUNS, task)
    with results_alone(), assembled(spec, os.environ) as parts, recorded(parts, directory, "run") as journal:
        run(parts, text, directory, journal)
    show_result(directory, as_json=as_json)
    return 0


def show_result(directory: Path, *, as_json: bool) -> None:
    """Print what a run came to."""
    with reading(directory), Store.open(directory) as store:
        meta = store.meta
        model = ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true")
        best = directory / "best.py"
        if as_json:
            found = best if best.is_file() else None
            print_document(run_document(store.events(), directory=directory, model=model, best=found))
            return
        print_run(store.events(), results(), notice=notice_of(model.name, model.is_language_model))
        if meta.get("kind") == "eval":
            results().print(
                "this is the record of strop eval, which has no iterations; docs/store.md says how to ask it",
                markup=False,
            )
        if meta.get("kind") == "table2":
            results().print(
                "this is the record of strop reproduce table2, which has no iterations; the same command with --list shows it",
                markup=False,
            )
    if best.is_file():
        results().print(f"best improver: {best}", markup=False, soft_wrap=True)
