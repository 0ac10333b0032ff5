"""strop run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.commands.finding import any_improver_text, task_of
from strop.commands.improve import show_improvement
from strop.commands.options import (
    DEFAULTS,
    RUNS,
    GroundOptions,
    Json,
    ModelOptions,
    Out,
    SelectionOptions,
    Whole,
    random_seed,
    recipe,
)
from strop.commands.output import announce, notice_of, print_document, reading, results, results_alone
from strop.commands.recorded import recorded
from strop.errors import ConfigurationError
from strop.events import Compared
from strop.experiment import new_directory, run
from strop.laboratory import assembled
from strop.report.documents import ModelFacts, run_document
from strop.report.strategies import (
    has_lineage,
    named,
    print_comparisons,
    print_strategies,
    strategy_documents,
)
from strop.report.tables import print_run
from strop.store import Store


def run_command(
    task: str | None = None,
    /,
    *,
    iterations: Annotated[Whole, Parameter(alias="-T")] = DEFAULTS.iterations,
    meta_budget: Whole = DEFAULTS.meta_budget,
    improver: str = DEFAULTS.improver,
    begin_from: Annotated[str | None, Parameter(name="--from")] = None,
    seed: Whole | None = None,
    selection: SelectionOptions = SelectionOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    model: ModelOptions = ModelOptions(),  # noqa: B008
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    out: Out = None,
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
    improver
        I_0: the name of a shipped improver, a file, or RUN:t for what another run had after iteration t.
    begin_from
        RUN:t: begin anew from I_t of another run, as when a later step of it was wrong. The same as --improver RUN:t, and the
        task is that run's when none is named.
    seed
        With this machine's key it decides everything that is drawn; random when not given.
    """
    drawn = random_seed() if seed is None else seed
    announce(ground.instances)
    if begin_from is not None:
        if improver != DEFAULTS.improver:
            raise ConfigurationError("--from and --improver both name I_0; give one of them")
        improver = begin_from
        task = task or task_of(begin_from)
    task = task or DEFAULTS.task
    text = any_improver_text(improver)
    rest = {"iterations": iterations, "meta_budget": meta_budget, "improver": improver, **vars(selection)}
    spec = recipe(task, drawn, model, ground, **rest)
    directory = out or new_directory(RUNS, task)
    with results_alone(), assembled(spec, os.environ) as parts, recorded(parts, directory, "run") as journal:
        run(parts, text, directory, journal)
    show_result(directory, as_json=as_json)
    return 0


NO_ITERATIONS = {
    "eval": "this is the record of strop eval, which has no iterations; the same command with --out here prints it again",
    "noise": "this is the record of strop noise, which has no iterations; the same command with --out here prints it again",
    "table2": "this is the record of strop reproduce table2, which has no iterations; the same command with --list shows it",
    "proposals": "this is the record of strop reproduce strategies, which has no iterations; proposals.json above it tells more",
}
"""What is said of records of other kinds."""


def show_result(directory: Path, *, as_json: bool) -> None:
    """Print what a run came to."""
    with reading(directory), Store.open(directory) as store:
        meta = store.meta
        if meta.get("kind") == "improve":
            show_improvement(store, directory, as_json=as_json)
            return
        model = ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true")
        best = directory / "best.py"
        if as_json:
            found = best if best.is_file() else None
            strategies = strategy_documents(named(store))
            print_document(
                run_document(
                    store.events(),
                    directory=directory,
                    model=model,
                    best=found,
                    strategies=strategies,
                    kind=meta.get("kind", "run"),
                )
            )
            return
        notice = notice_of(model.name, model.is_language_model)
        tasks = meta.get("task", "") if meta.get("kind") in NO_ITERATIONS else ""
        print_run(store.events(), results(), notice=notice, tasks=tasks)
        print_strategies(named(store), results(), lineage=has_lineage(store))
        print_comparisons((stored.event for stored in store.events(Compared)), results())
        if meta.get("kind") in NO_ITERATIONS:
            results().print(NO_ITERATIONS[meta["kind"]], markup=False)
    if best.is_file():
        results().print(f"best improver: {best}", markup=False, soft_wrap=True)
