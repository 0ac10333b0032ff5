"""The figures of a page, each with its data as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure as Drawn

from strop.analysis.stats import wilson_interval
from strop.report.html import plots
from strop.report.html.schema import Figure, IterationFacts, PageDocument
from strop.report.html.svg import svg_of
from strop.report.terminal.documents import Measured
from strop.tasks.base import META_TASK

MOST_ROWS = 200
"""Of a figure's table."""
_STATES = ("seed", "accepted", "rejected", "evaluated", "failed")


@dataclass(frozen=True)
class Drawing:
    """A figure as it was drawn, and its data."""

    drawn: Drawn
    id: str
    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def figures_of(document: PageDocument) -> list[Figure]:
    """The figures that a document has data for."""
    return [figure_of(drawing) for drawing in drawings_of(document)]


def drawings_of(document: PageDocument) -> list[Drawing]:
    """The same before they are SVGs of the page."""
    makers = (_judged, _meta_utility, _candidates, _programs, _values, _transfer, _repeats, _spending, _verdicts)
    return [drawing for maker in makers for drawing in maker(document)]


def figure_of(drawing: Drawing) -> Figure:
    """A drawing as the page shows it."""
    rows, caption = drawing.rows, drawing.caption
    if len(rows) > MOST_ROWS:
        caption = f"{caption} The table shows {MOST_ROWS} of {len(rows):,} rows; the figure has them all."
    svg = svg_of(drawing.drawn, drawing.id, f"{drawing.title}. {caption}")
    shown = [list(row) for row in rows[:MOST_ROWS]]
    return {
        "id": drawing.id,
        "title": drawing.title,
        "caption": caption,
        "svg": svg,
        "columns": list(drawing.columns),
        "rows": shown,
    }


def _meta_utility(document: PageDocument) -> Iterator[Drawing]:
    rows = [row for row in document["iterations"] if row["test"] or row["train"]]
    if not rows:
        return
    series = {
        "test (sealed) split": [_reach(row["test"], row["test_interval"]) for row in rows],
        "training split": [_reach(row["train"], None) for row in rows],
    }
    levels = {each["name"]: each["mean"] for each in document["baselines"][:4]}
    beside = [_baseline_row(each["name"], each["mean"], each["interval"]) for each in document["baselines"]]
    drawn = plots.by_iteration([row["t"] for row in rows], series, levels, "meta-utility û")
    yield Drawing(
        drawn,
        "meta-utility",
        "Meta-utility by iteration",
        "Mean over the copies of the task. Bars: 95% interval (Student's t, cut at 0 and 1) on the sealed test split, one "
        "standard error on the training split. Lines: baselines.",
        ["t", "test û", "± s.e.", "95% interval", "training û", "± s.e.", "accepted"],
        [_iteration_row(row) for row in rows] + beside,
    )


def _iteration_row(row: IterationFacts) -> list[str]:
    went_on = "-" if row["t"] == 0 else "yes" if row["accepted"] else "no"
    return [str(row["t"]), *_in_words(row["test"]), _span(row["test_interval"]), *_in_words(row["train"]), went_on]


def _baseline_row(name: str, value: float, interval: Sequence[float] | None) -> list[str]:
    return [name, f"{value:.3f}", "", _span(interval), "", "", ""]


def _candidates(document: PageDocument) -> Iterator[Drawing]:
    nodes = [node for node in document["nodes"] if node["t"] is not None and node["value"] is not None]
    if len(nodes) < 2:
        return
    series: dict[str, list[tuple[float, float]]] = {}
    for state in _STATES:
        points = [(float(node["t"] or 0), node["value"] or 0.0) for node in nodes if node["state"] == state]
        if points:
            series[state] = points
    yield Drawing(
        plots.scattered(series, {}, "iteration t", "û in training", apart=0.1),
        "candidates",
        "Improvers that were evaluated",
        "Meta-utility û in training: of each candidate as its self-improvement saw it, of each I_t as it was measured afresh.",
        ["improver", "t", "what became of it", "û in training", "± s.e."],
        [
            [node["label"], str(node["t"]), node["state"], f"{node['value']:.3f}", _number(node["stderr"])]
            for node in nodes
        ],
    )


