"""The lineage: each improver that became I_t, and each candidate that a self-improvement evaluated; or the programs of `strop
improve`. It is drawn with a column for each iteration, accepted nodes above the others, and a line from each node to its parent.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field

from strop.analysis.search import COUNTED_KINDS, Search, searches_of
from strop.analysis.stats import Estimate, estimate
from strop.base.errors import StoreError
from strop.base.events import Evaluated
from strop.base.later import dataclass
from strop.base.solution import short
from strop.runs.claims.gains import in_units, unit_of
from strop.runs.programs import programs_in
from strop.runs.results.parts import Noted, noted, sample
from strop.runs.run_data import RunData
from strop.store import Store
from strop.tasks.objective_facts import ObjectiveFacts

MOST_NODES = 2000
"""Most candidates of a lineage; `strop export` writes all."""
MOST_IN_COLUMN = 12
"""Most nodes in a column of the drawing, the best first; the table below it has all."""
WIDTH, HEIGHT = 168, 48
"""Width and height of a node, in pixels."""
_GAP_X, _GAP_Y, _TOP, _EDGE = 60, 10, 34, 6
_STATES = ("seed", "accepted", "rejected")
"""States whose nodes come first in their column; the others follow by their value."""


@dataclass(frozen=True, kw_only=True)
class NodeNote(Noted):
    """A note of the audit about one program, with its detail."""

    detail: str


@dataclass
class Node:
    """An improver, or a program of `strop improve`."""

    id: str
    label: str
    state: str
    """`seed`, `accepted`, `rejected`, `evaluated` or `failed`."""
    digest: str
    text: str | None = None
    """None if it is missing from the record."""
    t: int | None = None
    """The iteration that made it."""
    parent: Node | None = None
    """The node that made it."""
    iterations: list[int] = field(default_factory=list)
    """The iterations that ended with it."""
    reason: str = ""
    train: Estimate | None = None
    """û of a candidate as its self-improvement saw it, of I_t as it was measured; utility of a program."""
    test: Estimate | None = None
    """û of I_t, or the utility of a program, on the held-out split."""
    measured: tuple[str, str] | None = None
    """What a program of a command task measured in training and on the held-out split, in the user's units."""
    unit: str = ""
    """Unit of `measured`."""
    amount: float | None = None
    """The mean of a lone metric in training."""
    search: Search | None = None
    """How the improver searches; None for other programs."""
    notes: list[NodeNote] = field(default_factory=list)
    html: str | None = None
    """Its lines, highlighted, as safe HTML; None if the page would get too large."""
    diff_html: str | None = None
    """Its lines beside its parent's, as safe HTML; None if there is no parent, no difference, or no room."""

    @property
    def value(self) -> float | None:
        """Its score in training."""
        return None if self.train is None else self.train.mean


def nodes_of(run: RunData, store: Store) -> tuple[list[Node], int]:
    """The programs of a record in the order in which they were made, and how many candidates beyond MOST_NODES are left out."""
    facts = run.meta.objective
    nodes: list[Node] = []
    made: dict[int, Node] = {}  # by the program's `id`
    left_out = 0
    for number, program in enumerate(programs_in(run)):
        if program.digest is None:
            continue
        if len(nodes) >= MOST_NODES and program.state in ("evaluated", "failed"):
            left_out += 1
            continue
        prefix = f"t{program.t}" if program.t is not None else f"c{number}"
        node = Node(f"{prefix}-{short(program.digest)}", program.name, program.state, program.digest)
        node.t, node.reason = program.t, program.reason
        with suppress(StoreError):
            node.text = store.text(program.digest)
        node.parent = made.get(id(program.parent))
        node.iterations = program.iterations
        if program.ends:
            end = program.ends[0]
            node.train, node.test = (sample(values, len(end.tasks) or 1) for values in (end.train, end.test))
        if program.train is not None:
            _score(node, program.train, program.test, facts)
        elif node.train is None and program.tried:
            node.train = _seen(program.tried[0])
        made[id(program)] = node
        nodes.append(node)
    return nodes, left_out


def _score(node: Node, train: Evaluated, test: Evaluated | None, facts: ObjectiveFacts) -> None:
    """Set the scores that `strop improve` measured of a program, in the user's units."""
    node.train = Estimate(train.value, None, 1)
    node.test = None if test is None else _seen(test)
    node.unit = unit_of(facts)
    node.measured = in_units(facts, train), "" if test is None else in_units(facts, test)
    node.amount = facts.metric.of(train)


