"""A chart as data, and as an SVG that needs no library.

Series differ by marker, by line style and by lightness, besides colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from html import escape as escape_html
from itertools import cycle
from textwrap import wrap
from typing import Literal, NamedTuple, TypeAlias

from strop.base.later import dataclass
from strop.base.terminal_text import escape

Form: TypeAlias = Literal["line", "steps", "dots"]


@dataclass(frozen=True)
class Look:
    """How a series looks. No two looks share a marker, a line style or a lightness."""

    color: str
    marker: str
    """A key of `_MARKERS`."""
    dashes: str
    """The line style in SVG."""


LOOKS: tuple[Look, ...] = (
    Look("#000000", "o", ""),
    Look("#0072B2", "s", "6 3"),
    Look("#D55E00", "^", "2 3"),
    Look("#E69F00", "D", "7 3 2 3"),
    Look("#8CC8F0", "v", "8 2 2 2 2 2"),
)
"""The looks that a series can have."""


class Point(NamedTuple):
    """A value, and the interval around it where one is known."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points that belong together."""

    name: str
    """Name in the legend; empty: the series is not in it."""
    points: Sequence[Point]
    look: int = 0
    """An index of LOOKS, modulo their number."""
    form: Form = "dots"
    """`steps` have no markers."""
    hollow: bool = False
    """Whether its markers are outlines."""


@dataclass(frozen=True)
class Chart:
    """Series over one horizontal axis; with `names`, rows from top to bottom, numbered by x, whose values run to the right."""

    series: Sequence[Series]
    x_label: str
    y_label: str
    levels: Mapping[str, float] = field(default_factory=dict)
    """Name → value of a line for comparison."""
    names: Sequence[str] = ()


def ticks(low: float, high: float, most: int = 6, *, integers: bool = False) -> list[float]:
    """Round numbers from `low` to `high`."""
    span = high - low or 1.0
    step = 10.0 ** math.floor(math.log10(span / most))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= most)
    step = max(step, 1.0) if integers else step
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


_WIDTH, _HEIGHT, _ROW, _LETTER = 480.0, 290.0, 30.0, 6.3
"""Width and height of a drawing, height of a named row, and width of a letter. A line of text is 12 high."""
_FOOTER_LINE, _FOOTER_LETTERS = 13.0, 84
"""Height of a line below the drawing, and how many letters it holds."""
_MARKERS = {
    "o": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
    "s": "M-3.6 -3.6H3.6V3.6H-3.6Z",
    "^": "M0 -4.6L4.4 3.6H-4.4Z",
    "D": "M0 -4.8L4.8 0L0 4.8L-4.8 0Z",
    "v": "M0 4.6L4.4 -3.6H-4.4Z",
}
_LEVEL_DASHES = ("2 3", "6 3", "7 3 2 3", "12 4")
_FAINT = "color-mix(in srgb, currentColor 13%, transparent)"
_SOFT = "color-mix(in srgb, currentColor 65%, transparent)"
_PAPER = "var(--figure-paper, #ffffff)"


def svg(chart: Chart, title: str) -> str:
    """The chart as an `svg` element without ids, styles or links; `title` is read aloud. Its colours follow the page: the
    series are `--series-1` to `--series-4`, the background is `--figure-paper`."""
    return _Drawing(chart).svg(title)


def svg_file(chart: Chart, title: str, lines: Sequence[str]) -> str:
    """The chart as a file of its own, black on white, with paragraphs below it: what its bars are, who answered."""
    drawing = _Drawing(chart)
    wrapped = [line for text in lines if text for line in wrap(escape(text, 1000), _FOOTER_LETTERS)]
    drawn = drawing.height
    height = drawn + (_FOOTER_LINE * len(wrapped) + 6 if wrapped else 0)
    footer = "".join(
        f'<text x="4" y="{drawn + _FOOTER_LINE * (row + 1):.1f}" font-size="10">{_text(line, len(line))}</text>'
        for row, line in enumerate(wrapped)
    )
    size = f'viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" height="{height:.0f}"'
    inner = drawing.svg(title, f'width="{_WIDTH:.0f}" height="{drawn:.0f}" ')
    paper = f'<rect width="{_WIDTH:.0f}" height="{height:.0f}" fill="white"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" {size} color="black" '
        f'font-family="sans-serif">{paper}{inner}{footer}</svg>\n'
    )