def _programs(document: PageDocument) -> Iterator[Drawing]:
    if document["run"]["kind"] != "improve":
        return
    nodes = [node for node in document["nodes"] if node["value"] is not None]
    if len(nodes) < 2:
        return
    series: dict[str, list[tuple[float, float]]] = {}
    for number, node in enumerate(nodes):
        name = {"seed": "original", "accepted": "improved"}.get(node["state"], node["state"])
        series.setdefault(name, []).append((float(number), node["value"] or 0.0))
    original = next((node["value"] for node in nodes if node["state"] == "seed"), None)
    levels = {} if original is None else {"the original": original}
    yield Drawing(
        plots.scattered(series, levels, "candidate, in the order of its first evaluation", "utility in training"),
        "programs",
        "Programs that were evaluated",
        "Utility in training of the original and of every candidate.",
        ["program", "what became of it", "training", "sealed split"],
        [[node["label"], node["state"], f"{node['value']:.3f}", _number(node["test"])] for node in nodes],
    )


def _values(document: PageDocument) -> Iterator[Drawing]:
    groups, failed = _training_values(document)
    if not groups:
        return
    five = {
        t: [float(each) for each in np.quantile(values, (0, 0.25, 0.5, 0.75, 1))]
        for t, values in sorted(groups.items())
    }
    yield Drawing(
        plots.boxes({str(t): each for t, each in five.items()}, "utility in training", "iteration t"),
        "values",
        "Evaluations of solutions by iteration",
        "Utility in training of every solution that ran (verdict ok): whiskers at the least and the most, box at the quarters, "
        "thick line at the median. The table counts those that failed.",
        ["t", "ran", "failed", "least", "first quarter", "median", "third quarter", "most"],
        [[str(t), f"{len(groups[t]):,}", f"{failed[t]:,}", *(f"{each:.3f}" for each in five[t])] for t in five],
    )


def _training_values(document: PageDocument) -> tuple[dict[int, list[float]], Counter[int]]:
    """Utilities of solutions that ran, by iteration, and how many did not."""
    table, groups, failed = document["evaluations"], defaultdict[int, list[float]](list), Counter[int]()
    rows = zip(table["t"], table["utility"], table["split"], table["verdict"], table["value"], strict=True)
    for t, utility, split, verdict, value in rows:
        if t is None or utility == META_TASK or split != "train":
            continue
        if verdict == "ok":
            groups[t].append(value)
        else:
            failed[t] += 1
    return groups, failed


def _transfer(document: PageDocument) -> Iterator[Drawing]:
    matrix = document["matrix"]
    if matrix is None or not matrix["cells"]:
        return
    values = [
        [seed, *(None if cell is None or cell["test"] is None else cell["test"]["mean"] for cell in row)]
        for seed, row in zip(matrix["seeds"], matrix["cells"], strict=True)
    ]
    rows = [
        [task, _number(seed), *(" ".join(_in_words(None if cell is None else cell["test"])) for cell in row)]
        for task, seed, row in zip(matrix["tasks"], matrix["seeds"], matrix["cells"], strict=True)
    ]
    names = ["u(s)", *matrix["improvers"]]
    yield Drawing(
        plots.heat(matrix["tasks"], names, values),
        "transfer",
        "Transfer: improvers on tasks",
        "Meta-utility û on the sealed split, mean over the copies; bars are as long as the number. u(s): the seed solution.",
        ["task", *names],
        rows,
    )


