"""The lineage as a tree of lines, one a program: the live view and `strop show` draw the same tree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from strop.base.events import IterationFinished
from strop.report.terminal.layout import fitting, say
from strop.report.terminal.lineage import Candidate, candidate_score, candidates_by_t, short
from strop.report.terminal.words import NAMED_BY, escape, over_tasks, quantity
from strop.runs.run_data import RunData

ACCEPTED, REJECTED, EVALUATED = "accepted", "rejected", "evaluated"


@dataclass(frozen=True)
class Row:
    """One line of the tree."""

    lines: str
    """What is drawn before it."""
    name: str
    said: tuple[str, ...]
    """What became of it; then its score, and its strategy's name, where they are known."""
    style: str = ""


@dataclass
class _Node:
    name: str
    said: tuple[str, ...]
    style: str = ""
    below: list[_Node] = field(default_factory=list)


def rows(
    run: RunData, *, now: int | None = None, ascii_only: bool = False, strategies: Mapping[str, str] | None = None
) -> list[Row]:
    """The tree, one row a program. `now`: candidates of other iterations are one row together. `strategies`: name → strategy."""
    top = _top(run, now, strategies or {})
    found: list[Row] = []
    for node in top:
        _drawn(node, "", "", found, "|  |- `-    " if ascii_only else "│  ├─ └─    ")
    return found


def _drawn(node: _Node, before: str, own: str, found: list[Row], parts: str) -> None:
    found.append(Row(before + own, node.name, node.said, node.style))
    down, branch, end, blank = (parts[start : start + 3] for start in (0, 3, 6, 9))
    before += {branch: down, end: blank}.get(own, "")
    for number, each in enumerate(node.below):
        _drawn(each, before, end if number == len(node.below) - 1 else branch, found, parts)


def _top(run: RunData, now: int | None, strategies: Mapping[str, str]) -> list[_Node]:
    nodes: dict[str, _Node] = {}
    of_t: dict[int, str] = {}
    top: list[_Node] = []
    ends, tried = {event.t: event for event in run.iterations}, candidates_by_t(run)
    for t in sorted({*ends, *tried, *run.parents}):
        end = ends.get(t)
        at_work = short(run.parents[t]) if t in run.parents else None
        before = t - 1 if end is None or end.parent is None else end.parent
        parent = nodes.get(at_work or of_t.get(before, ""))
        below = top if parent is None else parent.below
        # The improver itself may be what its own self-improvement tried, and gave back.
        others = [each for each in tried.get(t, {}).values() if each.name != at_work]
        below.extend(_candidates(t, others, end, strategies, together=now is not None and t != now))
        if end is None:
            continue
        name = of_t[t] = short(end.improver)
        if name not in nodes:
            node = nodes[name] = _Node(f"I_{t} {name}", _chosen(end, strategies.get(name, "")), "bold")
            below.append(node)
        elif name == of_t.get(t - 1):
            nodes[name].name = f"I_{_first(of_t, name)}..I_{t} {name}"
    return top


def _first(of_t: Mapping[int, str], name: str) -> int:
    return min(t for t, other in of_t.items() if other == name)


def _chosen(end: IterationFinished, strategy: str) -> tuple[str, ...]:
    score = f"test {over_tasks(end.test, end.tasks)}" if end.test else f"train {over_tasks(end.train, end.tasks)}"
    state = "seed" if end.t == 0 else ACCEPTED
    return (state, score, strategy) if strategy != state else (state, score)


def _candidates(
    t: int,
    tried: Sequence[Candidate],
    end: IterationFinished | None,
    strategies: Mapping[str, str],
    *,
    together: bool,
) -> list[_Node]:
    """The candidates of iteration t that did not become I_t; one node of all of them, where they are told `together`."""
    became = short(end.improver) if end is not None and end.accepted else ""
    turned_down = short(end.candidate) if end is not None and end.candidate is not None and not became else ""
    left = [each for each in tried if each.name != became]
    if together and left:
        verdicts = Counter(each.verdict for each in left)
        failed = sum(count for verdict, count in verdicts.items() if verdict != "ok")
        became_of = EVALUATED if end is None else f"not {ACCEPTED}"
        said = f"{quantity(len(left), 'candidate')} {became_of}" + (f", {failed} failed" if failed else "")
        return [_Node(f"t = {t}", (said,), "dim")]
    return [_tried(each, turned_down, strategies) for each in left]


def _tried(candidate: Candidate, turned_down: str, strategies: Mapping[str, str]) -> _Node:
    failed = candidate.verdict != "ok"
    state = escape(candidate.verdict, 20) if failed else REJECTED if candidate.name == turned_down else EVALUATED
    said = (state, f"train {candidate_score(candidate)}", strategies.get(candidate.name, ""))
    return _Node(f"t = {candidate.t} {candidate.name}", said, "yellow" if failed else "")


def drawn(found: Sequence[Row], console: Console, width: int, most: int | None = None) -> list[Text]:
    """Rows as lines of at most `width` cells, with shorter names and bare scores where it is narrow; of more than `most` the
    beginning and the end."""
    if _width(found) > width:
        found = [_narrow(row) for row in found]
    kept: list[Row | None] = list(found)
    if most is not None and len(kept) > max(most, 2):
        first = max(most, 2) // 3
        kept = [*kept[:first], None, *kept[len(kept) - (max(most, 2) - first - 1) :]]
    column = max((len(row.lines) + len(row.name) for row in found), default=0)
    tables = [row.said for row in found if len(row.said) > 1]
    widths = [max((len(said[place]) for said in tables), default=0) for place in range(2)]
    lines = []
    for row in kept:
        if row is None:
            line = Text(f"... {len(found) - len(kept) + 1} more", style="dim")
        else:
            line = Text(fitting(console, row.lines), style="dim")
            line.append(row.name.ljust(column - len(row.lines)), style=f"not dim {row.style}")
            line.append(f"  {fitting(console, _columns(row.said, widths))}", style=f"not dim {row.style}")
        line.truncate(width, overflow="crop" if not console.encoding.startswith("utf") else "ellipsis")
        lines.append(line)
    return lines


def _width(found: Sequence[Row]) -> int:
    names = max((len(row.lines) + len(row.name) for row in found), default=0)
    return names + sum(
        max((len(row.said[at]) for row in found if len(row.said) > at), default=0) + 2 for at in range(3)
    )


def _narrow(row: Row) -> Row:
    """A row with half of its digest, without the strategy and the standard error: the score is seen in any case."""
    name = re.sub(rf"\b([0-9a-f]{{6}})[0-9a-f]{{{NAMED_BY - 6}}}$", r"\1", row.name)
    said = tuple(re.sub(r" (±|\+-).*", "", each) for each in row.said[:2]) if len(row.said) > 1 else row.said
    return Row(row.lines, name, said, row.style)


def _columns(said: Sequence[str], widths: Sequence[int]) -> str:
    if len(said) == 1:
        return said[0]
    padded = [part.ljust(width) for part, width in zip(said, widths, strict=False)]
    return "  ".join([*padded, *said[len(widths) :]]).rstrip()


def print_lineage(run: RunData, console: Console, strategies: Mapping[str, str] | None = None) -> None:
    """The tree of a run; nothing where no improver was measured."""
    found = rows(run, ascii_only=not console.encoding.startswith("utf"), strategies=strategies)
    if not found:
        return
    say(console, "lineage", style="bold")
    for line in drawn(found, console, console.width if console.is_terminal else 1000):
        console.print(line, soft_wrap=True)
    console.print()
