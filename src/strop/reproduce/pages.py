"""Tables of a protocol in two forms, on a page and on a terminal, and the words for their figures; utilities are in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from strop.analysis.stats import Estimate
from strop.report.terminal.tables import SENTENCE, say
from strop.report.terminal.words import ALL_EQUAL, escape, no_width

ROOMY = 7
"""Columns that find room with two spaces between them."""


@dataclass(frozen=True)
class Table:
    """Headings, and one tuple of words a line below them."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


def markdown_of(tables: Sequence[Table], heading: str, first: Sequence[str], notes: Sequence[str]) -> str:
    """A page: heading, what must be read before all else (the notice on the model, what was found), tables, notes."""
    parts = [f"# {escape(heading)}", *(f"**{escape(each, SENTENCE)}**" for each in first if each)]
    for table in tables:
        parts += [f"## {table.title}" if table.title else "", _lines(table)]
    return "\n\n".join(part for part in [*parts, *notes] if part) + "\n"


def _lines(table: Table) -> str:
    lines = [table.headings, tuple("---" for _ in table.headings), *table.rows]
    return "\n".join("| " + " | ".join(escape(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def show(tables: Sequence[Table], heading: str, notes: Sequence[str], console: Console) -> None:
    """Print tables, legible at 80 columns."""
    say(console, heading, style="bold")
    for table in tables:
        gap = 2 if len(table.headings) <= ROOMY else 1
        drawn = Drawn(box=None, header_style="bold", padding=(0, gap, 0, 0))
        for number, words in enumerate(table.headings):
            drawn.add_column(
                Text(words), overflow="fold", no_wrap=number > 0, justify="left" if number == 0 else "right"
            )
        for row in table.rows:
            drawn.add_row(*(Text(escape(cell)) for cell in row))
        if table.title:
            console.print()
            say(console, table.title)
        console.print(drawn)
    for note in notes:
        console.print()
        say(console, note, limit=SENTENCE)


def percent(value: float, signed: bool = False) -> str:
    """`61.2`, or `+1.2`."""
    return f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"


def span(interval: Sequence[float] | None, signed: bool = False) -> str:
    """`58.3 to 64.1`; a dash where there is none, and no figures where all values are equal."""
    if interval is None or no_width(interval):
        return "-" if interval is None else ALL_EQUAL
    return f"{percent(interval[0], signed)} to {percent(interval[1], signed)}"


def with_stderr(found: Estimate | None) -> str:
    """`61.2 ± 0.9`; without the error where there is one value, a dash for none."""
    if found is None:
        return "-"
    return percent(found.mean) + ("" if found.stderr is None else f" ± {percent(found.stderr)}")


def with_interval(found: Estimate) -> str:
    """`61.2 (58.3 to 64.1)`."""
    return percent(found.mean) + ("" if found.interval is None else f" ({span(found.interval)})")


def chance(p: float) -> str:
    """A p-value in words: `0.031`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
