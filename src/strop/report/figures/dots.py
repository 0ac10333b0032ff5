"""Dot plots: one line a thing, values along it in percent, ours filled and the paper's hollow."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from strop.report.figures.chart import LOOKS
from strop.report.figures.figure import house_style
from strop.report.terminal.words import escape

Reach = tuple[float, float]
"""The ends of an error line, (low, high)."""


def dots(  # noqa: PLR0913 - what a series is
    axes: Axes,
    places: Sequence[float],
    values: Sequence[float | None],
    reaches: Sequence[Reach | None],
    number: int,
    label: str,
    *,
    filled: bool = True,
) -> None:
    """A series: a marker at each value, an error line to the ends of its reach; a value that is None is left out."""
    look = LOOKS[number % len(LOOKS)]
    there = [
        (place, value, reach or (value, value))
        for place, value, reach in zip(places, values, reaches, strict=True)
        if value is not None
    ]
    with house_style():
        axes.errorbar(
            [value for _, value, _ in there],
            [place for place, _, _ in there],
            xerr=[
                [max(value - low, 0.0) for _, value, (low, _) in there],
                [max(high - value, 0.0) for _, value, (_, high) in there],
            ],
            color=look.color,
            marker=look.marker,
            markersize=4.2,
            markerfacecolor=look.color if filled else "white",
            markeredgewidth=0.9,
            linestyle="none",
            elinewidth=0.9,
            capsize=1.8,
            capthick=0.8,
            label=label,
            zorder=3 + number,
        )


def lines(axes: Axes, names: Sequence[str]) -> None:
    """One named line a thing, the first on top; values along them are fractions, shown in percent."""
    with house_style():
        axes.set_yticks(range(len(names)), ["\n".join(map(escape, name.split("\n"))) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol="%"))


def singles(axes: Axes, places: Sequence[float], runs: Sequence[Sequence[float]]) -> None:
    """The single values that a mean is made of, small and grey."""
    with house_style():
        for place, values in zip(places, runs, strict=True):
            axes.plot(values, [place] * len(values), "|", color="0.55", markersize=3.2, markeredgewidth=0.7, zorder=2)


def legend(figure: Figure, columns: int) -> None:
    """What each marker means, above the axes and as wide as the figure."""
    with house_style():
        figure.legend(loc="outside upper left", ncols=columns, handlelength=1.6, columnspacing=1.2, borderaxespad=0.2)
