"""Figures as SVG for a strict page, each with its data."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from strop.analysis.stats import Estimate
from strop.report.chart import Chart, Point, Series, svg, ticks
from strop.report.html.charts import figures_of
from strop.report.html.lineage import HEIGHT, MOST_IN_COLUMN, WIDTH, Node, graph_of
from strop.report.html.page import Page
from support.records import evaluated


def hostile_chart() -> Chart:
    names = ["</text><script>alert(1)</script>", "$x_1$ \x1b[31m & \u202e"]
    dots = Series(names[0], [Point(0, 3), Point(1, 5, 4, 6)])
    return Chart([dots], "", "<b>evaluations</b>", {names[1]: 2.0}, names)


SHAPES = {"svg", "g", "path", "defs", "use", "text", "tspan", "clipPath", "rect"}


def test_a_figure_has_a_title_the_colours_of_its_page_and_no_style_script_or_link_that_leaves_it(
    made_page: Page,
) -> None:
    for drawn in [*(figure.svg for figure in figures_of(made_page)), svg(hostile_chart(), 'a "title" <b>')]:
        root = ET.fromstring(drawn)
        for element in root.iter():
            assert element.tag.rpartition("}")[2] in SHAPES
            assert "style" not in element.attrib and not [name for name in element.attrib if name.startswith("on")]
            assert element.get("href", "#").startswith("#")
        assert root.get("role") == "img" and root.get("aria-label")
        assert not re.findall(r'(?:fill|stroke)="#(?!none)[0-9a-f]+"', drawn)


def test_the_figures_of_a_run_have_their_data_beneath(made_page: Page) -> None:
    figures = {figure.id: figure for figure in figures_of(made_page)}
    assert list(figures) == ["meta-utility", "candidates"]
    for figure in figures.values():
        assert figure.rows and all(len(row) == len(figure.columns) for row in figure.rows)
    first = made_page.iterations[0].test
    assert first is not None and figures["meta-utility"].rows[0][1] == f"{first.mean:.3f} ± {first.stderr:.3f}"


def test_the_figure_of_an_improvement_has_a_line_at_the_utility_of_the_original(page: Any) -> None:
    rows = (("S", "original/train", 0.25), ("A", "improve/u-1#0", 0.5), ("B", "improve/u-2#0", 0.75))
    events = [evaluated(text, value, scope, scores=(value,)) for text, scope, value in rows]
    (figure,) = [one for one in figures_of(page(events, kind="improve")) if one.id == "programs"]
    assert figure.chart.levels == {"the original": 0.25}


def test_a_chart_marks_every_point_and_names_every_series_axis_and_line() -> None:
    series = [Series("a", [Point(0, 0.2), Point(1, 0.4, 0.3, 0.5)], 0, "line"), Series("b", [Point(1, 0.1)], 1)]
    drawn = svg(Chart(series, "across", "up", {"a line": 0.3}), "title")
    assert drawn.count('transform="translate(') == 3 + 2  # the legend has two
    assert {"a", "b", "a line", "across", "up"} <= set(re.findall(r">([^<>]+)</text>", drawn))


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6))
def test_an_axis_has_two_to_seven_numbers_within_its_range(low: float, span: float) -> None:
    numbers = ticks(low, low + span)
    assert 2 <= len(numbers) <= 7
    assert all(low - 1e-6 * span - 1e-9 <= number <= low + span + 1e-6 * span + 1e-9 for number in numbers)


def node(name: str, t: int, parent: str | None, state: str = "seed", value: float = 0.5) -> Node:
    return Node(name, name, state, "0" * 64, t=t, parent=parent, train=Estimate(value, None, 1))


def test_a_lineage_stands_in_columns_by_iteration_with_a_line_from_each_parent() -> None:
    nodes = [node("a", 0, None), node("b", 1, "a", state="accepted"), node("c", 3, "b", state="failed")]
    graph = graph_of(nodes)
    assert [box.x for box in graph.boxes] == sorted({box.x for box in graph.boxes})
    assert [text for _, _, _, text in graph.labels] == ["t = 0", "t = 1", "t = 3"]
    first, second, third = graph.boxes
    ends = {(path.split("C")[0], path.split(" ", 5)[-1]) for _, path in graph.lines}
    assert ends == {
        (f"M{first.x + WIDTH} {first.y + HEIGHT // 2}", f"{second.x} {second.y + HEIGHT // 2}"),
        (f"M{second.x + WIDTH} {second.y + HEIGHT // 2}", f"{third.x} {third.y + HEIGHT // 2}"),
    }


def test_a_column_shows_the_best_candidates_and_says_how_many_more_there_are() -> None:
    values = [number / 100 for number in range(MOST_IN_COLUMN + 7)]
    nodes = [node(f"n{value}", 1, None, state="evaluated", value=value) for value in values]
    graph = graph_of(nodes)
    assert [box.node.value for box in graph.boxes] == values[::-1][:MOST_IN_COLUMN]
    assert graph.labels[-1][3] == "and 7 more in the table"
    assert graph_of([]).boxes == []