class _Drawing:
    """A chart with its scales and margins: in rows if they have names, else in columns."""

    def __init__(self, chart: Chart) -> None:
        self.chart, self.rows = chart, bool(chart.names)
        self.keys = list(self._keys())
        self.top = 12.0 + 17 * (1 + max((row for row, *_ in self.keys), default=-1))
        points = [point for series in chart.series for point in series.points]
        values = [value for _, *heights in points for value in heights if value is not None and math.isfinite(value)]
        values = [*values, *chart.levels.values()] or [0.0, 1.0]
        positions = [point.x for point in points] or [0.0, 1.0]
        low, high, first, last = min(values), max(values), min(positions), max(positions)
        margin, room = 0.06 * (high - low) or 0.1 * abs(high) or 0.5, 0.06 * (last - first) or 0.5
        low, high = low - margin, high + margin
        self.values = _numbered(
            ticks(low, high, integers=all(float(value).is_integer() for value in values) and high > 3)
        )
        if self.rows:
            self.positions = [(float(row), escape(name, 30)) for row, name in enumerate(chart.names)]
            first, last = -0.5, len(chart.names) - 0.5
            self.height = self.top + _ROW * max(len(chart.names), 2) + 44
        else:
            first, last = first - room, last + room
            self.positions, self.height = _numbered(ticks(first, last, 8, integers=True)), _HEIGHT
        down = self.positions if self.rows else self.values
        self.left = 18 + 1.1 * _LETTER * max((len(label) for _, label in down), default=0) + (0 if self.rows else 14)
        self.right, self.bottom = _WIDTH - 14, self.height - 42
        self.x = _scale(*((low, high) if self.rows else (first, last)), self.left, self.right)
        up = (first, last, self.top, self.bottom) if self.rows else (low, high, self.bottom, self.top)
        self.y = _scale(*up)
        spots = [(number, point.x) for number, series in enumerate(chart.series) for point in series.points]
        shares = len({x for _, x in set(spots)}) < len(set(spots)) and not any(s.form == "steps" for s in chart.series)
        self.shift = min(9.0, 22 / len(chart.series)) if shares else 0.0
        """Distance between series that share positions on the axis, so that they stand beside one another."""

    def _keys(self) -> Iterator[tuple[int, float, str, Series | str]]:
        """(row, x, name, series or line style) of each entry of the legend."""
        levels = zip(self.chart.levels, cycle(_LEVEL_DASHES), strict=False)
        entries: list[tuple[str, Series | str]] = [(series.name, series) for series in self.chart.series if series.name]
        entries += levels
        row, x = 0, 0.0
        for name, what in entries if len(entries) > 1 or self.chart.levels else ():
            width = 44 + _LETTER * len(escape(name, 60))
            if x and x + width > _WIDTH:
                row, x = row + 1, 0.0
            yield row, x, name, what
            x += width

    def svg(self, title: str, size: str = "") -> str:
        """All of it; `size`: width and height."""
        parts = [*self._axes(), *self._levels(), *self._legend()]
        for number, series in enumerate(self.chart.series):
            parts += self._series(series, self.shift * (number - (len(self.chart.series) - 1) / 2))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" aria-label="{_text(title, 2000)}" '
            f'viewBox="0 0 {_WIDTH:.0f} {self.height:.0f}" {size}font-size="12" '
            f'fill="currentColor">{"".join(parts)}</svg>'
        )

    def _axes(self) -> Iterator[str]:
        across, down = (self.values, self.positions) if self.rows else (self.positions, self.values)
        for value, label in down:
            y = self.y(value)
            if not self.rows:
                yield _path(f"M{self.left:.1f} {y:.1f}H{self.right:.1f}", _FAINT, 1)
            yield _label(self.left - 7, y + 4, label, "end")
        for value, label in across:
            x = self.x(value)
            line = f"V{self.top:.1f}" if self.rows else "v4"
            yield _path(f"M{x:.1f} {self.bottom:.1f}{line}", _FAINT if self.rows else "currentColor", 1)
            yield _label(x, self.bottom + 17, label, "middle")
        yield _path(f"M{self.left:.1f} {self.top:.1f}V{self.bottom:.1f}H{self.right:.1f}", "currentColor", 1)
        labels = (self.chart.y_label, "") if self.rows else (self.chart.x_label, self.chart.y_label)
        yield _label((self.left + self.right) / 2, self.height - 8, labels[0], "middle")
        if labels[1]:
            yield _label(12, (self.top + self.bottom) / 2, labels[1], "middle", turned=True)

    def _levels(self) -> Iterator[str]:
        for value, dashes in zip(self.chart.levels.values(), cycle(_LEVEL_DASHES), strict=False):
            yield _path(f"M{self.left:.1f} {self.y(value):.1f}H{self.right:.1f}", _SOFT, 1, dashes)

    def _legend(self) -> Iterator[str]:
        for row, x, name, what in self.keys:
            y = 11.0 + 17 * row
            if isinstance(what, str):
                yield _path(f"M{x:.1f} {y:.1f}h24", _SOFT, 1, what)
            else:
                if what.form in ("line", "steps"):
                    yield _path(f"M{x:.1f} {y:.1f}h24", _color(what.look), 1.8, _look(what.look).dashes)
                if what.form != "steps":
                    yield _marker(x + 12, y, what)
            yield _label(x + 30, y + 4, escape(name, 60))

    def _series(self, series: Series, shift: float) -> Iterator[str]:
        color = _color(series.look)
        spots = [self._spot(point.x, point.y, shift) for point in series.points]
        if series.form in ("line", "steps") and spots:
            step = "H{0:.1f}V{1:.1f}" if series.form == "steps" else "L{0:.1f} {1:.1f}"
            line = "M{:.1f} {:.1f}".format(*spots[0]) + "".join(step.format(*spot) for spot in spots[1:])
            yield _path(line, color, 1.8, _look(series.look).dashes)
        for (x, y), point in zip(spots, series.points, strict=True):
            if point.low is not None and point.high is not None:
                ends = self._spot(point.x, point.low, shift), self._spot(point.x, point.high, shift)
                yield _path(_whisker(*ends), color, 1.2)
            if series.form != "steps":
                yield _marker(x, y, series)

    def _spot(self, position: float, value: float, shift: float) -> tuple[float, float]:
        return (self.x(value), self.y(position) + shift) if self.rows else (self.x(position) + shift, self.y(value))


