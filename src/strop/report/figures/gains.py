"""A figure with curves by iteration above and the gains of single runs below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from strop.analysis.stats import Estimate
from strop.report.figures.chart import LOOKS
from strop.report.figures.figure import error_line, key, new_figure, percent_axis, printed_point, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL = "test meta-utility û (% of labels right)"
"""Of the axis of curves."""
_APART = 0.09
"""Iterations between the markers of two curves, and rows between the dots of two runs with the same gain."""
_ROOM = 0.36
"""Rows that the dots of one row may take."""
CAPTION = (
    "a: markers: mean over n runs; thick bars: ± 1 standard error, thin bars: 95% interval. b: dots: "
    "gains of single runs (×k: k alike); large marker: mean, bar: 95% interval; dotted line: +3 points."
)


class GainCurve(Protocol):
    """The runs of one way of selection, by iteration."""

    @property
    def selection(self) -> str: ...

    @property
    def runs(self) -> Sequence[Sequence[float]]: ...

    @property
    def points(self) -> Sequence[Estimate]: ...

    @property
    def gains(self) -> Sequence[float]: ...

    @property
    def gain(self) -> Estimate: ...


def draw_gains(
    curves: Sequence[GainCurve],
    directory: Path,
    stem: str,
    printed: tuple[float, str],
    notice: str,
) -> list[Path]:
    """STEM.svg and STEM.png. `printed` is the paper's value at t = 0 with its words."""
    figure, (above, below) = new_figure(height=4.2, rows=2, gridspec_kw={"height_ratios": [2.1, 1.0]})
    _curves(above, curves, printed)
    _gains(below, curves)
    key(above, columns=2)
    for axes, letter in ((above, "a"), (below, "b")):
        axes.set_title(letter, loc="left", fontweight="bold", fontsize=8.5, x=-0.2, y=0.98)
    return save_figure(figure, directory, stem, caption=CAPTION, notice=notice)


def _curves(axes: Axes, curves: Sequence[GainCurve], printed: tuple[float, str]) -> None:
    for number, curve in enumerate(curves):
        points = curve.points
        places = [t + _APART * (number - (len(curves) - 1) / 2) for t in range(len(points))]
        look = LOOKS[number % len(LOOKS)]
        for place, point in zip(places, points, strict=True):
            if point.interval is not None:
                axes.plot([place, place], list(point.interval), color=look.color, linewidth=0.6, zorder=2)
        label = f"{curve.selection} selection, n = {len(curve.runs)}"
        error_line(axes, places, [point.mean for point in points], [point.stderr for point in points], number, label)
    printed_point(axes, -2 * _APART, *printed)
    axes.set_xticks(range(len(curves[0].points)))
    axes.set_xlabel("iteration t")
    axes.set_ylabel(LABEL.replace(" (", "\n("))
    percent_axis(axes)


def _gains(axes: Axes, curves: Sequence[GainCurve]) -> None:
    axes.axvline(0.0, color="0.35", linewidth=0.7, zorder=1)
    axes.axvline(0.03, color="0.35", linewidth=0.8, linestyle=":", zorder=1)
    for row, curve in enumerate(curves):
        look = LOOKS[row % len(LOOKS)]
        offsets, crowds = _heaped(curve.gains)
        places = [row - 0.08 + offset for offset in offsets]
        for gain, count in crowds.items():
            axes.text(gain, row + _ROOM - 0.08, f"  ×{count}", fontsize=6, va="center")
        axes.plot(
            curve.gains,
            places,
            linestyle="none",
            marker=look.marker,
            markersize=2.4,
            markerfacecolor="white" if row % 2 else look.color,
            color=look.color,
            markeredgewidth=0.6,
            zorder=3,
        )
        _mean(axes, curve.gain, row - 0.34, row)
    axes.set_yticks(range(len(curves)), [curve.selection for curve in curves])
    axes.set_ylim(len(curves) - 0.5, -0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("gain of a run: last û − first û (percentage points)")
    axes.xaxis.set_major_formatter(_points)


def _mean(axes: Axes, gain: Estimate, place: float, row: int) -> None:
    look = LOOKS[row % len(LOOKS)]
    if gain.interval is not None:
        axes.plot(list(gain.interval), [place, place], color=look.color, linewidth=1.2, zorder=3)
    fill = "white" if row % 2 else look.color
    axes.plot([gain.mean], [place], marker=look.marker, markersize=5, color=look.color, markerfacecolor=fill, zorder=4)


def _points(value: float, place: float) -> str:
    return f"{100 * value:+.4g}".replace("-", "−") if abs(value) > 1e-9 else "0"


def _heaped(gains: Sequence[float]) -> tuple[list[float], dict[float, int]]:
    """(offsets that keep equal gains apart, as far as there is room; gain -> how many share it where that is more)."""
    heaps = Counter(round(400 * gain) for gain in gains)
    seen: Counter[int] = Counter()
    offsets = []
    for gain in gains:
        place = round(400 * gain)
        offsets.append(min(_APART * seen[place], _ROOM))
        seen[place] += 1
    return offsets, {place / 400: count for place, count in heaps.items() if (count - 1) * _APART > _ROOM}
