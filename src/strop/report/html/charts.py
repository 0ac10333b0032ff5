"""The figures of a page: charts, each with its data as a table."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape as escape_html

from strop.analysis.stats import Estimate
from strop.base.later import dataclass
from strop.base.pluralize import plain
from strop.report.chart import Chart, Point, Series, svg
from strop.report.html.page import Page
from strop.runs.claims.numbers import between, in_words
from strop.tasks.registry import PROBLEMS, problems

_SHAPE = re.compile(r'<(?:circle|ellipse|line|path|polygon|polyline|rect)(?: [a-z-]+="[\w .,%#-]*")*/>')
"""What may stand in a drawing: shapes without links, styles, scripts or texts."""


def drawing_of(name: str, construction: str, title: str) -> str:
    """The construction of a published problem as an `svg` element; empty if it has no picture.

    `construction`: its JSON, from a record that may be anybody's. `title` is read aloud.
    """
    task = problems().get(name) if name in PROBLEMS else None
    if task is None or task.problem is None or task.problem.draw is None:
        return ""
    try:
        shapes = task.problem.draw(json.loads(construction))
    except Exception:  # noqa: BLE001 (an answer that nobody verified)
        return ""
    if _SHAPE.sub("", shapes).strip():
        return ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" aria-label="{escape_html(title)}" '
        f'viewBox="-1 -1 102 102" fill="none" stroke="currentColor" stroke-width="0.4">{shapes}</svg>'
    )


LOOK = {"seed": 0, "original": 0, "accepted": 1, "improved": 1, "rejected": 2, "evaluated": 3, "failed": 4}
"""State of a program → its marker, the same in every figure."""


@dataclass(frozen=True)
class ChartFigure:
    """A chart and its data."""

    id: str
    title: str
    caption: str
    chart: Chart | str
    """A chart, or a drawing as safe HTML."""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

    @property
    def svg(self) -> str:
        """The figure as safe HTML."""
        return self.chart if isinstance(self.chart, str) else svg(self.chart, f"{self.title}. {self.caption}")


def figures_of(page: Page) -> list[ChartFigure]:
    """The figures that a page has data for."""
    makers = (_construction, _meta_utility, _candidates, _programs, _transfer)
    return [figure for maker in makers for figure in maker(page)]


def _construction(page: Page) -> Iterator[ChartFigure]:
    if page.verified is not None:
        title, caption = "The best construction", f"Its value is {plain(page.verified.value, 12)}, verified exactly."
        drawing = drawing_of(page.task, page.verified.construction, f"{title}. {caption}")
        if drawing:
            yield ChartFigure("construction", title, caption, drawing)


def _meta_utility(page: Page) -> Iterator[ChartFigure]:
    iterations = [iteration for iteration in page.iterations if iteration.test or iteration.train]
    if not iterations:
        return
    test, train = [], []
    rows = []
    for iteration in iterations:
        interval = iteration.test.interval if iteration.test else None
        accepted = "-" if iteration.t == 0 else "yes" if iteration.accepted else "no"
        rows.append(
            [str(iteration.t), in_words(iteration.test), between(interval), in_words(iteration.train), accepted]
        )
        if iteration.test is not None:
            test.append(Point(iteration.t, iteration.test.mean, *(interval or reach(iteration.test))))
        if iteration.train is not None:
            train.append(Point(iteration.t, iteration.train.mean, *reach(iteration.train)))
    rows += [[name, f"{value:.3f}", between(interval), "", ""] for name, value, interval in page.baselines]
    series = [Series("held-out split", test, 0, "line"), Series("training split", train, 1, "line")]
    levels = {name: value for name, value, _ in page.baselines[:4]}
    yield ChartFigure(
        "meta-utility",
        "Meta-utility by iteration",
        "Mean over the copies of the task. Bars: 95% interval over the copies on the held-out split, one "
        "standard error on the training split. Lines: baselines.",
        Chart(series, "iteration t", "meta-utility û", levels),
        ["t", f"held-out û of {page.copies}", "95% interval", f"training û of {page.copies}", "accepted"],
        rows,
    )


def _candidates(page: Page) -> Iterator[ChartFigure]:
    nodes = [node for node in page.nodes if node.t is not None and node.train is not None]
    if len(nodes) < 2:
        return
    points = defaultdict(list)
    rows = []
    for node in nodes:
        points[node.state].append(Point(float(node.t or 0), node.value or 0.0))
        rows.append([node.label, str(node.t), node.state, in_words(node.train)])
    yield ChartFigure(
        "candidates",
        "Evaluated improvers",
        "Meta-utility û in training: of candidates as their self-improvement saw it, of each I_t as measured afterwards.",
        Chart(_by_state(points), "iteration t", "û in training"),
        ["improver", "t", "state", "û in training"],
        rows,
    )


def _programs(page: Page) -> Iterator[ChartFigure]:
    nodes = [node for node in page.nodes if node.train is not None]
    if not page.is_of_programs or len(nodes) < 2:
        return
    points, levels = defaultdict(list), {}
    unit = next((node.unit for node in nodes if node.amount is not None), "")
    best, highest = list[Point](), -math.inf
    for number, node in enumerate(nodes):
        value = node.amount if unit else node.value
        if value is None:  # it failed, and nothing was measured
            continue
        name = {"seed": "original", "accepted": "improved"}.get(node.state, node.state)
        points[name].append(Point(float(number), value))
        if name == "original":
            levels["the original"] = value
        better = node.state != "failed" and (node.value or 0.0) > highest
        highest = (node.value or 0.0) if better else highest
        best += [Point(float(number), value if better else best[-1].y)] if better or best else []
    yield ChartFigure(
        "programs",
        "Evaluated programs",
        f"{unit or 'Utility'} in training of the original and of every candidate; line: the best so far.",
        Chart(
            [Series("best so far", best, LOOK["improved"], "steps"), *_by_state(points)],
            "candidate, in the order of its first evaluation",
            f"{unit or 'utility'} in training",
            levels,
        ),
        ["program", "state", "training", "final comparison"],
        [[node.label, node.state, *(node.measured or (in_words(node.train), in_words(node.test)))] for node in nodes],
    )


def _by_state(points: Mapping[str, Sequence[Point]]) -> list[Series]:
    return [Series(name, points[name], look) for name, look in LOOK.items() if name in points]


def _transfer(page: Page) -> Iterator[ChartFigure]:
    measured = page.measured
    if measured is None:
        return
    seeds = [measured.seed_solution(task) for task in measured.tasks]
    values = [None if seed is None else seed.test.value for seed in seeds]
    cells = [[measured.cell(task, name) for name in measured.improvers] for task in measured.tasks]
    series = [
        Series("seed solution", [Point(float(row), value) for row, value in enumerate(values) if value is not None], 0)
    ]
    for number, name in enumerate(measured.improvers):
        tests = [(float(row), cell.test) for row, of_task in enumerate(cells) if (cell := of_task[number]) is not None]
        points = [Point(row, test.mean, *reach(test)) for row, test in tests]
        series.append(Series(name, points, number + 1))
    yield ChartFigure(
        "transfer",
        "Transfer: improvers on tasks",
        "Meta-utility û on the held-out split, mean over the copies; bars: one standard error. Seed solution: u(s).",
        Chart(series, "", "meta-utility û", names=measured.tasks),
        ["task", "u(s)", *measured.improvers],
        [
            [
                task,
                "-" if value is None else f"{value:.3f}",
                *(in_words(None if cell is None else cell.test) for cell in row),
            ]
            for task, value, row in zip(measured.tasks, values, cells, strict=True)
        ],
    )


def reach(estimate: Estimate) -> tuple[float, float] | tuple[()]:
    """One standard error to each side."""
    return () if estimate.stderr is None else (estimate.mean - estimate.stderr, estimate.mean + estimate.stderr)
