"""Measure improvers: beside the seed improver, one against another (`strop.compare`), or one against itself."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from rich.console import Console

from strop.api.conventions import Shown, make_spec, takes
from strop.api.lookup import RUNS, any_improver_text
from strop.api.recording import Record, measure_missing, measuring
from strop.api.target import TaskLike, check_model, model_of, objects_of, plain_name, several
from strop.base.errors import ConfigurationError, StropError
from strop.base.pluralize import quantity
from strop.core.selection import Gate
from strop.report.terminal.documents import ModelFacts, to_json
from strop.report.terminal.evaluation import comparison_document, eval_document, print_comparison, print_matrix
from strop.report.terminal.live import Mode
from strop.report.terminal.noise import NoiseResult, noise_document, print_noise
from strop.report.terminal.words import notice_of
from strop.runs import compare as runs_compare
from strop.runs import evaluate, noise_floor
from strop.runs.assembly import Components, RunContext, assembled
from strop.runs.measurements import Named, named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.runs.run_directory import new_directory, save
from strop.runs.spec import RunSpec
from strop.store import Store

NOISE_FILE = "noise.json"
MOST_REPEATS = 10_000
GATE = Gate(RunSpec.gate_error, RunSpec.iterations, RunSpec.gate_pairs)
"""The gate of `strop run` with its defaults."""


@dataclass(frozen=True, repr=False)
class Comparison(runs_compare.Comparison, Shown):
    """Which of two improvers is better, by how much, and what each spent."""

    def print_on(self, console: Console) -> None:
        """Print it as `strop eval --against` does."""
        print_comparison(self, console)

    def __repr__(self) -> str:
        return f"<Comparison: {self.sentence}>"


@dataclass(frozen=True, kw_only=True)
class CompareOptions(EnvironmentOptions, LimitOptions, CopiesOptions, ModelOptions):
    """The keywords of `strop.compare`."""

    task: TaskLike | Sequence[TaskLike]
    """One task or several, as in `strop.train`."""
    seed: int = 0
    """Seed of all random draws, together with this machine's key."""
    out: str | Path | None = None
    """Directory of the record. If it holds the same comparison, unfinished, that is continued. A new one in runs/ by default."""
    progress: bool = False
    """Show progress on standard error."""


@takes(CompareOptions)
def compare(first: str | Path, second: str | Path, options: CompareOptions) -> Comparison:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, or `RUN:t`, the improver of a run after iteration t.
        second: the other improver.

    Raises:
        ConfigurationError: something that an argument names does not exist, or both are the same program.
        StropError: the host failed or a limit was reached; what was done is kept.
    """
    form, tasks = Versus(str(first), str(second)), several(options.task)
    spec = make_spec(tasks, options, improver=first, iterations=0)
    folder = Path(options.out or new_directory(RUNS, f"compare-{plain_name(spec.task)}"))
    show: Mode = "auto" if options.progress else "none"
    with assembled(spec, os.environ, model=model_of(options.model), tasks=objects_of(tasks)) as parts:
        result, error = form.carry_out(parts, folder, (), show)
    if error is not None or result.comparison is None:
        raise error or StropError(result.progress)
    return Comparison(**vars(result.comparison))


@dataclass(frozen=True)
class Result:
    """The measurements so far."""

    progress: str
    """What an unfinished record holds, in words."""
    print_on: Callable[[Console], None] | None
    """Print it as a table; None if there is nothing to show."""
    document: Mapping[str, object] | None
    """The document of --json; None for an unfinished record."""
    comparison: runs_compare.Comparison | None = None


class EvalForm(ABC):
    """One way to measure improvers, and how its result is shown."""

    kind: str
    """Kind of the record."""
    improvers: tuple[Named, ...]

    def carry_out(
        self, parts: Components, directory: Path, tracks: Sequence[str], show: Mode
    ) -> tuple[Result, StropError | None]:
        """Measure what the record in `directory` lacks. Returns the result, and the error that stopped the work.

        Raises:
            ConfigurationError: the directory holds something else, or the model cannot edit the program of a task.
        """
        for task, improver in product(parts.tasks, self.improvers):
            check_model(parts.spec.model, improver.text, task)
        with measuring(parts, directory, self.kind, self.meta(parts), tracks, show) as record:
            error = measure_missing(parts, record, lambda context: self.measure(context, parts, record))
            return self.result(record.store, parts, directory, complete=error is None), error

    def meta(self, parts: Components) -> dict[str, str]:
        """Metadata of the record, by which the same command recognises it."""
        return {
            "task": ", ".join(task.name for task in parts.tasks),
            "improvers": json.dumps([[improver.name, improver.digest] for improver in self.improvers]),
        }

    def plan(self, parts: Components) -> evaluate.Plan:  # type: ignore[type-arg]
        """Every improver on every task."""
        return evaluate.Plan(parts.tasks, self.improvers, parts.spec.copies)

    def measure(self, context: RunContext, parts: Components, record: Record) -> None:
        """Measure what the record lacks."""
        evaluate.carry_out(context, self.plan(parts), record.notify)

    @abstractmethod
    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        """The result in the record; `complete` unless the work was stopped."""


class SeedTable(EvalForm):
    """Improvers beside the seed improver."""

    kind = "eval"

    def __init__(self, names: list[str]) -> None:
        self.improvers = evaluate.with_seed(named(names, any_improver_text))

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        matrix, model = evaluate.matrix(store, self.plan(parts)), _facts(parts)
        return Result(
            f"{len(matrix.cells)} of {quantity(len(parts.tasks) * len(self.improvers), 'measurement')} done",
            partial(print_matrix, matrix, notice=_notice(parts)) if matrix.cells else None,
            eval_document(matrix, model) if complete else None,
        )


class Versus(EvalForm):
    """Two improvers on the same instances, at equal budgets."""

    kind = "compare"

    def __init__(self, first: str, second: str) -> None:
        self.improvers = Named(first, any_improver_text(first)), Named(second, any_improver_text(second))
        runs_compare.check_rivals(self.improvers)

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        if not complete:
            return Result("finished measurements are kept", None, None)
        comparison = runs_compare.comparison(evaluate.matrix(store, self.plan(parts)), store)
        return Result("", partial(print_comparison, comparison), comparison_document(comparison), comparison)


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
        noise_floor.carry_out(context, parts.tasks, self.improvers[0], self.repeats, record.notify)

    def result(self, store: Store, parts: Components, directory: Path, *, complete: bool) -> Result:
        trials = [noise_floor.trials(store, task, self.repeats, parts.spec.copies) for task in parts.tasks]
        by_task = tuple((trial, _noise(trial)) for trial in trials)
        noise = NoiseResult(self.improvers[0], parts.spec.copies, self.repeats, by_task)
        document = noise_document(noise, _facts(parts)) if complete else None
        if document is not None:
            save(directory / NOISE_FILE, to_json(document) + "\n")
        return Result("finished repeats are kept", partial(print_noise, noise, notice=_notice(parts)), document)


def form_of(improver: str, others: tuple[str, ...], against: str | None, noise: int | None) -> EvalForm:
    """The form that the arguments of `strop eval` select.

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


def _noise(trials: noise_floor.Trials) -> noise_floor.Noise | None:
    return noise_floor.noise(trials) if len(trials.values) > 1 else None


def _notice(parts: Components) -> str:
    return notice_of(parts.language_model.name, parts.language_model.is_language_model)


def _facts(parts: Components) -> ModelFacts:
    return ModelFacts(parts.language_model.name, parts.language_model.is_language_model)
