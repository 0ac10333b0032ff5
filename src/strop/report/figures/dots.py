"""Dot plots: one named row for each thing, values in percent; our values are filled, the paper's hollow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strop.report.figures.chart import LOOKS
from strop.report.figures.figure import house_style
from strop.report.terminal.words import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    """A series: a marker at each value with an error line over its reach; values that are None are left out."""
    look = LOOKS[number % len(LOOKS)]
    points = [
        (place, value, reach or (value, value))
        for place, value, reach in zip(places, values, reaches, strict=True)
        if value is not None
    ]
    with house_style():
        axes.errorbar(
            [value for _, value, _ in points],
            [place for place, _, _ in points],
            xerr=[
                [max(value - low, 0.0) for _, value, (low, _) in points],
                [max(high - value, 0.0) for _, value, (_, high) in points],
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
    """One named row for each thing, the first on top; values are fractions, shown in percent."""
    from matplotlib.ticker import PercentFormatter

    with house_style():
        axes.set_yticks(range(len(names)), ["\n".join(map(escape, name.split("\n"))) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol="%"))


def singles(axes: Axes, places: Sequence[float], runs: Sequence[Sequence[float]]) -> None:
    """The values behind a mean, small and grey."""
    with house_style():
        for place, values in zip(places, runs, strict=True):
            axes.plot(values, [place] * len(values), "|", color="0.55", markersize=3.2, markeredgewidth=0.7, zorder=2)


def legend(figure: Figure, columns: int) -> None:
    """The meaning of each marker, above the axes and as wide as the figure."""
    with house_style():
        figure.legend(loc="outside upper left", ncols=columns, handlelength=1.6, columnspacing=1.2, borderaxespad=0.2)
