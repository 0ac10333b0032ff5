"""What a protocol is: its options, the cells it consists of, and the result that it makes of their documents. `perform` runs it.

A protocol is a module of this package with a subclass of `Protocol`; its fields are flags of `strop reproduce NAME`. NAME.md,
NAME.json and NAME.svg are written into the directory, which protocols share.
"""

# Annotations are evaluated here, not in `from __future__ import annotations`: cyclopts would evaluate those of inherited fields
# in the module of the subclass.

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError, StoreError
from strop.lm.options import joined
from strop.report.chart import Chart, svg_file
from strop.report.terminal.words import notice_of
from strop.reproduce.cells import Cell, Documents, Money, carry_out, cell_of, locked
from strop.reproduce.progress import Progress
from strop.reproduce.tables import Table, markdown_of
from strop.runs.options import MaxCost, Whole, protections
from strop.runs.run_directory import save
from strop.runs.spec import PAPERS, RunSpec

MOST_RUNS = 10_000
SIZE = ("iterations", "copies", "utility_budget", "meta_budget", "lm_budget", "max_responses")
"""Fields of `Protocol` that make one run larger or smaller. The tables say how many runs there are."""
UNRECORDED = ("directory", "base_url", "improver_text", "max_cost", "named")
"""Fields of protocols that NAME.json leaves out of `options`."""
Models = Annotated[tuple[str, ...], Parameter(name=("--model", "-m"), negative="", show_default=" ".join)]
Hidden = Parameter(parse=False)


