"""The tree of a run's improvers that `strop show` draws, one line per program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from strop.base.events import Evaluated, IterationFinished
from strop.base.solution import short
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting
from strop.runs.claims.numbers import over_tasks, with_error
from strop.runs.programs import Program, programs_in
from strop.runs.run_data import RunData


def candidate_score(event: Evaluated) -> str:
    """û of a candidate with its standard error; the bare value if its copies are unknown."""
    return with_error(event.scores) if len(event.scores) > 1 else f"{event.value:.3f}"


@dataclass(frozen=True)
class TreeLine:
    """One program in the tree of `strop show`: tree lines, name and columns."""

    lines: str
    """What is drawn before it."""
    name: str
    columns: tuple[str, ...]
    """Its outcome; then its score, if it is known."""
    style: str = ""


def tree(run: RunData, *, ascii_only: bool = False) -> list[TreeLine]:
    """The tree, one line per program: what an iteration accepted is below its other candidates."""
    parts = "|  |- `-    " if ascii_only else "│  ├─ └─    "
    children: dict[int, list[Program]] = {}
    for program in sorted(programs_in(run), key=lambda program: (program.t or 0, bool(program.ends))):
        children.setdefault(id(program.parent), []).append(program)
    return [line for each in children.get(id(None), ()) for line in _lines(each, children, parts)]


def _lines(
    program: Program, children: Mapping[int, Sequence[Program]], parts: str, before: str = "", own: str = ""
) -> list[TreeLine]:
    """The line of a program and those of its children. `parts`: three characters for each of: down, branch, end, blank."""
    down, branch, end, blank = (parts[start : start + 3] for start in (0, 3, 6, 9))
    lines = [_line(program, before + own)]
    before += {branch: down, end: blank}.get(own, "")
    below = children.get(id(program), ())
    for number, child in enumerate(below, 1):
        lines += _lines(child, children, parts, before, end if number == len(below) else branch)
    return lines


def _line(program: Program, lines: str) -> TreeLine:
    name = short(program.digest)
    if program.ends:
        first, last = program.iterations[0], program.iterations[-1]
        span = f"I_{first}..I_{last}" if last > first else f"I_{first}"
        return TreeLine(lines, f"{span} {name}", (program.state, _measured(program.ends[0])), "bold")
    if not program.tried:
        return TreeLine(lines, f"t = {program.t} {name}", (program.state,))
    tried = program.tried[0]
    failed = tried.verdict != "ok"
    columns = escape(tried.verdict, 20) if failed else program.state, f"train {candidate_score(tried)}"
    return TreeLine(lines, f"t = {program.t} {name}", columns, "yellow" if failed else "")


def _measured(end: IterationFinished) -> str:
    return f"test {over_tasks(end.test, end.tasks)}" if end.test else f"train {over_tasks(end.train, end.tasks)}"


def drawn(rows: Sequence[TreeLine], console: Console, width: int) -> list[Text]:
    """Rows as lines of at most `width` cells; the columns of a row are below its name where they do not fit beside it."""
    column = max((len(row.lines) + len(row.name) for row in rows), default=0)
    tables = [row.columns for row in rows if len(row.columns) > 1]
    widths = [max((len(columns[number]) for columns in tables), default=0) for number in range(2)]
    lines = []
    for row in rows:
        line = Text(fitting(console, row.lines), style="dim")
        line.append(row.name.ljust(column - len(row.lines)), style=f"not dim {row.style}")
        figures = Text(fitting(console, _padded(row.columns, widths)), style=f"not dim {row.style}")
        if line.cell_len + 2 + figures.cell_len > width:
            line.rstrip()
            lines += [*line.wrap(console, width), *_below(row, console, width)]
        else:
            lines.append(line.append("  ").append_text(figures))
    return lines


def _below(row: TreeLine, console: Console, width: int) -> list[Text]:
    """The columns of a row on lines of their own, in from its name as far as there is room for them."""
    texts = [Text(fitting(console, column), style=f"not dim {row.style}") for column in row.columns if column]
    most = max((text.cell_len for text in texts), default=0)
    indent = " " * max(min(len(row.lines) + 2, width - most), 2)
    return [Text(indent).append_text(part) for text in texts for part in text.wrap(console, width - len(indent))]


def _padded(columns: Sequence[str], widths: Sequence[int]) -> str:
    if len(columns) == 1:
        return columns[0]
    padded = [part.ljust(width) for part, width in zip(columns, widths, strict=False)]
    return "  ".join([*padded, *columns[len(widths) :]]).rstrip()


def print_lineage(run: RunData, console: Console) -> None:
    """The tree of a run; nothing if no improver was measured."""
    rows = tree(run, ascii_only=not console.encoding.startswith("utf"))
    if not rows:
        return
    say(console, "lineage", style="bold")
    for line in drawn(rows, console, console.width if console.is_terminal else 1000):
        console.print(line, soft_wrap=True)
    console.print()
