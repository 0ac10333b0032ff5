"""Measure improvers: beside the seed improver, or one against another (`strop.compare`)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from strop.api.conventions import make_spec, takes
from strop.api.lookup import RUNS, any_improver_text, trained_on
from strop.api.recording import Record, measuring
from strop.api.target import TaskLike, model_of, objects_of, plain_name, several
from strop.base.errors import ConfigurationError, StropError, TaskError
from strop.base.events import ImproveStarted
from strop.report.terminal import evaluation as printing  # registers how a table is printed  # noqa: F401
from strop.report.terminal.live import Mode
from strop.runs import evaluate
from strop.runs.assembly import Components, assembled
from strop.runs.context import session
from strop.runs.evaluate import Named, named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.runs.results.measured import Measured
from strop.runs.run_directory import new_directory


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
        second: the other improver; the same one shows how far two measurements of it differ by chance.

    Raises:
        ConfigurationError: something that an argument names does not exist.
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


@dataclass(frozen=True)
class EvalForm:
    """One way to measure improvers."""

    kind: Literal["eval", "compare"]
    """Kind of the record: beside the seed improver, or one against another."""
    improvers: tuple[Named, ...]

    def carry_out(
        self, parts: Components, directory: Path, tracks: Sequence[str], show: Mode
    ) -> tuple[Measured, StropError | None]:
        """Measure what the record in `directory` lacks. Returns the result, and the error that stopped the work.

        Raises:
            ConfigurationError: the directory holds something else.
        """
        with measuring(parts, directory, self.kind, self._meta(parts), tracks, show) as record:
            error = None if record.finished else self._measure(parts, record)
            return evaluate.measured_in(record.store), error

    def _meta(self, parts: Components) -> dict[str, str]:
        """Metadata of the record, by which the same command recognises it."""
        trained = {each.name: each.trained_on for each in self.improvers if each.trained_on}
        meta = {
            "task": ", ".join(task.name for task in parts.tasks),
            "improvers": json.dumps([[improver.name, improver.digest] for improver in self.improvers]),
        }
        return meta | ({evaluate.TRAINED_ON: json.dumps(trained)} if trained else {})

    def _measure(self, parts: Components, record: Record) -> StropError | None:
        """Measure what is missing. Returns the error that stopped it, so that partial results can be shown first."""
        try:
            with session(parts, record.journal) as context:
                evaluate.carry_out(context, parts.tasks, self.improvers, record.notify)
        except StropError as error:
            if isinstance(error, ConfigurationError | TaskError) and not any(record.store.events(ImproveStarted)):
                raise
            return error
        return None


def rivals(first: str, second: str) -> EvalForm:
    """Two improvers on the same instances.

    Raises:
        ConfigurationError: one does not exist.
    """
    one, other = (Named(name, any_improver_text(name)) for name in (first, second))
    if one.digest == other.digest:
        other = replace(other, name=f"{second}{evaluate.AGAIN}")
    return EvalForm("compare", (one, other))


def form_of(improver: str, others: tuple[str, ...], against: str | None) -> EvalForm:
    """The form that the arguments of `strop eval` select.

    Raises:
        ConfigurationError: they contradict each other, or an improver does not exist.
    """
    if against is None:
        improvers = named([improver, *others], any_improver_text, trained_on)
        return EvalForm("eval", evaluate.with_seed(improvers))
    if others:
        raise ConfigurationError(f"--against takes one improver, not {1 + len(others)}")
    return rivals(improver, against)
