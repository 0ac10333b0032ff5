"""The result of a protocol: its files, its printed form, and its numbers in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Generic, TypeVar

from rich.console import Console

from strop.analysis.stats import Estimate, TwoProportions
from strop.base.as_document import HIDDEN, to_json
from strop.base.later import dataclass
from strop.base.printing import Printable, print_result
from strop.base.terminal_text import escape
from strop.report.chart import Chart, svg_file
from strop.report.terminal.layout import SENTENCE, say
from strop.report.terminal.phrases import model_line
from strop.report.terminal.tables import print_table
from strop.runs.claims.numbers import between, percent
from strop.runs.run_data import TotalPrice
from strop.runs.run_directory import save

Row = TypeVar("Row")
ROOMY = 7
"""Up to this number of columns, two spaces separate them; with more columns, one."""


@dataclass(frozen=True)
class Table:
    """A table as it is printed."""

    headings: tuple[str, ...]
    """One text for each column."""
    rows: tuple[tuple[str, ...], ...]
    """The rows: one text for each column."""
    title: str = ""
    """What the table shows. May be empty."""


@dataclass(frozen=True, kw_only=True)
class Reproduction(Printable, Generic[Row]):
    """What a protocol of the paper found for one model, beside the paper's values."""

    protocol: str
    """Name of the protocol, such as `fig4`."""
    heading: str
    """What the protocol repeats."""
    directory: Path = field(metadata=HIDDEN)
    """Where its files are."""
    model: str
    """Specification of the model that responded."""
    is_language_model: bool
    """Whether the model is a language model. False for a stand-in, whose results must not be reported as a language
    model's."""
    unverified: str = ""
    """Why this machine cannot vouch for the record. Empty if the record is proven."""
    sentence: str
    """The finding in one or two sentences."""
    rows: tuple[Row, ...]
    """The numbers: one row for each selection (a curve), baseline, strategy, task or arm. Utilities are from 0 to 1."""
    differences: Mapping[str, Estimate | TwoProportions] = field(default_factory=dict)
    """What was compared → the difference: of a row from the seed improver, of one selection from another, or of a rate
    between the two arms."""
    tables: tuple[Table, ...]
    """Our values beside the paper's, in percent."""
    notes: tuple[str, ...]
    """What the numbers and intervals are, and what cannot be compared, one line for each fact."""
    options: Mapping[str, object]
    """What was asked for: flag → value."""
    cells: tuple[str, ...] = ()
    """Folders of the records below the folder `cells`, in order."""
    costs: TotalPrice
    """The price of all LM calls."""
    chart: tuple[Chart, str] | None = field(default=None, metadata=HIDDEN)
    """The figure, and what its markers and bars are."""
    files: Mapping[str, str] = field(default_factory=dict, metadata=HIDDEN)
    """Other files, by their paths in the directory."""
    record: object = field(default=None, metadata=HIDDEN, compare=False, repr=False)
    """The `Record` that it was read from, if it was one."""

    @property
    def answered(self) -> str:
        """Which model answered, and whether it is a language model."""
        return model_line(self.model, self.is_language_model)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The notes below the tables, and the price."""
        return (*self.notes, *([f"LM cost: {self.costs.in_words}."] if self.costs.in_words else []))

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that `write` makes directly in the directory."""
        names = [f"{self.protocol}.{suffix}" for suffix in ("md", "json", *(["svg"] if self.chart else []))]
        return tuple(self.directory / name for name in (*names, *(name for name in self.files if "/" not in name)))


def markdown_of(reproduction: Reproduction[Any]) -> str:
    """The page of a result in Markdown: heading, finding, model, tables, notes, figure."""
    parts = [
        f"# {escape(reproduction.heading)}",
        f"**{escape(reproduction.sentence, SENTENCE)}**",
        escape(reproduction.answered, SENTENCE),
    ]
    for table in reproduction.tables:
        lines = [table.headings, tuple("---" for _ in table.headings), *table.rows]
        parts += [f"## {table.title}"] if table.title else []
        parts.append(
            "\n".join("| " + " | ".join(escape(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
        )
    figure = [f"![{reproduction.heading}]({reproduction.protocol}.svg)"] if reproduction.chart else []
    return "\n\n".join([*parts, *reproduction.paragraphs, *figure]) + "\n"


def write(reproduction: Reproduction[Any]) -> None:
    """Write NAME.md, NAME.json, the figure and the other files."""
    page, data, *_ = reproduction.written
    for path, text in reproduction.files.items():
        save(reproduction.directory / path, text)
    if reproduction.chart:
        chart, caption = reproduction.chart
        save(page.with_suffix(".svg"), svg_file(chart, reproduction.heading, (caption, reproduction.answered)))
    save(page, markdown_of(reproduction))
    save(data, to_json(reproduction) + "\n")


@print_result.register(Reproduction)
def print_reproduction(reproduction: Reproduction[Any], console: Console, *, full: bool = False) -> None:
    """Print the finding, the tables with their notes, and the files that exist."""
    say(console, reproduction.unverified, style="bold yellow")
    say(console, reproduction.sentence, style="bold", limit=SENTENCE)
    say(console, reproduction.answered)
    console.print()
    say(console, reproduction.heading, style="bold")
    for table in reproduction.tables:
        if table.title:
            console.print()
            say(console, table.title)
        print_table(console, table.headings, table.rows, gap=2 if len(table.headings) <= ROOMY else 1)
    for note in reproduction.paragraphs:
        console.print()
        say(console, note, limit=SENTENCE)
    say(console, ", ".join(str(path) for path in reproduction.written if path.exists()), limit=SENTENCE)


def span(interval: Sequence[float] | None, signed: bool = False) -> str:
    """`58.3 to 64.1`: an interval in percent."""
    return between(interval and [100 * end for end in interval], "+" if signed else "", places=1)


def with_stderr(estimate: Estimate | None) -> str:
    """`61.2 ± 0.9`; without the error for a single value, a dash for None."""
    if estimate is None:
        return "-"
    return percent(estimate.mean) + ("" if estimate.stderr is None else f" ± {percent(estimate.stderr)}")
