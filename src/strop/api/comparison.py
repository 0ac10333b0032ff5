"""Measure improvers: beside the seed improver, one against another (`strop.compare`), or one against itself."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Generic, TypeVar

from strop.api.conventions import make_spec, takes
from strop.api.lookup import RUNS, any_improver_text, trained_on
from strop.api.recording import Record, measure_missing, measuring
from strop.api.target import TaskLike, check_model, model_of, objects_of, plain_name, several
from strop.base.as_document import to_json
from strop.base.errors import ConfigurationError, StropError
from strop.core.selection import Gate
from strop.report.terminal import evaluation as printing  # registers how a table is printed  # noqa: F401
from strop.report.terminal.live import Mode
from strop.runs import evaluate, noise_floor
from strop.runs.assembly import Components, RunContext, assembled
from strop.runs.measurements import Named, named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.runs.results.measured import Kind, Measured
from strop.runs.results.noise import MeasuredNoise, noise_in
from strop.runs.run_directory import new_directory, save
from strop.runs.spec import RunSpec
from strop.store import Store

NOISE_FILE = "noise.json"
MOST_REPEATS = 10_000
GATE = Gate(RunSpec.gate_error, RunSpec.iterations, RunSpec.gate_pairs)
"""The gate of `strop run` with its defaults."""


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
def compare(first: str | Path, second: str | Path, options: CompareOptions) -> Measured:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, or `RUN:t`, the improver of a run after iteration t.
        second: the other improver.

    Raises:
        ConfigurationError: something that an argument names does not exist, or both are the same program.
        StropError: the host failed or a limit was reached; what was done is kept.
    """
    form, tasks = rivals(str(first), str(second)), several(options.task)
    spec = make_spec(tasks, options, improver=first, iterations=0)
    folder = Path(options.out or new_directory(RUNS, f"compare-{plain_name(spec.task)}"))
    show: Mode = "auto" if options.progress else "none"
    with assembled(spec, os.environ, model=model_of(options.model), tasks=objects_of(tasks)) as parts:
        result, error = form.carry_out(parts, folder, (), show)
    if error is not None:
        raise error
    return result


R = TypeVar("R", Measured, MeasuredNoise)


class EvalForm(ABC, Generic[R]):
    """One way to measure improvers."""

    kind: str
    """Kind of the record."""
    improvers: tuple[Named, ...]

    def carry_out(
        self, parts: Components, directory: Path, tracks: Sequence[str], show: Mode
    ) -> tuple[R, StropError | None]:
        """Measure what the record in `directory` lacks. Returns the result, and the error that stopped the work.

        Raises:
            ConfigurationError: the directory holds something else, or the model cannot edit the program of a task.
        """
        for task, improver in product(parts.tasks, self.improvers):
            check_model(parts.spec.model, improver.text, task)
        with measuring(parts, directory, self.kind, self.meta(parts), tracks, show) as record:
            error = measure_missing(parts, record, lambda context: self.measure(context, record))
            return self.result(record.store), error

    def meta(self, parts: Components) -> dict[str, str]:
        """Metadata of the record, by which the same command recognises it."""
        return {
            "task": ", ".join(task.name for task in parts.tasks),
            "improvers": json.dumps([[improver.name, improver.digest] for improver in self.improvers]),
        }

    @abstractmethod
    def measure(self, context: RunContext, record: Record) -> None:
        """Measure what the record lacks."""

    @abstractmethod
    def result(self, store: Store) -> R:
        """The result in the record, complete or not."""


class ImproverTable(EvalForm[Measured]):
    """Improvers beside the seed improver, or two of them against each other at equal budgets."""

    def __init__(self, kind: Kind, improvers: Sequence[Named], curve: bool = False) -> None:
        self.kind, self.improvers, self.curve = kind, tuple(improvers), curve

    def meta(self, parts: Components) -> dict[str, str]:
        spec, trained = parts.spec, {each.name: each.trained_on for each in self.improvers if each.trained_on}
        return (
            super().meta(parts)
            | ({evaluate.CURVE: str(spec.lm_budget * spec.max_responses)} if self.curve else {})
            | ({evaluate.TRAINED_ON: json.dumps(trained)} if trained else {})
        )

    def measure(self, context: RunContext, record: Record) -> None:
        curves = record.store if self.curve else None
        evaluate.carry_out(context, context.parts.tasks, self.improvers, record.notify, curves)

    def result(self, store: Store) -> Measured:
        return evaluate.measured_in(store)


def rivals(first: str, second: str) -> ImproverTable:
    """Two improvers on the same instances.

    Raises:
        ConfigurationError: they are the same program, or one does not exist.
    """
    improvers = Named(first, any_improver_text(first)), Named(second, any_improver_text(second))
    evaluate.check_rivals(improvers)
    return ImproverTable("compare", improvers)


class NoiseFloor(EvalForm[MeasuredNoise]):
    """One improver, measured again and again on the training split."""

    kind = "noise"

    def __init__(self, name: str, repeats: int) -> None:
        if not 2 <= repeats <= MOST_REPEATS:
            raise ConfigurationError(f"--noise is {repeats}; it must be between 2 and {MOST_REPEATS}")
        self.improvers = named([name], any_improver_text)
        self.repeats = repeats

    def meta(self, parts: Components) -> dict[str, str]:
        return super().meta(parts) | {"repeats": str(self.repeats)}

    def measure(self, context: RunContext, record: Record) -> None:
        noise_floor.carry_out(context, context.parts.tasks, self.improvers[0], self.repeats, record.notify)

    def result(self, store: Store) -> MeasuredNoise:
        noise = noise_in(store)
        if noise.done == noise.wanted:
            save(store.directory / NOISE_FILE, to_json(noise) + "\n")
        return noise


def form_of(
    improver: str, others: tuple[str, ...], against: str | None, noise: int | None, curve: bool = False
) -> ImproverTable | NoiseFloor:
    """The form that the arguments of `strop eval` select.

    Raises:
        ConfigurationError: they contradict each other, or an improver does not exist.
    """
    if against is not None and noise is not None:
        raise ConfigurationError("--against and --noise exclude each other")
    flag = "--against" if against is not None else "--noise" if noise is not None else None
    if flag and curve:
        raise ConfigurationError(f"{flag} and --curve exclude each other")
    if flag and others:
        raise ConfigurationError(f"{flag} takes one improver, not {1 + len(others)}")
    if against is not None:
        return rivals(improver, against)
    if noise is not None:
        return NoiseFloor(improver, noise)
    improvers = named([improver, *others], any_improver_text, trained_on)
    return ImproverTable("eval", evaluate.with_seed(improvers), curve)
