"""The shape of a protocol: which cells it consists of, and what is made of their documents. `perform` does the rest.

A protocol is a module of this package with functions of these types and a `PROTOCOL`; `strop.cli.commands.reproduce` has one file
for each, with its flags. NAME.md, NAME.json, NAME.svg and NAME.png are written into the directory, which protocols share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from strop.base.errors import ConfigurationError, StoreError
from strop.report.figures.figure import house_style
from strop.report.terminal.words import notice_of
from strop.reproduce.cells import Cell, CellProgress, Document, carry_out, cell_of, locked
from strop.reproduce.pages import Table, markdown_of
from strop.runs.journal import save
from strop.runs.spec import RunSpec

Documents = Mapping[str, Document]
"""By the name of the cell."""

_SPEC = RunSpec()
MOST_RUNS = 10_000
SIZE = ("iterations", "copies", "utility_budget", "meta_budget", "lm_budget", "max_responses")
"""Fields of `Options` that make one run larger or smaller. How many runs there are, each table says."""


@dataclass(frozen=True)
class Options:
    """What every protocol can be asked: the model, the seeds, and the size of a run, which is the paper's by default.

    A protocol with flags of its own derives from this.
    """

    directory: Path
    lm: str = _SPEC.model
    base_url: str | None = None
    seed: int = 0
    """Of the first run; run i has this + i."""
    runs: int = 5
    iterations: int = _SPEC.iterations
    copies: int = _SPEC.copies
    utility_budget: int = _SPEC.utility_budget
    meta_budget: int = _SPEC.meta_budget
    lm_budget: int = _SPEC.lm_budget
    max_responses: int = _SPEC.max_responses
    instances: str = _SPEC.instances
    require: str | None = None

    @property
    def seeds(self) -> range:
        """One a run."""
        return range(self.seed, self.seed + self.runs)

    def check(self) -> None:
        """Raises ConfigurationError when a number is out of its range."""
        if not 1 <= self.runs <= MOST_RUNS:
            raise ConfigurationError(f"--runs is {self.runs}; it must lie between 1 and {MOST_RUNS}")
        known = {field.name for field in fields(RunSpec)} - {"improver", "require", "instances"}
        RunSpec(**{name: value for name, value in asdict(self).items() if name in known}).checked()


def measuring(options: Options) -> tuple[str, ...]:
    """The flags of `strop eval`, `run` and `improve` that say which model is asked and what an improvement may spend."""
    return (
        *("--model", options.lm),
        *(("--base-url", options.base_url) if options.base_url else ()),
        *("--copies", str(options.copies)),
        *("--utility-budget", str(options.utility_budget)),
        *("--lm-budget", str(options.lm_budget)),
        *("--max-responses", str(options.max_responses)),
        *("--edits", "rewrite"),  # the paper's prompts to the letter
        *("--instances", options.instances),
        *(("--require", options.require) if options.require is not None else ()),
    )


def run_cell(options: Options, selection: str, seed: int, *, task: str = "lpn", improver: str = "seed") -> Cell:
    """A run of Algorithm 1. Protocols that want the same run get the same cell, and share it."""
    return cell_of(
        *("run", task, "--selection", selection, "--seed", str(seed), "--iterations", str(options.iterations)),
        *("--meta-budget", str(options.meta_budget)),
        *(("--improver", improver) if improver != "seed" else ()),
        *measuring(options),
    )


O_contra = TypeVar("O_contra", bound=Options)
R = TypeVar("R")


def _none(options: Any, documents: Documents) -> list[Cell]:
    return []


@dataclass(frozen=True)
class Protocol(Generic[O_contra, R]):
    """One table or figure of the paper."""

    name: str
    """As on the command line, and of its files."""
    heading: str
    """Of its page, e.g. `Figure 4 (left): test meta-utility by iteration`."""
    cells: Callable[[O_contra], list[Cell]]
    result: Callable[[O_contra, Documents], R]
    """What the documents come to. Raises StoreError, or KeyError, TypeError, ValueError for a document that lacks something."""
    tables: Callable[[R], Sequence[Table]]
    """The paper's values beside ours; on the page and on the terminal."""
    notes: Callable[[R], Sequence[str]]
    """Paragraphs below the tables: verdicts in words, what intervals are, what is not comparable."""
    document: Callable[[R], dict[str, object]]
    """The same as data; fractions, not percent."""
    sentence: Callable[[R], str]
    """What was found, in one or two plain sentences: the first line of the page, the terminal and the document."""
    draw: Callable[[R, Path], Iterable[Path]]
    """Writes NAME.svg, NAME.png and whatever else into the directory; returns the files."""
    more: Callable[[O_contra, Documents], list[Cell]] = _none
    """Cells that can be named only when the first are done (Table 1's evaluations of a chosen improver)."""


