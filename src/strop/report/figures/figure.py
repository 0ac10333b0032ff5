"""The house's one style of figure: for a column of a paper (3.3 in), legible in greyscale, the same bytes every time.

Series differ by marker, by line style and by lightness; colour comes on top. In SVG files text stays text. Figures are
made without pyplot, which keeps global state; a protocol draws within `house_style`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from strop.report.terminal.words import escape

COLUMN = 3.3
"""Inches: a column of a two-column page."""
PAGE = 6.8
"""Inches: both columns."""
DPI = 300
FOOTER_POINTS = 5.5

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "0.88",
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "text.usetex": False,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "strop",
    "path.simplify": False,
}


Pattern = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """How one series looks: no two share a marker, a line style or a lightness."""

    color: str
    marker: str
    line: Pattern


LOOKS: tuple[Look, ...] = (
    Look("#000000", "o", "-"),
    Look("#0072B2", "s", "--"),
    Look("#D55E00", "^", ":"),
    Look("#E69F00", "D", "-."),
    Look("#8CC8F0", "v", (0, (6.0, 1.5, 1.0, 1.5, 1.0, 1.5))),
)
"""By the number of the series; five are as many as one can tell apart."""
LEVELS: tuple[Pattern, ...] = (":", "--", "-.", (0, (8.0, 2.0)))
"""Patterns of horizontal lines for comparison, thinner than any series."""


@contextmanager
def house_style() -> Iterator[None]:
    """Within, matplotlib draws in the style of the house, whatever the user's own settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(
    width: float = COLUMN, height: float = 2.4, *, rows: int = 1, columns: int = 1, **axes: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of this size in inches with its axes, row by row; `axes` goes to `Figure.subplots`."""
    with house_style():
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        return figure, list(figure.subplots(rows, columns, squeeze=False, **axes).flat)


def error_line(
    axes: Axes, x: Sequence[float], y: Sequence[float], errors: Sequence[float | None], number: int, label: str
) -> None:
    """A series: markers joined by a line, and an error bar to each side where there is an error."""
    look = LOOKS[number % len(LOOKS)]
    with house_style():
        axes.errorbar(
            list(x),
            list(y),
            yerr=[error or 0.0 for error in errors],
            color=look.color,
            marker=look.marker,
            markersize=3.6,
            markerfacecolor="white" if number % 2 else look.color,
            markeredgewidth=0.9,
            linestyle=look.line,
            linewidth=1.2,
            elinewidth=0.8,
            capsize=2.0,
            capthick=0.8,
            label=label,
            zorder=3 + number,
        )


def faint_lines(axes: Axes, x: Sequence[float], lines: Sequence[Sequence[float]], number: int) -> None:
    """Single runs, behind their mean."""
    look = LOOKS[number % len(LOOKS)]
    with house_style():
        for y in lines:
            axes.plot(list(x), list(y), color=look.color, alpha=0.35, linewidth=0.5, linestyle=look.line, zorder=2)


def printed_point(axes: Axes, x: float, y: float, label: str) -> None:
    """A value that the paper prints."""
    axes.plot(
        [x],
        [y],
        marker="*",
        markersize=7,
        linestyle="none",
        color="white",
        markeredgecolor="black",
        zorder=9,
        label=label,
    )


def level(axes: Axes, y: float, words: str, number: int) -> None:
    """A horizontal line for comparison; each number has its own pattern."""
    with house_style():
        pattern = LEVELS[number % len(LEVELS)]
        axes.axhline(y, color="0.35", linewidth=0.8, linestyle=pattern, zorder=1.5, label=escape(words, 60))


def percent_axis(axes: Axes) -> None:
    """The vertical axis in percent: the values are fractions. Its label says so."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{100 * value:.4g}"))


def key(axes: Axes, columns: int = 1) -> None:
    """The legend of these axes, above the whole figure: it covers no data."""
    found = list(zip(*axes.get_legend_handles_labels(), strict=True))
    found.sort(key=lambda each: not isinstance(each[0], ErrorbarContainer))  # the series first
    figure = axes.get_figure()
    if figure is None or not found:
        return
    with house_style():
        figure.legend(
            [handle for handle, _ in found],
            [label for _, label in found],
            loc="outside upper left",
            ncols=columns,
            handlelength=2.9,
            handletextpad=0.6,
            columnspacing=1.2,
            labelspacing=0.3,
            borderaxespad=0.2,
        )


def save_figure(figure: Figure, directory: Path, stem: str, *, caption: str = "", notice: str = "") -> list[Path]:
    """Write STEM.svg and STEM.png, with `caption` (what the error bars are) and `notice` (that there was no language model)
    below the axes. The same figure gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    with house_style():
        _footer(figure, [line for text in (caption, notice) if text for line in _wrapped(text, figure)])
        metadata: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": "strop"}, "png": {"Software": "strop"}}
        for kind, told in metadata.items():
            path = directory / f"{stem}.{kind}"
            draft = directory / f".{stem}.{kind}.tmp"
            figure.savefig(draft, format=kind, dpi=DPI, metadata=told)
            draft.replace(path)
            written.append(path)
    return written


def _footer(figure: Figure, lines: Sequence[str]) -> None:
    if not lines:
        return
    _, height = figure.get_size_inches()
    share = (len(lines) * FOOTER_POINTS * 1.35 + 3) / 72 / height
    figure.get_layout_engine().set(rect=(0, share, 1, 1 - share))  # type: ignore[union-attr, call-arg]
    figure.text(
        0.01, 2 / 72 / height, "\n".join(lines), fontsize=FOOTER_POINTS, color="0.15", va="bottom", linespacing=1.25
    )


def _wrapped(text: str, figure: Figure) -> list[str]:
    """Lines that fit the figure: a letter is some 0.53 of its height wide."""
    most = int(figure.get_size_inches()[0] * 72 * 0.98 / (FOOTER_POINTS * 0.53))
    lines = [""]
    for word in escape(text, 1000).split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