def describe(nodes: Sequence[Node], run: RunData, store: Store, *, improvers: bool) -> None:
    """Add the audit's notes to each node and, if the nodes are `improvers`, how they search."""
    counts: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for event in run.audit:
        if event.program is not None:
            counts[event.program][event.rule, event.detail] += event.times
    texts = {node.digest: node.text for node in nodes if node.text is not None}
    searches: Mapping[str, Search] = {}
    if improvers and texts:
        searches = searches_of((stored.event for stored in store.events(*COUNTED_KINDS)), texts.values())
    for node in nodes:
        if node.text is not None:
            node.notes = [_note(*key, times) for key, times in counts[node.digest].items()]
            node.search = searches.get(node.text)


def _seen(event: Evaluated) -> Estimate:
    """The value of an evaluation, with the standard error over its scores."""
    return Estimate(event.value, estimate(event.scores).stderr if len(event.scores) > 1 else None, len(event.scores))


def _note(rule: str, detail: str, times: int) -> NodeNote:
    (row,) = noted({rule: times})
    return NodeNote(**vars(row), detail=detail)


@dataclass(frozen=True)
class Box:
    """A node as it is drawn, in pixels from the upper left corner."""

    node: Node
    x: int
    y: int
    title: str
    line: str
    """Its scores."""


@dataclass
class Graph:
    """The drawing; `width` and `height` in pixels."""

    width: int = 0
    height: int = 0
    labels: list[tuple[int, int, str, str]] = field(default_factory=list)
    """(x, y, kind, text) of each text outside the boxes: titles of columns, and how many candidates a column leaves out."""
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(state of the child, path) of each line from a parent."""
    boxes: list[Box] = field(default_factory=list)


def graph_of(nodes: Sequence[Node]) -> Graph:
    """The drawing of a lineage; without boxes if there are no nodes."""
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        of_program = {"seed": 0, "accepted": 2, "rejected": 2}.get(node.state, 1)
        columns.setdefault(of_program if node.t is None else node.t, []).append(node)
    graph = Graph()
    for number, (_, column) in enumerate(sorted(columns.items())):
        x, y = _EDGE + number * (WIDTH + _GAP_X), _TOP
        titles = {"seed": "original", "accepted": "result", "rejected": "result"}
        first = column[0]
        title = titles.get(first.state, "evaluated") if first.t is None else f"t = {first.t}"
        graph.labels.append((x, 16, "column", title))
        column.sort(key=lambda node: (node.state not in _STATES, -(node.value or 0.0)))
        for node in column[:MOST_IN_COLUMN]:
            graph.boxes.append(_box(node, x, y))
            y += HEIGHT + _GAP_Y
        if more := len(column[MOST_IN_COLUMN:]):
            graph.labels.append((x, y + 8, "more", f"and {more} more in the table"))
            y += 22
        graph.width, graph.height = x + WIDTH + _EDGE, max(graph.height, y)
    boxes = {box.node.id: box for box in graph.boxes}
    for box in graph.boxes:
        parent = boxes.get(box.node.parent.id) if box.node.parent else None
        if parent is not None and parent.x < box.x:
            graph.lines.append((box.node.state, _line(parent, box)))
    graph.lines.sort(key=lambda line: line[0] == "accepted")  # drawn last, above the others
    return graph


def _line(parent: Box, box: Box) -> str:
    """A curve, which passes behind the boxes in between."""
    x, y, to_y = parent.x + WIDTH, parent.y + HEIGHT // 2, box.y + HEIGHT // 2
    return f"M{x} {y}C{x + _GAP_X // 2} {y} {box.x - _GAP_X // 2} {to_y} {box.x} {to_y}"


def _box(node: Node, x: int, y: int) -> Box:
    parts = node.label.split()  # `candidate 3 of t = 1` is c3
    name = f"c{parts[1]}" if len(parts) > 1 and parts[0] == "candidate" else _short(node.label, 8)
    value = node.measured[0] if node.measured else "–" if node.value is None else f"{node.value:.3f}"
    unit = node.unit or ("u" if node.t is None else "û")  # a program has a utility, an improver a meta-utility
    test = "" if node.test is None else f", test {node.measured[1] if node.measured else f'{node.test.mean:.3f}'}"
    return Box(node, x, y, f"{name} · {node.state}", f"{unit} {value}{test}")


def _short(text: str, longest: int) -> str:
    plain = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
