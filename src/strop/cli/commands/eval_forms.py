"""The three things that `strop eval` measures: improvers beside the seed improver, one against another, one against itself."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from strop.api.comparing import rivals
from strop.api.finding import any_improver_text
from strop.api.measuring import Record
from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.cli.commands.options import DEFAULTS
from strop.cli.commands.output import notice_of
from strop.core.selection import Gate
from strop.report.terminal.documents import ModelFacts, to_json
from strop.report.terminal.evaluation import comparison_document, eval_document, print_comparison, print_matrix
from strop.report.terminal.noise import NoiseResult, noise_document, print_noise
from strop.runs import evaluate, noise_floor
from strop.runs.assembly import Components, RunContext
from strop.runs.compare import comparison
from strop.runs.journal import save
from strop.runs.measurements import Named, named
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
        evaluate.carry_out(context, self.plan(parts), record.store, record.told)

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
        noise_floor.carry_out(context, parts.tasks, self.improvers[0], self.repeats, record.store, record.told)

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
