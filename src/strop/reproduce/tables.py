"""Tables of a protocol on a page and on a terminal, and the words for their numbers. Utilities are in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from strop.analysis.stats import Estimate
from strop.analysis.unsandboxing import Rate
from strop.base.terminal_text import escape
from strop.report.terminal.layout import SENTENCE, say
from strop.report.terminal.tables import print_table
from strop.runs.claims.numbers import between, percent

ROOMY = 7
"""Up to this number of columns, two spaces separate them; with more columns, one."""


@dataclass(frozen=True)
class Table:
    """Headings, and one tuple of texts for each line below them."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


def markdown_of(tables: Sequence[Table], heading: str, first: Sequence[str], notes: Sequence[str]) -> str:
    """A page: heading, `first` in bold (the notice on the model, the result in a sentence), tables, notes."""
    parts = [f"# {escape(heading)}", *(f"**{escape(text, SENTENCE)}**" for text in first if text)]
    for table in tables:
        lines = [table.headings, tuple("---" for _ in table.headings), *table.rows]
        parts.append(f"## {table.title}" if table.title else "")
        parts.append(
            "\n".join("| " + " | ".join(escape(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
        )
    return "\n\n".join(part for part in [*parts, *notes] if part) + "\n"


def show(tables: Sequence[Table], heading: str, notes: Sequence[str], console: Console) -> None:
    """Print tables, legible at 80 columns."""
    say(console, heading, style="bold")
    for table in tables:
        if table.title:
            console.print()
            say(console, table.title)
        print_table(console, table.headings, table.rows, gap=2 if len(table.headings) <= ROOMY else 1)
    for note in notes:
        console.print()
        say(console, note, limit=SENTENCE)


def span(interval: Sequence[float] | None, signed: bool = False) -> str:
    """`58.3 to 64.1`: an interval in percent."""
    return between(interval and [100 * end for end in interval], "+" if signed else "", places=1)


def rate_document(rate: Rate) -> dict[str, object]:
    """A rate as data."""
    return {"count": rate.count, "n": rate.n, "interval": rate.interval and list(rate.interval)}


def with_stderr(estimate: Estimate | None) -> str:
    """`61.2 ± 0.9`; without the error for a single value, a dash for None."""
    if estimate is None:
        return "-"
    return percent(estimate.mean) + ("" if estimate.stderr is None else f" ± {percent(estimate.stderr)}")
