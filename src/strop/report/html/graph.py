"""The lineage as a drawing: a column for each iteration, accepted nodes above the others, a line from each node to its parent."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.search import Search
from strop.report.html.lineage import Node

MOST_IN_COLUMN = 12
"""Candidates in a column, the best first; the list below the drawing has all."""
CARD, CHIP = (168, 66), (168, 26)
"""Width and height of nodes that were accepted or rejected, and of others."""
_GAP_X, _GAP_Y, _TOP, _EDGE = 60, 10, 52, 6
_LANE, _APART, _LANES, _ROUND = 26, 5, 4, 6
"""Of lines above the boxes: height, distance, number, and radius of their corners."""
_CARDS = ("seed", "accepted", "rejected")
_LONGEST = 24
"""Characters of a line in a card."""


@dataclass(frozen=True)
class Box:
    """A node as it is drawn, in pixels from the upper left corner."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...]
    label: str
    """All of it in words, for screen readers."""


@dataclass(frozen=True)
class GraphLine:
    """A line from a parent to its child."""

    path: str
    state: str
    """State of the child."""


@dataclass(frozen=True)
class GraphColumn:
    """An iteration."""

    x: int
    title: str
    more: str
    """What the column does not show; may be empty."""
    bottom: int


@dataclass(frozen=True)
class Graph:
    """All of it; `width` and `height` in pixels."""

    width: int
    height: int
    columns: tuple[GraphColumn, ...]
    lines: tuple[GraphLine, ...]
    boxes: tuple[Box, ...]


def graph_of(nodes: Sequence[Node]) -> Graph | None:
    """The drawing of a lineage; None without nodes."""
    layers: dict[int, list[Node]] = {}
    for node in nodes:
        layers.setdefault(_layer(node), []).append(node)
    columns: list[GraphColumn] = []
    boxes: list[Box] = []
    for number, layer in enumerate(sorted(layers)):
        x = _EDGE + number * (CARD[0] + _GAP_X)
        drawn, left_out = _column(layers[layer], x)
        boxes += drawn
        bottom = max(box.y + box.height for box in drawn)
        more = f"and {left_out} more in the list" if left_out else ""
        columns.append(GraphColumn(x, _title(layers[layer]), more, bottom))
    if not boxes:
        return None
    width = columns[-1].x + CARD[0] + _EDGE
    height = max(column.bottom + (22 if column.more else 0) for column in columns) + _EDGE
    return Graph(width, height, tuple(columns), _lines(boxes), tuple(boxes))


def _layer(node: Node) -> int:
    if node.t is not None:
        return node.t
    return {"seed": 0, "accepted": 2, "rejected": 2}.get(node.state, 1)


def _title(nodes: Sequence[Node]) -> str:
    first = nodes[0]
    if first.t is not None:
        return f"t = {first.t}"
    return {"seed": "original", "accepted": "result", "rejected": "result"}.get(first.state, "evaluated")


def _column(nodes: Sequence[Node], x: int) -> tuple[list[Box], int]:
    cards = sorted((node for node in nodes if node.state in _CARDS), key=lambda node: _CARDS.index(node.state))
    chips = sorted((node for node in nodes if node.state not in _CARDS), key=lambda node: -(node.value or 0.0))
    drawn, y = [], _TOP
    for node in [*cards, *chips[:MOST_IN_COLUMN]]:
        box = _box(node, x, y)
        drawn.append(box)
        y += box.height + _GAP_Y
    return drawn, max(len(chips) - MOST_IN_COLUMN, 0)


def _box(node: Node, x: int, y: int) -> Box:
    card, number = node.state in _CARDS, _number(node)
    value = node.measured[0] if node.measured else "–" if node.value is None else f"{node.value:.3f}"
    marks = f" · audit: {len(node.notes)}" if node.notes else ""
    lines: tuple[str, ...] = ()
    if card:
        title = f"{_short(node.label) if len(node.label) < 9 else number} · {node.state}"
        of = node.unit or ("u" if node.t is None else "û")  # a program has a utility, an improver a meta-utility
        test = "" if node.test is None else f", test {node.measured[1] if node.measured else f'{node.test.mean:.3f}'}"
        lines = tuple(filter(None, (f"{of} {value}{test}", f"{_asked(node.search)}{marks}".removeprefix(" · "))))
        label = " ".join([title, *lines])
    else:
        title = f"{number} · {value} · {node.state}"
        label = f"{title}, {_short(node.label)}{marks}"  # begins with the visible text, for speech input
    return Box(node, x, y, *(CARD if card else CHIP), title, lines, label)


def _asked(search: Search | None) -> str:
    """The mean LM calls and rounds of an improvement, as text."""
    did = None if search is None else search.behaviour
    if did is None:
        return ""
    calls, rounds = did.lm_calls / did.improvements, did.rounds / did.improvements
    return f"{calls:.3g} LM calls, {rounds:.3g} rounds"


def _number(node: Node) -> str:
    """`c3` for `candidate 3 of t = 1`."""
    words = node.label.split()
    return f"c{words[1]}" if len(words) > 1 and words[0] == "candidate" else _short(node.label, 8)


def _short(text: str, longest: int = _LONGEST) -> str:
    plain = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _lines(boxes: Sequence[Box]) -> tuple[GraphLine, ...]:
    """Lines to accepted nodes are drawn last, above the others. Each parent has its own lane, so that lines do not merge."""
    by_id = {box.node.id: box for box in boxes}
    lanes: dict[str, int] = {}
    lines = []
    for box in boxes:
        parent = by_id.get(box.node.parent or "")
        if parent is not None and parent.x < box.x:
            lane = lanes.setdefault(parent.node.id, len(lanes)) % _LANES
            lines.append(GraphLine(_path(parent, box, lane), box.node.state))
    return tuple(sorted(lines, key=lambda line: line.state == "accepted"))


def _path(parent: Box, box: Box, lane: int) -> str:
    """Right, up or down, and right; above the boxes of columns in between."""
    begin, start, end = parent.x + parent.width, parent.y + parent.height // 2, box.y + box.height // 2
    turn = box.x - _GAP_X // 2 + _APART * (lane - 1)
    if box.x - begin <= _GAP_X:
        return f"M{begin} {start}H" + _turned(turn, start, end) + f"H{box.x}"
    first, height = begin + _GAP_X // 2 + _APART * (lane - 1), _LANE + _APART * lane
    return f"M{begin} {start}H" + _turned(first, start, height) + "H" + _turned(turn, height, end) + f"H{box.x}"


def _turned(x: int, start: int, end: int) -> str:
    """A line to the right that turns up or down at `x`, with round corners; without its beginning."""
    step = min(_ROUND, abs(end - start) // 2) * (1 if end > start else -1)
    if not step:
        return f"{x}"
    size = abs(step)
    return f"{x - size}Q{x} {start} {x} {start + step}V{end - step}Q{x} {end} {x + size} {end}"
