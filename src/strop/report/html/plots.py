"""The drawings of a page, each from plain numbers; legible without colour: by markers, line styles, hatches and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from strop.report.figures.figure import LOOKS, error_line, house_style, key, level, new_figure
from strop.report.terminal.words import escape

WIDTH, HEIGHT = 4.8, 2.9
"""Inches."""
_APART = 0.06
MARKS = {"seed": 0, "original": 0, "accepted": 1, "improved": 1, "rejected": 2, "evaluated": 3, "failed": 4}
"""What became of a program → its marker, the same in every figure of every page."""
Span = tuple[float, float]


def by_iteration(
    ts: Sequence[int],
    series: Mapping[str, Sequence[tuple[float | None, Span | None]]],
    levels: Mapping[str, float],
    label: str,
) -> Figure:
    """Values by iteration, a series each, with the reach of their error; horizontal lines beside."""
    figure, (axes,) = new_figure(WIDTH, HEIGHT)
    for number, (name, values) in enumerate(series.items()):
        there = [(t, value, reach) for t, (value, reach) in zip(ts, values, strict=True) if value is not None]
        shift = _APART * (number - (len(series) - 1) / 2)
        points = [(t + shift, value) for t, value, _ in there]
        error_line(axes, [x for x, _ in points], [y for _, y in points], [None] * len(points), number, name)
        with house_style():
            _reaches(axes, points, [reach for _, _, reach in there], number)
    for number, (name, value) in enumerate(levels.items()):
        level(axes, value, name, number)
    with house_style():
        axes.set_xticks(list(ts) if len(ts) <= 20 else [t for t in ts if t % (len(ts) // 10) == 0])
        axes.set_xlabel("iteration t")
        axes.set_ylabel(label)
    key(axes, columns=2)
    return figure


def _reaches(axes: Axes, points: Sequence[tuple[float, float]], reaches: Sequence[Span | None], number: int) -> None:
    """Error lines that need not be symmetric."""
    there = [(x, y, *reach) for (x, y), reach in zip(points, reaches, strict=True) if reach is not None]
    errors = [[max(y - low, 0.0) for _, y, low, _ in there], [max(high - y, 0.0) for _, y, _, high in there]]
    axes.errorbar([x for x, *_ in there], [y for _, y, *_ in there], yerr=errors, color=LOOKS[number].color, linestyle="none",
                  elinewidth=0.9, capsize=2.5, zorder=2)  # fmt: skip


def over_time(series: Mapping[str, Sequence[tuple[float, float]]], label: str) -> Figure:
    """Sums that grow over time, a series each, as steps with a marker at the end."""
    figure, (axes,) = new_figure(WIDTH, HEIGHT)
    longest = max((points[-1][0] for points in series.values() if points), default=0.0)
    unit, words = (60.0, "minutes") if longest > 300 else (1.0, "seconds")
    with house_style():
        for number, (name, points) in enumerate(series.items()):
            look = LOOKS[number % len(LOOKS)]
            axes.plot(
                [at / unit for at, _ in points],
                [amount for _, amount in points],
                drawstyle="steps-post",
                color=look.color,
                linestyle=look.line,
                linewidth=1.3,
                marker=look.marker,
                markersize=4,
                markerfacecolor="white" if number % 2 else look.color,
                markevery=[*range(0, len(points), max(len(points) // 5, 1)), len(points) - 1],
                label=name,
            )
        axes.set_xlabel(f"{words} since the run began")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    key(axes, columns=2)
    return figure


def bars(counts: Mapping[str, int], label: str) -> Figure:
    """A horizontal bar a name, the count beside it."""
    figure, (axes,) = new_figure(WIDTH, 0.7 + 0.28 * max(len(counts), 2))
    with house_style():
        for number, count in enumerate(counts.values()):
            axes.barh(number, count, height=0.66, facecolor="0.65", edgecolor="black", linewidth=0.8)
            axes.annotate(f" {count:,}", (count, number), va="center", fontsize=7.5)
        axes.set_yticks(range(len(counts)), [escape(name, 30) for name in counts])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlabel(label)
    return figure


def boxes(groups: Mapping[str, Sequence[float]], label: str, axis: str) -> Figure:
    """A box a group: least, quarters and most; `groups` has these five numbers each."""
    figure, (axes,) = new_figure(WIDTH, HEIGHT)
    stats = [
        {
            "whislo": five[0],
            "q1": five[1],
            "med": five[2],
            "q3": five[3],
            "whishi": five[4],
            "label": escape(name, 14),
        }
        for name, five in groups.items()
    ]
    with house_style():
        line = {"color": "black", "linewidth": 0.9}
        axes.bxp(stats, showfliers=False, widths=0.5, boxprops=line, whiskerprops=line, capprops=line,
                 medianprops={"color": "black", "linewidth": 2.2})  # fmt: skip
        axes.set_xlabel(axis)
        axes.set_ylabel(label)
    return figure


def scattered(
    series: Mapping[str, Sequence[tuple[float, float]]],
    levels: Mapping[str, float],
    axis: str,
    label: str,
    apart: float = 0.0,
) -> Figure:
    """Points, a marker a series, the series `apart` beside one another; horizontal lines."""
    figure, (axes,) = new_figure(WIDTH, HEIGHT)
    with house_style():
        for place, (name, points) in enumerate(series.items()):
            number = MARKS.get(name, place)
            look = LOOKS[number % len(LOOKS)]
            shift = apart * (place - (len(series) - 1) / 2)
            axes.plot(
                [x + shift for x, _ in points],
                [y for _, y in points],
                linestyle="none",
                marker=look.marker,
                color=look.color,
                markersize=5,
                markerfacecolor="white" if number % 2 else look.color,
                label=escape(name, 40),
            )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(axis)
        axes.set_ylabel(label)
    for number, (name, value) in enumerate(levels.items()):
        level(axes, value, name, number)
    key(axes, columns=2)
    return figure


def heat(rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]]) -> Figure:
    """A matrix of numbers in [0, 1], each printed in its field; the frame is the thicker, the larger the number."""
    figure, (axes,) = new_figure(WIDTH, 1.2 + 0.42 * len(rows))
    with house_style():
        for y, row in enumerate(values):
            for x, value in enumerate(row):
                _field(axes, x, y, value)
        axes.set_xticks(range(len(columns)), [escape(name, 24) for name in columns],
                        rotation=30 if len(columns) > 3 else 0, ha="right" if len(columns) > 3 else "center")  # fmt: skip
        axes.set_yticks(range(len(rows)), [escape(name, 28) for name in rows])
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    return figure


def _field(axes: Axes, x: int, y: int, value: float | None) -> None:
    share = 0.0 if value is None else min(max(value, 0.0), 1.0)
    # As wide as the value: a length says more than a shade, also without colour.
    axes.barh(y + 0.32, 0.9 * share, left=x - 0.45, height=0.12, color="black")
    axes.barh(y + 0.32, 0.9, left=x - 0.45, height=0.12, facecolor="none", edgecolor="0.5", linewidth=0.4)
    axes.text(x, y, "not measured" if value is None else f"{value:.3f}", ha="center", va="center", fontsize=8)


def lines_with_reach(
    names: Sequence[str], values: Sequence[float], reaches: Sequence[Span | None], label: str
) -> Figure:
    """One named line a thing, a marker at its value, its interval beside."""
    figure, (axes,) = new_figure(WIDTH, 0.8 + 0.3 * max(len(names), 2))
    with house_style():
        for place, (value, reach) in enumerate(zip(values, reaches, strict=True)):
            low, high = reach or (value, value)
            error = [[max(value - low, 0.0)], [max(high - value, 0.0)]]
            axes.errorbar(
                [value], [place], xerr=error, color="black", marker="o", markersize=4.5, capsize=3, elinewidth=1.0
            )
        axes.set_yticks(range(len(names)), [escape(name, 30) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(label)
    return figure
