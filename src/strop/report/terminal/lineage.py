"""The lineage of a run: its candidates, and the tree that the live view and `strop show` draw, one line per program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from strop.base.events import Evaluated, Event, IterationFinished
from strop.base.solution import digest_of
from strop.report.terminal.layout import fitting, say
from strop.report.terminal.words import NAMED_BY, escape
from strop.runs.claims.numbers import over_tasks, with_error
from strop.runs.run_data import RunData
from strop.tasks.base import META_TASK

ACCEPTED, REJECTED, EVALUATED = "accepted", "rejected", "evaluated"


@dataclass(frozen=True)
class Candidate:
    """An improver that a self-improvement asked the meta-utility about."""

    t: int
    name: str
    """The first digits of its digest; `none` for what is not a text."""
    verdict: str
    scores: tuple[float, ...]
    """û on the training split, one value per copy."""
    value: float


def candidate_of(event: Event) -> Candidate | None:
    """The improver that an outlined event evaluates; None for every other event."""
    if not isinstance(event, Evaluated) or event.utility != META_TASK or event.split != "train":
        return None
    iteration, *inside = event.scope.split("/")
    if len(inside) != 2 or inside[0] != "improve" or not iteration[1:].isdigit():
        return None
    return Candidate(int(iteration[1:]), short(event.solution), event.verdict, event.scores, event.value)


def candidate_score(candidate: Candidate) -> str:
    """û of a candidate with its standard error; the bare value if its copies are unknown."""
    return with_error(candidate.scores) if len(candidate.scores) > 1 else f"{candidate.value:.3f}"


def short(digest: str | None) -> str:
    """The first digits of a program's digest; `none` for what is not a text."""
    return "none" if digest is None else digest[:NAMED_BY]


def name_of(text: str | None) -> str:
    """The first digits of a text's digest; `none` for None."""
    return short(None if text is None else digest_of(text))


@dataclass(frozen=True)
class Row:
    """One program in the tree of `strop show`: tree lines, name and columns."""

    lines: str
    """What is drawn before it."""
    name: str
    columns: tuple[str, ...]
    """Its outcome; then its score, if it is known."""
    style: str = ""


@dataclass
class _Node:
    name: str
    columns: tuple[str, ...]
    style: str = ""
    children: list[_Node] = field(default_factory=list)

    def rows(self, parts: str, before: str = "", own: str = "") -> list[Row]:
        """Its row and those of its children. `parts`: three characters for each of: down, branch, end, blank."""
        down, branch, end, blank = (parts[start : start + 3] for start in (0, 3, 6, 9))
        rows = [Row(before + own, self.name, self.columns, self.style)]
        before += {branch: down, end: blank}.get(own, "")
        for number, child in enumerate(self.children, 1):
            rows += child.rows(parts, before, end if number == len(self.children) else branch)
        return rows


def tree(run: RunData, *, ascii_only: bool = False) -> list[Row]:
    """The tree, one row per program."""
    parts = "|  |- `-    " if ascii_only else "│  ├─ └─    "
    return [row for node in _roots(run) for row in node.rows(parts)]


def _roots(run: RunData) -> list[_Node]:
    nodes: dict[str, _Node] = {}
    improvers: dict[int, str] = {}
    roots: list[_Node] = []
    ends, candidates = {event.t: event for event in run.iterations}, _candidates_by_t(run)
    for t in sorted({*ends, *candidates, *run.parents}):
        end = ends.get(t)
        worker = short(run.parents[t]) if t in run.parents else None
        before = t - 1 if end is None or end.parent is None else end.parent
        parent = nodes.get(worker or improvers.get(before, ""))
        siblings = roots if parent is None else parent.children
        # The self-improvement may have tried, and returned, the improver itself.
        others = [candidate for candidate in candidates.get(t, {}).values() if candidate.name != worker]
        siblings.extend(_candidate_nodes(t, others, end))
        if end is None:
            continue
        name = improvers[t] = short(end.improver)
        if name not in nodes:
            node = nodes[name] = _Node(f"I_{t} {name}", _columns_of(end), "bold")
            siblings.append(node)
        elif name == improvers.get(t - 1):
            first = min(number for number, other in improvers.items() if other == name)
            nodes[name].name = f"I_{first}..I_{t} {name}"
    return roots


def _candidates_by_t(run: RunData) -> dict[int, dict[str, Candidate]]:
    """By t: the candidates by name, each as it was first evaluated."""
    by_t: dict[int, dict[str, Candidate]] = {}
    for event in run.candidates:
        candidate = candidate_of(event)
        if candidate is not None:
            by_t.setdefault(candidate.t, {}).setdefault(candidate.name, candidate)
    return by_t


def _columns_of(end: IterationFinished) -> tuple[str, ...]:
    score = f"test {over_tasks(end.test, end.tasks)}" if end.test else f"train {over_tasks(end.train, end.tasks)}"
    return "seed" if end.t == 0 else ACCEPTED, score


def _candidate_nodes(
    t: int,
    candidates: Sequence[Candidate],
    end: IterationFinished | None,
) -> list[_Node]:
    """The candidates of iteration t other than I_t."""
    accepted = short(end.improver) if end is not None and end.accepted else ""
    rejected = short(end.candidate) if end is not None and end.candidate is not None and not accepted else ""
    others = [candidate for candidate in candidates if candidate.name != accepted]
    nodes = []
    for candidate in others:
        state, style = REJECTED if candidate.name == rejected else EVALUATED, ""
        if candidate.verdict != "ok":
            state, style = escape(candidate.verdict, 20), "yellow"
        columns = (state, f"train {candidate_score(candidate)}")
        nodes.append(_Node(f"t = {t} {candidate.name}", columns, style))
    return nodes


def drawn(rows: Sequence[Row], console: Console, width: int) -> list[Text]:
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


def _below(row: Row, console: Console, width: int) -> list[Text]:
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
