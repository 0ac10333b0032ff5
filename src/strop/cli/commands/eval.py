"""strop eval: improvers beside the seed improver, one against another, or one against itself."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from strop.api.arguments import recipe_of
from strop.api.comparing import rivals
from strop.api.finding import any_improver_text
from strop.api.measuring import Record, measure_missing, measuring
from strop.base.errors import ConfigurationError, StropError
from strop.base.pluralize import quantity
from strop.cli.commands.options import DEFAULTS, RUNS, OutputOptions, Tasks, Whole
from strop.cli.commands.output import announce, notice_of, notify, print_document, reported, results, results_alone
from strop.core.selection import Gate
from strop.report.terminal.documents import ModelFacts, to_json
from strop.report.terminal.evaluation import comparison_document, eval_document, print_comparison, print_matrix
from strop.report.terminal.noise import NoiseResult, noise_document, print_noise
from strop.runs import evaluate, noise_floor
from strop.runs.assembly import Components, RunContext, assembled
from strop.runs.compare import comparison
from strop.runs.measurements import Named, named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.runs.run_directory import new_directory, save
from strop.store import Store

NOISE_FILE = "noise.json"
MOST_REPEATS = 10_000
GATE = Gate(DEFAULTS.gate_error, DEFAULTS.iterations, DEFAULTS.gate_pairs)
"""The gate of `strop run` with its defaults."""


@dataclass(frozen=True)
class Result:
    """What was measured."""

    kept: str
    """What is kept of stopped work, in words."""
    print_on: Callable[[Console], None] | None
    """Print it as a table; None where there is nothing to show."""
    document: Mapping[str, object] | None
    """The document of --json; None for stopped work."""


class EvalForm(ABC):
    """What one call of `strop eval` measures and shows."""

    kind: str
    """Kind of the record."""
    improvers: tuple[Named, ...]

    def meta(self, parts: Components) -> dict[str, str]:
        """What the record says of itself; the same command recognises its record by it."""
        return {
            "task": ", ".join(task.name for task in parts.tasks),
            "improvers": json.dumps([[improver.name, improver.digest] for improver in self.improvers]),
        }

    def plan(self, parts: Components) -> evaluate.Plan:  # type: ignore[type-arg]
        """Every improver on every task."""
        return evaluate.Plan(parts.tasks, self.improvers, parts.spec.copies)

    def measure(self, context: RunContext, parts: Components, record: Record) -> None:
        """Measure what the record lacks."""
        evaluate.carry_out(context, self.plan(parts), record.told)

    @abstractmethod
    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        """What the record holds; `complete` unless the work was stopped."""


class SeedTable(EvalForm):
    """Improvers beside the seed improver."""

    kind = "eval"

    def __init__(self, names: list[str]) -> None:
        self.improvers = evaluate.with_seed(named(names, any_improver_text))

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        found, model = evaluate.matrix(store, self.plan(parts)), _facts(parts)
        return Result(
            f"{len(found.cells)} of {quantity(len(parts.tasks) * len(self.improvers), 'measurement')} done",
            partial(print_matrix, found, notice=_notice(parts)) if found.cells else None,
            eval_document(found, model) if complete else None,
        )


class Versus(EvalForm):
    """Two improvers on the same instances, at equal budgets."""

    kind = "compare"

    def __init__(self, first: str, second: str) -> None:
        self.improvers = rivals(first, second)

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        if not complete:
            return Result("finished measurements are kept", None, None)
        found = comparison(evaluate.matrix(store, self.plan(parts)), store)
        return Result("", partial(print_comparison, found), comparison_document(found))


class NoiseFloor(EvalForm):
    """One improver, measured again and again on the training split."""

    kind = "noise"

    def __init__(self, name: str, repeats: int) -> None:
        if not 2 <= repeats <= MOST_REPEATS:
            raise ConfigurationError(f"--noise is {repeats}; it must be between 2 and {MOST_REPEATS}")
        self.improvers = named([name], any_improver_text)
        self.repeats = repeats

    def meta(self, parts: Components) -> dict[str, str]:
        return super().meta(parts) | {"repeats": str(self.repeats)}

    def measure(self, context: RunContext, parts: Components, record: Record) -> None:
        noise_floor.carry_out(context, parts.tasks, self.improvers[0], self.repeats, record.told)

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        trials = [noise_floor.trials(store, task, self.repeats, parts.spec.copies) for task in parts.tasks]
        by_task = tuple((each, _noise(each)) for each in trials)
        found = NoiseResult(self.improvers[0], parts.spec.copies, self.repeats, by_task)
        document = noise_document(found, _facts(parts)) if complete else None
        if document is not None:
            save(directory / NOISE_FILE, to_json(document) + "\n")
        return Result("finished repeats are kept", partial(print_noise, found, notice=_notice(parts)), document)


def form_of(improver: str, others: tuple[str, ...], against: str | None, noise: int | None) -> EvalForm:
    """What the arguments of `strop eval` ask for.

    Raises:
        ConfigurationError: they contradict each other, or an improver does not exist.
    """
    if against is not None and noise is not None:
        raise ConfigurationError("--against and --noise exclude each other")
    flag = "--against" if against is not None else "--noise" if noise is not None else None
    if flag and others:
        raise ConfigurationError(f"{flag} takes one improver, not {1 + len(others)}")
    if against is not None:
        return Versus(improver, against)
    return SeedTable([improver, *others]) if noise is None else NoiseFloor(improver, noise)


def _noise(found: noise_floor.Trials) -> noise_floor.Noise | None:
    return noise_floor.noise(found, GATE, np.random.default_rng(0)) if len(found.values) > 1 else None


def _notice(parts: Components) -> str:
    return notice_of(parts.language_model.name, parts.language_model.is_language_model)


def _facts(parts: Components) -> ModelFacts:
    return ModelFacts(parts.language_model.name, parts.language_model.is_language_model)


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
        Improver: a name (strop list improvers), a file, or RUN:t. RUN:t is the improver of a run after iteration t.
    others
        Further improvers.
    against
        Improver to compare with: which is better, by how much, and what each spent.
    noise
        Measure the improver N times against itself: how far measurements differ by chance.
    task
        Task: a name, a file with a strop.Task, or a folder with a strop.toml. Repeat it for several tasks.
    seed
        Seed of all random draws, together with this machine's key.
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
        notify(f"recorded in {directory}")
    return 0