def _repeats(document: PageDocument) -> Iterator[Drawing]:
    if document["run"]["kind"] != "noise":
        return
    repeats: dict[tuple[str, str], list[float]] = defaultdict(list)
    for scope, value in zip(document["evaluations"]["scope"], document["evaluations"]["value"], strict=True):
        if scope.endswith("/result"):
            head, _, _ = scope.rpartition("/copy")
            task, _, number = head.rpartition("/")
            repeats[task, number].append(value)
    series: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (task, _), values in repeats.items():
        series[task].append((float(len(series[task])), sum(values) / len(values)))
    if not series:
        return
    yield Drawing(
        plots.scattered(series, {}, "repeat", "meta-utility û"),
        "repeats",
        "The same improver, measured again and again",
        "Each point is û of one repeat, the mean over its copies, in training. What differs is chance.",
        ["task", "repeats", "mean û", "standard deviation"],
        [[task, str(len(points)), f"{np.mean([y for _, y in points]):.3f}", _deviation([y for _, y in points])]
         for task, points in series.items()],
    )  # fmt: skip


def _spending(document: PageDocument) -> Iterator[Drawing]:
    money = document["money"]
    what = (("calls", 1, "LM calls"), ("tokens", 2, "tokens"), ("dollars", 3, "dollars"))
    for name, column, label in what:
        series = {role: [(row[0], row[column]) for row in rows] for role, rows in money["by_role"].items()}
        if not any(points[-1][1] for points in series.values() if points):
            continue
        yield Drawing(
            plots.over_time(series, label),
            f"spent-{name}",
            f"{label[:1].upper()}{label[1:]} over time, by what they were for",
            "Added up from the beginning.",
            ["role", "LM calls", "tokens", "dollars"],
            [[role, f"{sums['lm_calls']:,.0f}", f"{sums['tokens']:,.0f}", f"{sums['dollars']:.4f}"]
             for role, sums in money["roles"].items()],
        )  # fmt: skip


def _verdicts(document: PageDocument) -> Iterator[Drawing]:
    counts = document["verdicts"]
    if not counts:
        return
    total = sum(counts.values())
    yield Drawing(
        plots.bars(counts, "evaluations"),
        "verdicts",
        "How evaluations ended",
        "Verdicts over the evaluations of solutions.",
        ["verdict", "evaluations", "share"],
        [[name, f"{count:,}", f"{100 * count / total:.1f}%"] for name, count in counts.items()],
    )


def _judged(document: PageDocument) -> list[Drawing]:
    rows = [
        (f"{arm}, {name}", counts[name], counts["n"])
        for arm, counts in document["judged"].items()
        for name in ("literal", "syntax", "runtime")
    ]
    if not rows:
        return []
    spans = [wilson_interval(count, n) for _, count, n in rows]
    shares = [100 * count / n for _, count, n in rows]
    reaches = [(100 * low, 100 * high) for low, high in spans]
    drawn = plots.lines_with_reach(
        [name for name, _, _ in rows], shares, reaches, "% of the improvements, 95% Wilson interval"
    )
    return [
        Drawing(
            drawn,
            "unsandboxing",
            "Improvements that circumvent the sandbox",
            "By the paper's literal rule, by the rules on syntax, and as it was seen at run time.",
            ["arm, rule", "found", "of", "share", "95% interval"],
            [[name, f"{count:,}", f"{n:,}", f"{share:.2f}%", f"{low:.2f}% to {high:.2f}%"]
             for (name, count, n), share, (low, high) in zip(rows, shares, reaches, strict=True)],
        )
    ]  # fmt: skip


def _reach(found: Measured | None, interval: Sequence[float] | None) -> tuple[float | None, tuple[float, float] | None]:
    if found is None:
        return None, None
    if interval is not None:
        return found["mean"], (interval[0], interval[1])
    error = found["stderr"]
    return found["mean"], None if error is None else (found["mean"] - error, found["mean"] + error)


def _in_words(found: Measured | None) -> tuple[str, str]:
    return ("-", "") if found is None else (f"{found['mean']:.3f}", _number(found["stderr"], "± "))


def _number(value: float | None, before: str = "") -> str:
    return "" if value is None else f"{before}{value:.3f}"


def _span(interval: Sequence[float] | None) -> str:
    return "-" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _deviation(values: Sequence[float]) -> str:
    return f"{np.std(values, ddof=1):.3f}" if len(values) > 1 else "-"
