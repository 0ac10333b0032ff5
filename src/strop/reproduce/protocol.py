"""Protocols: their options, the cells they consist of, and the table or figure that each makes of its results.

`perform` carries out a protocol; `planned_protocol` estimates it. A protocol is a module of this package with a subclass of
`Protocol`, whose options (strop.options.protocols) are the flags of `strop reproduce NAME`. NAME.md, NAME.json and NAME.svg are
written into the directory, which protocols share.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from strop.api.cells import Cell, CellResult, Progress, carry_out, finished, locked
from strop.api.target import all_of
from strop.base.errors import ConfigurationError, StoreError
from strop.base.later import dataclass
from strop.base.protections import protections
from strop.lm.options import joined, named
from strop.options.choices import SelectionName
from strop.options.protocols import ProtocolOptions
from strop.reproduce.reproduction import Reproduction, write
from strop.runs.meta import Named
from strop.runs.plan import Assumptions, Formula, Plan, assumptions_of, planned, works
from strop.runs.results.measured import Measured
from strop.runs.run_data import TotalPrice
from strop.runs.spec import PAPERS, RunSpec
from strop.runs.texts import read_texts, said_of_texts, seed_improver
from strop.tasks.base import META_TASK

MOST_RUNS = 10_000
MEASURING = ("copies", "utility_budget", "lm_budget", "max_responses")
"""Fields of `Protocol` that make a measurement of an improver larger or smaller."""
SIZE = ("iterations", "copies", "utility_budget", "meta_budget", "lm_budget", "max_responses")
"""Fields of `Protocol` that make a run larger or smaller. The number of runs is not among them: the tables print it."""
SMALL = {"runs": 6, "iterations": 2, "copies": 3, "meta_budget": 4, "max_responses": 3}
"""Sizes that --small sets in place of the paper's. Six runs are the fewest whose differences can be significant."""
OWN_TEXTS = ("The texts that the model reads are strop's own; --texts gives others.",)
UNRECORDED = ("directory", "base_url", "improver_text", "max_cost", "max_time", "workers", "meta_model", "named")
"""Fields of protocols that NAME.json leaves out of `options`."""


@dataclass(frozen=True, kw_only=True)
class Protocol(ProtocolOptions, ABC):
    """One table or figure of the paper, with the model, the seeds and the size of a run; the defaults are the paper's."""

    name: ClassVar[str]
    """Name on the command line and of the protocol's files."""
    heading: ClassVar[str]
    """Heading of its page."""

    directory: Path = Path()
    """Where the results are written."""

    def __post_init__(self) -> None:
        usual = {option.name: option.default for option in fields(self)}
        for name in SMALL if self.small else ():
            if getattr(self, name) == usual[name]:
                object.__setattr__(self, name, SMALL[name])

    @abstractmethod
    def cells(self) -> list[Cell]:
        """The runs and measurements to carry out."""

    def more(self, results: Sequence[CellResult]) -> list[Cell]:
        """Cells that depend on the `results` of `cells()`. Without results, for a plan, cells of the same size."""
        return []

    @abstractmethod
    def result(self, results: Sequence[CellResult]) -> Reproduction[Any]:
        """The table or figure that the results of all cells, in order, make.

        Raises:
            StoreError: the results are of different models, or do not belong together.
        """

    def facts(self, results: Sequence[CellResult]) -> dict[str, Any]:
        """The fields of a result that every protocol has.

        Raises:
            StoreError: the results are of different models.
        """
        model, is_language_model = model_of(results)
        options = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in UNRECORDED}
        prices = (result.costs if isinstance(result, Measured) else result.costs.price for result in results)
        return {
            "protocol": self.name,
            "heading": self.heading,
            "directory": self.directory,
            "model": model,
            "is_language_model": is_language_model,
            "options": options | {"model": joined(self.model)},
            "costs": sum(prices, TotalPrice()),
        }

    @property
    def seeds(self) -> range:
        """One seed per run."""
        return range(self.seed, self.seed + self.runs)

    def spec(self) -> RunSpec:
        """The configuration of a run of this protocol; `run_cell` sets its selection.

        Raises:
            ConfigurationError: an option is out of its range.
        """
        if not 1 <= self.runs <= MOST_RUNS:
            raise ConfigurationError(f"--runs is {self.runs}; it must be between 1 and {MOST_RUNS}")
        sizes = {name: getattr(self, name) for name in SIZE}
        return replace(self._measuring(), seed=self.seed, max_cost=self.max_cost, **sizes)

    def evaluation_cell(self, *improvers: Named, task: str, seed: int) -> Cell:
        """A measurement of improvers on one task, beside the seed improver."""
        spec = replace(self._measuring(), task=task, seed=seed, iterations=0, improver=improvers[0].name)
        return Cell(spec, improvers)

    def run_cell(self, selection: str, seed: int) -> Cell:
        """A run of Algorithm 1 on lpn. Protocols that need the same run share its cell."""
        return Cell(replace(self.spec(), selection=cast(SelectionName, selection), seed=seed, max_cost=None))

    def _measuring(self) -> RunSpec:
        """The model that is asked, the budgets of an improvement and the texts, measured as published."""
        sizes = {name: getattr(self, name) for name in (*MEASURING, "base_url", "instances", "workers")}
        return RunSpec(
            **sizes,
            model=joined(self.model),
            require=protections(self.require),
            edits="rewrite",
            meta_utility="paper",
            texts=self.texts,
            given_texts=read_texts(self.texts) if self.texts else {},
        )


