"""What installed distributions bring: a few lines, and part of a document."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from strop.base.plugins import Installed
from strop.report.terminal.tables import new_table
from strop.report.terminal.words import escape

SHADOWED = "not used: the name is strop's own"
TWICE = "not used: two distributions bring this name"


def installed_documents(found: Sequence[Installed], own: Collection[str]) -> list[dict[str, str | None]]:
    """One row an entry point; `own` are strop's own names."""
    return [
        {
            "name": each.name,
            "distribution": each.distribution,
            "value": each.value,
            "not_used": _why_not(each, found, own),
        }
        for each in found
    ]


def print_installed(found: Sequence[Installed], own: Collection[str], console: Console) -> None:
    """The same for people; nothing where there is nothing. What it names is not loaded."""
    if not found:
        return
    console.print()
    table = new_table("installed", "distribution", "what", console=console)
    for each in found:
        note = _why_not(each, found, own)
        what = Text(escape(each.value if note is None else note))
        table.add_row(Text(escape(each.name)), Text(escape(each.distribution)), what)
    console.print(table)


def _why_not(each: Installed, found: Sequence[Installed], own: Collection[str]) -> str | None:
    if each.name in own:
        return SHADOWED
    return TWICE if [other.name for other in found].count(each.name) > 1 else None