@dataclass(frozen=True)
class Result(ABC):
    """What a protocol found for one model."""

    model: str
    is_language_model: bool

    @abstractmethod
    def sentence(self) -> str:
        """The finding in one or two plain sentences: the first line of the page, the terminal and the document."""

    @abstractmethod
    def tables(self) -> Sequence[Table]:
        """Our values beside the paper's."""

    @abstractmethod
    def notes(self) -> Sequence[str]:
        """Paragraphs below the tables: what the numbers and intervals are, and what cannot be compared."""

    @abstractmethod
    def document(self) -> dict[str, object]:
        """The numbers as data; fractions, not percent."""

    def chart(self) -> tuple[Chart, str] | None:
        """NAME.svg: the chart, and what its markers and bars are. By default there is none."""
        return None

    def save_data(self, directory: Path) -> Sequence[Path]:
        """Write other files of the result; return those to list. By default there are none."""
        return ()

    @property
    def notice(self) -> str:
        """Says that no language model answered; empty for a language model."""
        return notice_of(self.model, self.is_language_model)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Protocol(ABC):
    """One table or figure of the paper, with the model, the seeds and the size of a run; the defaults are the paper's."""

    name: ClassVar[str]
    """On the command line, and of its files."""
    heading: ClassVar[str]
    """Heading of its page."""

    model: Models = (PAPERS.model,)
    """The language model; see strop run --help."""
    runs: Whole = 5
    """Independent runs."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    seed: Whole = 0
    """Seed of the first run; run i has this + i."""
    iterations: Annotated[Whole, Parameter(alias="-T")] = PAPERS.iterations
    """T: how often the improver improves itself in a run."""
    copies: Whole = PAPERS.copies
    """|D|: copies of the task that an improver is measured on."""
    utility_budget: Whole = PAPERS.utility_budget
    """Utility calls of one downstream improvement."""
    meta_budget: Whole = PAPERS.meta_budget
    """Meta-utility calls of one self-improvement."""
    lm_budget: Whole = PAPERS.lm_budget
    """LM calls of one improvement."""
    max_responses: Whole = PAPERS.max_responses
    """Responses of one LM call."""
    instances: Literal["secret", "published"] = PAPERS.instances
    """secret: drawn from each run's secret; published: the paper's seeds, which are public."""
    require: str | None = None
    """Refuse to run unless these protections are enforced; see strop doctor."""
    max_cost: MaxCost = None
    """Dollars to spend on the language model in all runs together, those of earlier sessions included."""
    directory: Annotated[Path, Hidden] = Path()

    @abstractmethod
    def cells(self) -> list[Cell]:
        """What to carry out."""

    def expected_more(self) -> list[Cell]:
        """What `more` will add, as far as that is known before anything is carried out: for a plan."""
        return []

    def more(self, documents: Documents) -> list[Cell]:
        """Cells that depend on the documents of the first ones."""
        return []

    @abstractmethod
    def result(self, documents: Documents) -> Result:
        """What the documents show.

        Raises:
            StoreError, KeyError, TypeError, ValueError: a document lacks something.
        """

    @property
    def specification(self) -> str:
        """The model, or the mixture of models, as one text."""
        return joined(self.model)

    @property
    def seeds(self) -> range:
        """One seed per run."""
        return range(self.seed, self.seed + self.runs)

    def spec(self) -> RunSpec:
        """The recipe of one of its runs.

        Raises:
            ConfigurationError: an option is out of its range.
        """
        if not 1 <= self.runs <= MOST_RUNS:
            raise ConfigurationError(f"--runs is {self.runs}; it must be between 1 and {MOST_RUNS}")
        size = {name: getattr(self, name) for name in (*SIZE, "seed", "base_url", "instances", "max_cost")}
        return RunSpec(**size, model=self.specification, require=protections(self.require)).checked()

    def evaluation_cell(self, *improvers: str, task: str, seed: int) -> Cell:
        """An evaluation of improvers on one task, beside the seed improver."""
        return cell_of("eval", *improvers, "--task", task, "--seed", str(seed), *self._measuring())

    def run_cell(self, selection: str, seed: int) -> Cell:
        """A run of Algorithm 1 on lpn. Protocols that need the same run share its cell."""
        return cell_of(
            *("run", "lpn", "--selection", selection, "--seed", str(seed), "--iterations", str(self.iterations)),
            *("--meta-budget", str(self.meta_budget)),
            *("--meta-utility", "paper"),
            *self._measuring(),
        )

    def _measuring(self) -> tuple[str, ...]:
        """Flags of `strop eval` and `strop run`: which model is asked, and what an improvement may spend."""
        return (
            *("--model", self.specification),
            *(("--base-url", self.base_url) if self.base_url else ()),
            *("--copies", str(self.copies)),
            *("--utility-budget", str(self.utility_budget)),
            *("--lm-budget", str(self.lm_budget)),
            *("--max-responses", str(self.max_responses)),
            *("--edits", "rewrite"),  # exactly the paper's prompts
            *("--instances", self.instances),
            *(("--require", self.require) if self.require is not None else ()),
        )


@dataclass(frozen=True)
class Performed:
    """A result that was written."""

    heading: str
    result: Result
    notes: Sequence[str]
    document: dict[str, object]
    files: tuple[Path, ...]


def perform(protocol: Protocol, *, at_once: int = 0, progress: Progress) -> Performed:
    """Carry out the missing cells of a protocol, and write its tables, figure and data.

    Raises:
        ConfigurationError: an option is wrong, or another process works in the directory.
        CellFailed, Interrupted: see `carry_out`.
        StoreError: the document of a cell lacks something.
    """
    protocol.spec()
    directory = protocol.directory
    with locked(directory):
        cells = protocol.cells()
        money = Money(directory, protocol.max_cost)
        documents = carry_out(cells, directory, at_once=at_once, progress=progress, money=money)
        if more := protocol.more(documents):
            documents |= carry_out(more, directory, at_once=at_once, progress=progress, money=money)
        try:
            model_of(documents)
            result = protocol.result(documents)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise StoreError(
                f"a document in {directory / 'cells'} lacks what {protocol.name} needs ({type(error).__name__}: {error}); "
                "remove the file and run the command again"
            ) from error
        facts = {"options": _options(protocol), "cells": sorted(documents)}
        notes = [*other_size(protocol, [*cells, *more]), *result.notes()]
        return write(result, (protocol.name, protocol.heading), directory, notes, facts)


def write(
    result: Result, title: tuple[str, str], directory: Path, notes: Sequence[str], facts: Mapping[str, object]
) -> Performed:
    """Write NAME.md, NAME.json and the figure of a result; `title` is (NAME, heading), `facts` ends the document."""
    name, heading = title
    others = result.save_data(directory)
    chart = result.chart()
    document: dict[str, object] = {
        "protocol": name,
        "model": result.model,
        "is_language_model": result.is_language_model,
        "notice": result.notice or None,
        "sentence": result.sentence(),
        **result.document(),
        **facts,
    }
    page, data, figure = (directory / f"{name}.{suffix}" for suffix in ("md", "json", "svg"))
    link = [f"![{heading}]({figure.name})"] if chart else []
    if chart:
        save(figure, svg_file(chart[0], heading, (chart[1], result.notice)))
    heading = f"{heading}, by {result.model}"
    save(page, markdown_of(result.tables(), heading, (result.notice, result.sentence()), [*notes, *link]))
    save(data, json.dumps(document, indent=2, allow_nan=False) + "\n")
    return Performed(heading, result, notes, document, (page, data, *([figure] if chart else []), *others))


def _options(protocol: Protocol) -> dict[str, Any]:
    names = [field.name for field in fields(protocol) if field.name not in UNRECORDED]
    return {name: getattr(protocol, name) for name in names} | {"model": protocol.specification}


def other_size(protocol: Protocol, cells: Iterable[Cell]) -> tuple[str, ...]:
    """The note that names the flags of the cells that differ from the paper's; none where all are the paper's."""
    flags = {argument for cell in cells for argument in cell.arguments}
    others = [
        f"{flag} {value} (paper: {usual})"
        for name in SIZE
        if (flag := "--" + name.replace("_", "-")) in flags
        and (value := getattr(protocol, name)) != (usual := getattr(PAPERS, name))
    ]
    return (f"Not the paper's size, so not comparable with its values: {', '.join(others)}.",) if others else ()


def model_of(documents: Documents) -> tuple[str, bool]:
    """(the model that answered, whether it is a language model).

    Raises ValueError if cells name different models: the result must not carry the name of one of them.
    """
    first, *others = {(str(one["model"]), bool(one["is_language_model"])) for one in documents.values()}
    if others:
        raise ValueError(f"cells of different models, {' and '.join(sorted(name for name, _ in (first, *others)))}")
    return first
