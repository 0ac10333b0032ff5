"""Cells: the runs and measurements that a protocol consists of, carried out one after the other in one directory.

The record in `cells/NAME/` is all that there is of a cell. A finished record gives the cell's result; an unfinished one
continues, even after `kill -9`. Protocols that share a directory share equal cells.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from strop.api.job import TEMPORARY, Job, ViewOfJobs, perform
from strop.api.jobs import job_of
from strop.api.measurement import measure_job
from strop.api.target import all_of
from strop.api.training import train_job
from strop.base import private
from strop.base.budget import COST, TOKENS
from strop.base.errors import ConfigurationError, RunBudgetSpent, SearchOver, StoreError, StropError, dollars
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.options.run import LimitOptions
from strop.report.terminal.display import Display
from strop.report.terminal.live import View
from strop.report.terminal.phrases import duration
from strop.runs.context import RunContext
from strop.runs.evaluate import with_seed
from strop.runs.interrupts import TimeSpent
from strop.runs.meta import Named
from strop.runs.result import whole_result_in
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.resume import recall
from strop.runs.run_data import RunData
from strop.runs.run_directory import RunRecord, check_in_place, check_tasks, load_run
from strop.runs.spec import RunSpec, shipped_improvers
from strop.runs.texts import seed_improver, with_texts
from strop.store import FILE_NAME, Store
from strop.store.files import lock_directory
from strop.tasks.command.task import AnyTask

CellResult: TypeAlias = Trained | Measured
Limits: TypeAlias = Mapping[str, Any]
"""`max_cost` in dollars, `max_tokens`, `max_calls`, `max_time` in seconds: those that are given."""
FOLDER = "cells"
_OF_A_SESSION = ("base_url", "workers")
"""Fields of a configuration, besides limits, that may differ between sessions."""


class Progress:
    """Lines on standard error about the cells."""

    def __init__(self, cell: str = "cell", *, quiet: bool = False) -> None:
        """`cell`: what a cell is called."""
        self._display, self._began = Display(sys.stderr), time.monotonic()
        self._total, self._done = 0, 0
        self._cell, self._quiet = cell, quiet

    def begin(self, total: int, before: int) -> None:
        """Begin `total` cells, `before` of which an earlier session did."""
        self._total, self._done = total, before
        if not self._quiet:
            self._display.say(quantity(total, self._cell) + (f", {before} of them done before" if before else ""))

    def say(self, line: str) -> None:
        """Write a line after the time since the start."""
        if not self._quiet:
            self._display.say(escape(f"[{duration(time.monotonic() - self._began):>8}] {line}"))

    def ended(self, name: str) -> None:
        """A cell is done."""
        self._done += 1
        self.say(f"{name}: done; {self._done} of {self._total}")


@dataclass(frozen=True)
class Cell:
    """A run of Algorithm 1 from the seed improver, or a measurement of improvers and of the seed improver."""

    spec: RunSpec
    improvers: tuple[Named, ...] = ()
    """What is measured; empty for a run."""

    @property
    def kind(self) -> str:
        """The kind of its record."""
        return "eval" if self.improvers else "run"

    @property
    def name(self) -> str:
        """The name of the cell's folder. It ends with a digest of everything that decides the result.

        The address of the model and the limits do not decide it. An improver that is not shipped counts by its text, wherever its
        file is.
        """
        spec, shipped = self.spec, shipped_improvers()
        texts = [
            improver.name if improver.name in shipped else f"file {improver.digest}" for improver in self.improvers
        ]
        flags: dict[str, object] = {"--seed": spec.seed}
        if self.improvers:
            first, title = [*texts, "--task", spec.task], [self.improvers[0].name]
        else:
            first, title = [spec.task, "--selection", spec.selection], [spec.task, spec.selection]
            flags |= {"--iterations": spec.iterations, "--meta-budget": spec.meta_budget}
            flags |= {"--meta-utility": spec.meta_utility}
        flags |= {"--model": spec.model, "--copies": spec.copies, "--utility-budget": spec.utility_budget}
        flags |= {"--lm-budget": spec.lm_budget, "--max-responses": spec.max_responses, "--edits": spec.edits}
        flags |= {"--instances": spec.instances}
        flags |= {} if spec.slack == 1 else {"--slack": spec.slack}
        flags |= {} if not spec.given_texts else {"--texts": sorted(spec.given_texts.items())}
        flags |= {} if spec.require is None else {"--require": ",".join(spec.require) or "none"}
        content = [self.kind, *first, *(str(part) for flag in flags.items() for part in flag)]
        digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:10]
        return "-".join([self.kind, *map(_plain, title), f"s{spec.seed}", digest])

    def record_in(self, home: Path) -> RunRecord | None:
        """The record of an earlier session, finished or not; None if there is none, or if it is of another kind.

        Raises:
            ConfigurationError: this machine cannot vouch for the record, or its task has changed.
        """
        try:
            record = load_run(home / self.name)
        except StoreError:  # there is none, or it is incomplete
            return None
        if record.kind != self.kind:
            return None
        if record.unverified:
            raise ConfigurationError(record.unverified)
        check_tasks(record.directory, record.meta, self.tasks())
        return record

    def carry_out(self, folder: Path, record: RunRecord | None, limits: Limits) -> CellResult:
        """Do what the `record` in `folder` lacks. `limits`: what it may spend, with what it spent before.

        Raises:
            StropError: the host failed, a limit is spent, or the user stopped the command; finished work is kept.
        """
        if record is None:
            job = self.job(replace(self.spec, **limits))
        else:
            own: dict[str, Any] = {name: getattr(self.spec, name) for name in (*vars(LimitOptions()), *_OF_A_SESSION)}
            job = self.continued(replace(record, spec=replace(record.spec, **own | dict(limits))))
        return _without_record(
            perform(replace(job, whole_runs_only=True), folder if record is None else None, view=self.view(job))
        )

    def tasks(self) -> tuple[AnyTask, ...]:
        """Its tasks, loaded."""
        return with_texts(all_of(self.spec.tasks), self.spec.given_texts)

    def job(self, spec: RunSpec) -> Job[Any]:
        """The job that begins it, with this spec."""
        if self.improvers:
            return measure_job(spec, self.tasks(), "eval", with_seed(self.improvers, seed_improver(spec)))
        return train_job(spec, self.tasks(), seed_improver(spec))

    def continued(self, record: RunRecord) -> Job[Any]:
        """The job that continues it."""
        return job_of(record, trust=False)

    def view(self, job: Job[Any]) -> View:
        """What shows its work."""
        return View()


def _plain(text: str) -> str:
    return "".join(character if character.isalnum() or character in ".=_" else "-" for character in text)[:24]


def _without_record(result: object) -> CellResult:
    """The result without its record, to save memory: there may be many cells."""
    assert isinstance(result, Trained | Measured)
    return replace(result, record=None, run=RunData()) if isinstance(result, Trained) else replace(result, record=None)


def finished(cells: Sequence[Cell], directory: Path, within: str = FOLDER) -> dict[str, CellResult]:
    """Name → result of the cells that earlier sessions finished.

    Raises:
        ConfigurationError, StoreError: a record is not this machine's, or damaged.
    """
    home = directory / within
    records = {cell.name: cell.record_in(home) for cell in cells}
    return {
        name: _without_record(whole_result_in(home / name))
        for name, record in records.items()
        if record and record.status == "finished"
    }


def carry_out(
    cells: Sequence[Cell],
    directory: Path,
    progress: Progress,
    limits: Limits = MappingProxyType({}),
    *,
    within: str = FOLDER,
    again: str = "the same command",
) -> list[CellResult]:
    """Carry out the unfinished cells one after the other. Returns the results of all cells, in order.

    `limits`: of all records of the directory together, those of earlier sessions included. `within`: the folder of the cells
    there. `again`: what continues the work, if nobody else says it.

    Raises:
        StropError: a cell failed or was stopped; the error names the cell, and finished work is kept.
    """
    home, results = directory / within, finished(cells, directory, within)
    progress.begin(len(cells), len(results))
    for cell in cells:
        if (name := cell.name) in results:
            continue
        folder, record = home / name, cell.record_in(home)
        if record is None:
            set_aside(folder)
        with _named(name, limits, again):
            left = _left(limits, [path.parent for path in home.glob(f"*/{FILE_NAME}") if path.parent != folder])
            progress.say(f"begins: {name}")
            results[name] = cell.carry_out(folder, record, left)
        progress.ended(name)
    return [results[cell.name] for cell in cells]


def _left(limits: Limits, others: Iterable[Path]) -> Limits:
    """What the records in other folders leave of each limit.

    Raises:
        TimeSpent: no time is left.
    """
    if not limits:
        return limits
    spent = Counter[str]()
    for folder in others:
        spent.update(spent_in(folder))
    left = {
        name: max(limit - (spent[name] / 1e9 if name == "max_cost" else spent[name]), 0)
        for name, limit in limits.items()
    }
    if left.get("max_time", 1) <= 0:
        raise TimeSpent
    return left


@contextmanager
def _named(name: str, limits: Limits, again: str) -> Iterator[None]:
    """Name the cell in an error, and say how the user continues its protocol."""
    try:
        yield
    except (StropError, OSError, KeyboardInterrupt) as error:
        goes_on = isinstance(error, (*TEMPORARY, KeyboardInterrupt)) and again
        error.__notes__ = [f"To continue: {again}"] if goes_on else []
        if isinstance(error, RunBudgetSpent) and error.by in limits:
            limit = limits[error.by]
            spent_limit = f"{option(error.by)} {dollars(round(limit * 1e9)) if error.counter == COST else f'{limit:,}'}"
            further = f", and {again} with a larger one continues" if again else ""
            error.__notes__, error.detail = [], f"{spent_limit} was spent"
            error.args = (f"{spent_limit} is spent; everything so far is kept{further}",)
        elif isinstance(error, StropError) and not isinstance(error, SearchOver):
            error.args = (f"{name}: {error}", *error.args[1:])
        raise


def spent_in(folder: Path) -> dict[str, int]:
    """What the record in a folder spent of each limit, as it counts when it is resumed: `max_cost` in billionths of a dollar,
    `max_time` in seconds, rounded up; nothing if there is no record."""
    try:
        with Store.open(folder) as store:
            state = recall(store)
    except StoreError:
        return {}
    tokens, seconds = state.money[TOKENS], math.ceil(state.seconds)
    return {"max_cost": state.money[COST], "max_tokens": tokens, "max_calls": state.lm_calls, "max_time": seconds}


def carried_on(
    context: RunContext, folder: Path, limits: Limits, make: Callable[[], Job[Any]], *, quietly: bool = False
) -> Any:
    """The result of a job whose record is `folder`, in the folder of another job's: the job is begun by `make`, or continued.

    `limits`: what it may still spend. `quietly`: nothing of its work is shown.

    Raises:
        StropError: the job failed, or the user stopped it. The outer job says how to continue.
    """
    view = context.observer
    try:
        try:
            record = load_run(folder)
        except StoreError:  # there is none, or it is incomplete
            set_aside(folder)
            job = make()
        else:
            job = job_of(replace(record, spec=replace(record.spec, **limits)), trust=False)
        context.journal.check_going_on()
        shown = view.of(job) if isinstance(view, ViewOfJobs) and not quietly else View()
        return perform(job, None if job.begun else folder, view=shown)
    except (*TEMPORARY, KeyboardInterrupt) as error:
        error.__notes__ = []
        raise


def set_aside(folder: Path) -> None:
    """Rename a folder that cannot be continued to `NAME.cut-1`, `NAME.cut-2`, …"""
    if not folder.exists():
        return
    number = 1
    while (aside := folder.with_name(f"{folder.name}.cut-{number}")).exists():
        number += 1
    folder.rename(aside)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Create the directory and keep every other `strop reproduce` out of it.

    Raises:
        ConfigurationError: another `strop reproduce` is working there, the directory holds a single run, or it cannot be created.
    """
    check_in_place(directory)
    try:
        private.make_folder(directory)
        if (directory / FILE_NAME).exists():
            raise ConfigurationError(f"--out {directory} is the folder of a run; name a new one")
        private.make_folder(directory / FOLDER)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigurationError(f"cannot write results in {directory}: {reason}; name another --out") from error
    try:
        descriptor = lock_directory(directory)
    except StoreError:
        raise ConfigurationError(
            f"another strop reproduce is working in {directory}; wait until it ends, or name another --out"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
