"""The forms of every view: sentences, tables, named facts and whole texts.

They are legible at 80 columns, without colour and in a pipe, where a sentence is one line. Strings are escaped here, so a program
or a model cannot draw over a report; rich's markup does not apply to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO, TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.base.terminal_text import escape
from strop.report.terminal.words import GLOSSARY, RUN_WORDS
from strop.tasks.drawing import PLAIN

SENTENCE = 2000
"""Characters of a conclusion, at most."""
Cell: TypeAlias = str | tuple[str, ...] | Text
"""A string, several lines of strings, or a text with a style whose content is harmless."""
_FIGURE = re.compile(r"-?|[-+<$]*\d[\d.,:]*(e[-+]?\d+)?( s|%|/\d+)?")
"""Cells of a column that is aligned to the right."""
_NUMBERS = re.compile(r"[-+]?\d\S* (to|±|\+-) \S+")
_LONG = 24
"""Characters from which a cell may be folded if the console is narrow, even if it is one word."""


def say(console: Console, text: str, style: str = "", limit: int = 400) -> None:
    """A sentence: folded between words on a terminal, one whole line elsewhere, so that `grep` finds all of it."""
    if text:
        console.print(Text(fitting(console, escape(text, limit)), style=style), soft_wrap=not console.is_terminal)


def print_table(console: Console, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A table; a row may have fewer cells than there are headers.

    Columns of figures are aligned to the right; columns of words are folded if the console is narrow.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    shown = [[_text(console, cell) for cell in row] for row in rows]
    for number, header in enumerate(headers):
        lines = [line for row in shown for cell in row[number : number + 1] for line in cell.plain.split("\n")]
        figures = set(lines) - {"", "-"} and all(map(_FIGURE.fullmatch, lines))
        words = any(len(line) >= _LONG or (" " in line and not _NUMBERS.fullmatch(line)) for line in lines)
        table.add_column(
            fitting(console, header),
            justify="right" if figures else "left",
            no_wrap=figures or not words,
            overflow="fold",
        )
    for row in shown:
        table.add_row(*row)
    console.print(table)


def _text(console: Console, cell: Cell) -> Text:
    if isinstance(cell, Text):
        return cell
    return Text(fitting(console, "\n".join(escape(line) for line in ((cell,) if isinstance(cell, str) else cell))))


def print_pairs(console: Console, lines: Mapping[str, str]) -> None:
    """Names with their texts beside them, folded under themselves; empty texts are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in lines.items():
        if text:
            grid.add_row(Text(f"  {fitting(console, name)}"), Text(fitting(console, escape(text, 1000))))
    console.print(grid)


def print_heading(console: Console, text: str) -> None:
    """A line in bold."""
    console.print(fitting(console, text), markup=False, style="bold")


def print_whole(console: Console, text: str) -> None:
    """A text whose lines are neither folded nor cut."""
    shown = text.rstrip("\n")
    if not console.encoding.startswith("utf"):
        shown = shown.translate(PLAIN)
    console.print(fitting(console, shown), markup=False, soft_wrap=True)


def print_glossary(console: Console, words: Sequence[str] = RUN_WORDS) -> None:
    """The meaning of each word, a line each."""
    width = max(map(len, words))
    for word in words:
        say(console, f"{word.ljust(width)}  {GLOSSARY[word]}", style="dim")


def fitting(console: Console, text: str) -> str:
    """`text` in characters that the console's encoding has."""
    replaced = text if console.encoding.startswith("utf") else text.replace("±", "+-").replace("û", "u^")
    return replaced.encode(console.encoding, "backslashreplace").decode(console.encoding)


class Lasting:
    """A text stream that ignores write errors: a closed terminal or a broken pipe must not end a run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False
        """Whether a write has failed."""

    def write(self, text: str) -> int:
        """Write `text`; do nothing if nobody can read it."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self.gone = True
            return len(text)

    def flush(self) -> None:
        """Flush; do nothing if nobody can read."""
        with suppress(ValueError):
            try:
                self._stream.flush()
            except OSError:
                self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
