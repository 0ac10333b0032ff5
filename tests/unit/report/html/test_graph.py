"""The drawing of a lineage: who stands where, and who comes from whom."""

from __future__ import annotations

from strop.analysis.stats import Estimate
from strop.report.html.lineage import CARD, MOST_IN_COLUMN, Node, graph_of


def node(name: str, t: int, parent: str | None, state: str = "seed", value: float = 0.5) -> Node:
    return Node(name, name, state, "0" * 64, t=t, parent=parent, train=Estimate(value, None, 1))


def test_a_lineage_stands_in_columns_by_iteration_with_a_line_from_each_parent() -> None:
    nodes = [node("a", 0, None), node("b", 1, "a", state="accepted"), node("c", 3, "b", state="failed")]
    graph = graph_of(nodes)
    assert [box.x for box in graph.boxes] == sorted({box.x for box in graph.boxes})
    assert [text for _, _, _, text in graph.words] == ["t = 0", "t = 1", "t = 3"]
    first, second, third = graph.boxes
    ends = {(path.split("C")[0], path.split(" ", 5)[-1]) for _, path in graph.lines}
    assert ends == {
        (f"M{first.x + CARD[0]} {first.y + CARD[1] // 2}", f"{second.x} {second.y + second.height // 2}"),
        (f"M{second.x + CARD[0]} {second.y + CARD[1] // 2}", f"{third.x} {third.y + third.height // 2}"),
    }


def test_a_column_shows_the_best_candidates_and_says_how_many_more_there_are() -> None:
    values = [number / 100 for number in range(MOST_IN_COLUMN + 7)]
    nodes = [node(f"n{value}", 1, None, state="evaluated", value=value) for value in values]
    graph = graph_of(nodes)
    assert [box.node.value for box in graph.boxes] == values[::-1][:MOST_IN_COLUMN]
    assert graph.words[-1][3] == "and 7 more in the list"


def test_no_nodes_have_no_drawing() -> None:
    assert graph_of([]).boxes == []
