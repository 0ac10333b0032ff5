"""Tables and named facts that keep every figure whole, however narrow the console.

Columns stand side by side where there is room, else below each other. Strings are escaped here; rich's markup does not apply to
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.base.later import dataclass
from strop.base.terminal_text import escape, pairs

Cell: TypeAlias = str | tuple[str, ...] | Text
"""A string, several lines of strings, or a text with a style whose content is harmless."""
_FIGURE = re.compile(r"-?|[-+<$]*\d[\d.,:]*(e[-+]?\d+)?( s|%|/\d+)?")
"""Cells of a column that is aligned to the right."""
_NUMBERS = re.compile(r"[-+]?\d\S* (to|±|\+-) \S+")
_LONG = 24
"""Characters from which a cell may be folded if the console is narrow, even if it is one word."""
_SHORT = 8
"""Least width of a column of words."""


def print_table(console: Console, headers: Sequence[str], rows: Iterable[Sequence[Cell]], gap: int = 2) -> None:
    """Print a table. A row may have fewer cells than there are headers. `gap`: 1 or 2 spaces between columns.

    Columns of figures are aligned to the right; columns of words are folded if the console is narrow. Where that would break a
    figure, each row is a paragraph instead: a line for each cell, after the name of its column.
    """
    cells = [[_text(console, cell) for cell in row] for row in rows]
    columns = [
        _column(fitting(console, header), [row[number] for row in cells if number < len(row)])
        for number, header in enumerate(headers)
    ]
    widths = _shared([column.most for column in columns], [column.least for column in columns], console.width, gap)
    if widths is None:
        _print_paragraphs(console, [column.header for column in columns], cells)
        return
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, padding=(0, 1 if gap > 1 else 0)
    )
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.header, justify="right" if column.figures else "left", width=width, overflow="fold")
    for row in cells:
        table.add_row(*row)
    console.print(table)


@dataclass(frozen=True)
class _Column:
    header: str
    figures: bool
    least: int
    """Width below which a figure would be broken, or a cell of one word or a few."""
    most: int


def _column(header: str, cells: Sequence[Text]) -> _Column:
    lines = [line for cell in cells for line in cell.plain.split("\n")]
    figures = bool(set(lines) - {"", "-"}) and all(map(_FIGURE.fullmatch, lines))
    folds = any(len(line) >= _LONG or (" " in line and not _NUMBERS.fullmatch(line)) for line in lines)
    most = _widest([*lines, *header.split("\n")])
    unbreakable = [word for line in lines for word in line.split() if any(map(str.isdigit, word))]
    least = _widest([*unbreakable, *header.split(), _SHORT * "x"])
    return _Column(header, figures, min(least, most) if folds and not figures else most, most)


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _shared(most: Sequence[int], least: Sequence[int], room: int, gap: int) -> list[int] | None:
    """Widths of columns that fit side by side in `room` columns of text; None if they do not fit.

    The widest column with room to spare is narrowed first.
    """
    widths = list(most)
    over = sum(widths) + gap * (len(widths) - 1) - room
    for _ in range(over):
        spare = [number for number, width in enumerate(widths) if width > least[number]]
        if not spare:
            return None
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _print_paragraphs(console: Console, headers: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    for number, row in enumerate(rows):
        if number:
            console.print()
        for position, (header, cell) in enumerate(zip(headers, row, strict=False)):
            if cell.plain:
                name = re.sub(r"-\n(?=[a-z])", "", header).replace("\n", " ")
                line = Text.assemble(f"{name}: " if name else "", cell)
                _print_indented(console, line, 2 if position else 0)


def _print_indented(console: Console, text: Text, indent: int) -> None:
    """Print a text that is folded between words only, so that a path or a command line without blanks can be copied."""
    for paragraph in text.split("\n"):
        breaks, width = [], 0
        for word in re.finditer(r"\S+\s*", paragraph.plain):
            if width and width + cell_len(word[0].rstrip()) > console.width - indent:
                breaks.append(word.start())
                width = 0
            width += cell_len(word[0])
        for line in paragraph.divide(breaks):
            line.rstrip()
            console.print(Text(" " * indent).append_text(line), soft_wrap=True)


def _text(console: Console, cell: Cell) -> Text:
    if isinstance(cell, Text):
        return cell
    return Text(fitting(console, "\n".join(escape(line) for line in ((cell,) if isinstance(cell, str) else cell))))


def print_pairs(console: Console, lines: Mapping[str, str]) -> None:
    """Print names with their texts beside them, or below them where there is little room."""
    fitted = {fitting(console, name): fitting(console, escape(text, 2000)) for name, text in lines.items()}
    for line in pairs(fitted, console.width):
        console.print(Text(line), soft_wrap=True)


def fitting(console: Console, text: str) -> str:
    """`text` in characters that the console's encoding has."""
    replaced = text if console.encoding.startswith("utf") else text.replace("±", "+-").replace("û", "u^")
    return replaced.encode(console.encoding, "backslashreplace").decode(console.encoding)
