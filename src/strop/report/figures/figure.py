"""Figures drawn by matplotlib in one style: for a column of a paper (3.3 in), legible in greyscale, reproducible to the byte.

Series differ by marker, by line style and by lightness, besides colour. In SVG files text stays text. Figures are made without
pyplot, which keeps global state; draw within `house_style`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strop.report.figures.chart import LOOKS, Chart, Pattern, Series
from strop.report.terminal.words import escape, plain

if TYPE_CHECKING:  # imported where a figure is drawn: matplotlib takes half a second to load
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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


LEVELS: tuple[Pattern, ...] = (":", "--", "-.", (0, (8.0, 2.0)))
"""Patterns of horizontal lines for comparison, thinner than any series."""


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of strop within the block, whatever the user's matplotlib settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(
    width: float = COLUMN, height: float = 2.4, *, rows: int = 1, columns: int = 1, **axes: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of this size in inches with its axes, row by row; `axes` goes to `Figure.subplots`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        return figure, list(figure.subplots(rows, columns, squeeze=False, **axes).flat)


def error_line(
    axes: Axes, x: Sequence[float], y: Sequence[float], errors: Sequence[float | None], number: int, label: str
) -> None:
    """A series: markers joined by a line, with error bars to each side where there is an error."""
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
    """Lines of single runs, behind their mean."""
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
    """Label the vertical axis in percent; the values are fractions."""
    axes.yaxis.set_major_formatter(lambda value, place: f"{100 * value:.4g}")


def key(axes: Axes, columns: int = 1) -> None:
    """The legend of these axes, above the figure, where it covers no data."""
    from matplotlib.container import ErrorbarContainer

    entries = list(zip(*axes.get_legend_handles_labels(), strict=True))
    entries.sort(key=lambda entry: not isinstance(entry[0], ErrorbarContainer))  # the series first
    figure = axes.get_figure()
    if figure is None or not entries:
        return
    with house_style():
        figure.legend(
            [handle for handle, _ in entries],
            [label for _, label in entries],
            loc="outside upper left",
            ncols=columns,
            handlelength=2.9,
            handletextpad=0.6,
            columnspacing=1.2,
            labelspacing=0.3,
            borderaxespad=0.2,
        )


def draw_chart(chart: Chart) -> Figure:
    """A chart of the report, drawn by matplotlib."""
    from matplotlib.ticker import MaxNLocator

    width, height = (4.8, 0.9 + 0.3 * max(len(chart.names), 2)) if chart.names else (4.8, 2.9)
    figure, (axes,) = new_figure(width, height)
    for number, series in enumerate(chart.series):
        with house_style():
            _draw_series(axes, series, 0.07 * (number - (len(chart.series) - 1) / 2), rows=bool(chart.names))
    for number, (name, value) in enumerate(chart.levels.items()):
        level(axes, value, name, number)
    with house_style():
        values = axes.xaxis if chart.names else axes.yaxis
        (axes.set_xlabel if chart.names else axes.set_ylabel)(chart.y_label)
        if chart.names:
            axes.set_yticks(range(len(chart.names)), [escape(name, 30) for name in chart.names])
            axes.set_ylim(len(chart.names) - 0.4, -0.6)
        else:
            axes.set_xlabel(chart.x_label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=False, axis="y" if chart.names else "x")
        values.grid(visible=True)
        if chart.from_zero:
            (axes.set_xlim if chart.names else axes.set_ylim)(0)
    key(axes, columns=2)
    return figure


def _draw_series(axes: Axes, series: Series, shift: float, *, rows: bool) -> None:
    look = LOOKS[series.look % len(LOOKS)]
    places, values = [point.x for point in series.points], [point.y for point in series.points]
    fill = "white" if series.look % 2 else look.color
    line: dict[str, Any] = {
        "color": look.color,
        "markersize": 4.5,
        "markerfacecolor": fill,
        "label": escape(series.name, 40),
    }
    if series.form == "bars":
        axes.barh(places, values, height=0.66, facecolor="0.8", edgecolor="black", linewidth=0.8)
        axes.margins(x=0.12)
        for place, value in zip(places, values, strict=True):
            axes.annotate(f" {plain(value, 6)}", (value, place), va="center", fontsize=7.5)
    elif series.form == "boxes":
        for place, value, low, high in series.points:
            box: dict[str, Any] = {
                "width": 0.5,
                "facecolor": "white",
                "edgecolor": "black",
                "linewidth": 0.9,
                "zorder": 3,
            }
            axes.bar([place], [(high or 0.0) - (low or 0.0)], bottom=low, **box)
            axes.plot([place - 0.25, place + 0.25], [value, value], color="black", linewidth=2.2, zorder=4)
    elif series.form == "steps":
        every = [*range(0, len(places), max(len(places) // 5, 1)), len(places) - 1]
        axes.plot(
            places, values, drawstyle="steps-post", linestyle=look.line, marker=look.marker, markevery=every, **line
        )
    else:
        shift = 0.0 if series.form == "ranges" else shift
        places = [place + shift for place in places]
        errors = [
            [max(point.y - (point.y if point.low is None else point.low), 0.0) for point in series.points],
            [max((point.y if point.high is None else point.high) - point.y, 0.0) for point in series.points],
        ]
        marks: dict[str, Any] = {
            "marker": "" if series.form == "ranges" else look.marker,
            "capsize": 2.5,
            "elinewidth": 0.9,
        }
        marks["linestyle"] = look.line if series.form == "line" else "none"
        marks["xerr" if rows else "yerr"] = errors
        x, y = (values, places) if rows else (places, values)
        axes.errorbar(x, y, **marks, **line)


def save_figure(figure: Figure, directory: Path, stem: str, *, caption: str = "", notice: str = "") -> list[Path]:
    """Write STEM.svg and STEM.png, with `caption` (what the error bars are) and `notice` (that there was no language model)
    below the axes. The same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / f"{stem}.{kind}" for kind in ("svg", "png")]
    drafts = [path.with_name(f".{path.name}.tmp") for path in paths]
    for draft in drafts:
        draft.unlink(missing_ok=True)  # in a folder from elsewhere, it may be a link to any file
    with house_style():
        _footer(figure, [line for text in (caption, notice) if text for line in _wrapped(text, figure)])
        _lay_out(figure)
        # `savefig` would draw each file twice, once to lay it out.
        FigureCanvasAgg(figure).print_png(drafts[1], metadata={"Software": "strop"})  # type: ignore[no-untyped-call]
        FigureCanvasSVG(figure).print_svg(drafts[0], metadata={"Date": None, "Creator": "strop"})  # type: ignore[no-untyped-call]
    for draft, path in zip(drafts, paths, strict=True):
        draft.replace(path)
    return paths


def _lay_out(figure: Figure) -> None:
    """Give axes and legends their places, once for every file."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


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
    """Lines that fit the figure; a letter is about 0.53 of its height wide."""
    most = int(figure.get_size_inches()[0] * 72 * 0.98 / (FOOTER_POINTS * 0.53))
    lines = [""]
    for word in escape(text, 1000).split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