@dataclass(frozen=True)
class Performed:
    """What a protocol came to."""

    heading: str
    notice: str
    """That no language model answered; empty where one did."""
    sentence: str
    tables: Sequence[Table]
    notes: Sequence[str]
    document: dict[str, object]
    files: tuple[Path, ...]


def perform(
    protocol: Protocol[O_contra, R], options: O_contra, *, at_once: int = 0, progress: CellProgress
) -> Performed:
    """Carry out what is missing of a protocol, and write its table, figure and data.

    Raises:
        ConfigurationError: a flag is wrong, or another process is at work in the directory.
        CellFailed, Interrupted: see `carry_out`.
        StoreError: a document of a cell does not hold what it must.
    """
    options.check()
    with locked(options.directory):
        cells = protocol.cells(options)
        documents = carry_out(cells, options.directory, at_once=at_once, progress=progress)
        more = protocol.more(options, documents)
        documents |= carry_out(more, options.directory, at_once=at_once, progress=progress) if more else {}
        try:
            found, model = protocol.result(options, documents), model_of(documents)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise StoreError(
                f"a document in {options.directory / 'cells'} does not hold what {protocol.name} needs "
                f"({type(error).__name__}: {error}); remove it, and it is made anew"
            ) from error
        notes = [*other_size(options, [*cells, *more]), *protocol.notes(found)]
        return _written(protocol, options, documents, found, model, notes)


def _written(
    protocol: Protocol[O_contra, R],
    options: O_contra,
    documents: Documents,
    found: R,
    answered: tuple[str, bool],
    notes: Sequence[str],
) -> Performed:
    model, is_language_model = answered
    notice = notice_of(model, is_language_model)
    heading = f"{protocol.heading}, by {model}"
    tables = protocol.tables(found)
    document: dict[str, object] = {
        "protocol": protocol.name,
        "model": model,
        "is_language_model": is_language_model,
        "notice": notice or None,
        "sentence": (sentence := protocol.sentence(found)),
        **protocol.document(found),
        "options": {name: value for name, value in asdict(options).items() if name not in ("directory", "base_url")},
        "cells": sorted(documents),
    }
    page, data = options.directory / f"{protocol.name}.md", options.directory / f"{protocol.name}.json"
    figure = f"![{protocol.heading}]({protocol.name}.svg)"
    save(page, markdown_of(tables, heading, (notice, sentence), [*notes, figure]))
    save(data, json.dumps(document, indent=2, allow_nan=False) + "\n")
    with house_style():
        drawn = tuple(protocol.draw(found, options.directory))
    return Performed(heading, notice, sentence, tables, notes, document, (page, data, *drawn))


def other_size(options: Options, cells: Iterable[Cell]) -> tuple[str, ...]:
    """The note that says which flags of the cells are not the paper's; none where all are. Values beside the paper's need it."""
    flags = {argument for cell in cells for argument in cell.arguments}
    others = [
        f"{flag} {value} (paper: {usual})"
        for name in SIZE
        if (flag := "--" + name.replace("_", "-")) in flags
        and (value := getattr(options, name)) != (usual := getattr(_SPEC, name))
    ]
    return (f"Not the paper's size, so not to be compared with its values: {', '.join(others)}.",) if others else ()


def model_of(documents: Documents) -> tuple[str, bool]:
    """(the model that answered, whether it is a language model).

    Raises ValueError where cells name different ones: none of them may lend its name to the others' values.
    """
    first, *others = {(str(each["model"]), bool(each["is_language_model"])) for each in documents.values()}
    if others:
        raise ValueError(f"cells of different models, {' and '.join(sorted(name for name, _ in (first, *others)))}")
    return first