def _numbered(values: Sequence[float]) -> list[tuple[float, str]]:
    """Numbers with their labels, which all have as few decimals as they need together."""
    decimals = max((len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in values), default=0)
    return [(value, f"{value:,.{decimals}f}") for value in values]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _whisker(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A line between two points, with caps."""
    (x, y), (to_x, to_y) = start, end
    cap = "m0 -3v6" if abs(y - to_y) < abs(x - to_x) else "m-3 0h6"
    return f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}M{x:.1f} {y:.1f}{cap}M{to_x:.1f} {to_y:.1f}{cap}"


def _look(number: int) -> Look:
    return LOOKS[number % len(LOOKS)]


def _color(number: int) -> str:
    return f"var(--series-{number % len(LOOKS)}, {_look(number).color})" if number % len(LOOKS) else "currentColor"


def _marker(x: float, y: float, series: Series) -> str:
    color = _color(series.look)
    fill = _PAPER if series.hollow or series.look % len(LOOKS) % 2 else color
    path = _MARKERS[_look(series.look).marker]
    return (
        f'<path transform="translate({x:.1f} {y:.1f})" d="{path}" fill="{fill}" stroke="{color}" stroke-width="1.5"/>'
    )


def _path(d: str, color: str, width: float, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{width:g}"{dashed}/>'


def _label(x: float, y: float, text: str, anchor: str = "start", *, turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{_text(text)}</text>'


def _text(text: str, limit: int = 80) -> str:
    return escape_html(escape(text, limit))