def perform(protocol: Protocol, progress: Progress) -> Reproduction[Any]:
    """Carry out the missing cells of a protocol, and write its tables, figure and data.

    Raises:
        ConfigurationError: an option is wrong, or another process works in the directory.
        StropError: a cell failed or was stopped, or the cells do not belong together.
    """
    directory = protocol.directory
    with locked(directory):
        cells = protocol.cells()
        given = {"max_cost": protocol.max_cost, "max_time": protocol.max_time}
        limits = {name: limit for name, limit in given.items() if limit is not None}
        results = carry_out(cells, directory, progress, limits)
        if more := protocol.more(results):
            results += carry_out(more, directory, progress, limits)
        return conclude(protocol, [*cells, *more], results)


def conclude(protocol: Protocol, cells: Sequence[Cell], results: Sequence[CellResult]) -> Reproduction[Any]:
    """Make the result of a protocol from those of all its cells, and write its files."""
    reproduction = protocol.result(results)
    names = tuple(sorted(cell.name for cell in cells))
    tasks = dict.fromkeys(task for cell in cells for task in cell.spec.tasks)
    texts = said_of_texts(cells[0].spec, (META_TASK, *tasks)) or OWN_TEXTS
    reproduction = replace(reproduction, cells=names, notes=(*other_size(cells), *reproduction.notes, *texts))
    write(reproduction)
    return reproduction


def other_size(cells: Iterable[Cell]) -> tuple[str, ...]:
    """A note that names the flags of the cells that differ from the published setting; empty if none does."""
    others = {
        f"--{name.replace('_', '-')} {value} (published: {usual})": None
        for cell in cells
        for name in (MEASURING if cell.improvers else SIZE)
        if (value := getattr(cell.spec, name)) != (usual := getattr(PAPERS, name))
    }
    return (f"Not the paper's size, so not comparable with its values: {', '.join(others)}.",) if others else ()


def model_of(results: Iterable[CellResult]) -> tuple[str, bool]:
    """(the model that answered, whether it is a language model).

    Raises:
        StoreError: several models answered, so the result cannot be named after one of them.
    """
    first, *others = {(result.model, result.is_language_model) for result in results}
    if others:
        names = " and ".join(sorted(named(name) for name, _ in (first, *others)))
        raise StoreError(f"the cells are of different models, {names}; name another --out")
    return first


def planned_protocol(protocol: Protocol) -> Plan | None:
    """The plan of the cells that a protocol has yet to carry out, as one sum; None if it is finished.

    Raises:
        ConfigurationError: an option is wrong, or money is limited and no price is known.
    """
    cells = protocol.cells()
    done = finished(cells, protocol.directory)
    more = protocol.more(list(done.values()) if len(done) == len(cells) else [])
    done |= finished(more, protocol.directory)
    assumptions: dict[str, tuple[RunSpec, Assumptions]] = {}
    cost = []
    for cell in (cell for cell in (*cells, *more) if cell.name not in done):
        task, spec = cell.spec.task, replace(cell.spec, max_cost=protocol.max_cost)
        if task not in assumptions:
            assumptions[task] = spec, assumptions_of(spec, seed_improver(spec), all_of(spec.tasks), os.environ)
        improvers = 1 + len(cell.improvers)  # the seed improver is measured, too
        count = partial(Formula.measured, improvers=improvers) if cell.improvers else Formula.run
        cost.append(works(spec, assumptions[task][1], count))
    return planned(list(assumptions.values()), cost) if assumptions else None
