"""A chart as data, and as an SVG that needs no library.

Series differ by marker, by line style and by lightness, besides colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as escape_html
from textwrap import wrap
from typing import Literal, NamedTuple, TypeAlias

from strop.base.pluralize import plain
from strop.base.terminal_text import escape

Form: TypeAlias = Literal["line", "steps", "dots", "bars", "boxes", "ranges"]


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
    """`boxes` run from `low` to `high` with a line at `y`; `ranges` have no marker."""
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
    from_zero: bool = False


def ticks(low: float, high: float, most: int = 6, *, whole: bool = False) -> list[float]:
    """Round numbers from `low` to `high`."""
    span = high - low or 1.0
    step = 10.0 ** math.floor(math.log10(span / most))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= most)
    step = max(step, 1.0) if whole else step
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
    words = "".join(
        f'<text x="4" y="{drawn + _FOOTER_LINE * (row + 1):.1f}" font-size="10">{_text(line, len(line))}</text>'
        for row, line in enumerate(wrapped)
    )
    size = f'viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" height="{height:.0f}"'
    inner = drawing.svg(title, f'width="{_WIDTH:.0f}" height="{drawn:.0f}" ')
    paper = f'<rect width="{_WIDTH:.0f}" height="{height:.0f}" fill="white"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" {size} color="black" '
        f'font-family="sans-serif">{paper}{inner}{words}</svg>\n'
    )


class _Drawing:
    """A chart with its scales and margins."""

    def __init__(self, chart: Chart) -> None:
        self.chart, self.rows = chart, bool(chart.names)
        keys: list[tuple[str, Series | int]] = [(series.name, series) for series in chart.series if series.name]
        several = len(keys) > 1 or bool(chart.levels)
        self.keys = [*keys, *((name, number) for number, name in enumerate(chart.levels))] if several else []
        self.top = 12.0 + 17 * (1 + max((row for row, _, _, _ in self._places()), default=-1))
        names = [escape(name, 30) for name in chart.names]
        values, places = self._ranges()
        self.values = ticks(*values, whole=all(float(value).is_integer() for value in values) and values[1] > 3)
        self.places = [float(n) for n in range(len(names))] if names else ticks(*places, 8, whole=True)
        self.words = _numbers(self.values)
        words = names or self.words
        self.left = 18 + 1.1 * _LETTER * max(map(len, words), default=0) + (0 if names else 14)
        self.height = self.top + _ROW * max(len(names), 2) + 44 if names else _HEIGHT
        self.right, self.bottom = _WIDTH - 14, self.height - 42
        across, down = (values, places) if self.rows else (places, values)
        self.x = _scale(across, self.left, self.right)
        self.y = _scale(down, self.top, self.bottom) if self.rows else _scale(down, self.bottom, self.top)
        self.shift = min(9.0, 22 / max(len(chart.series), 1)) if self._apart() else 0.0

    def _apart(self) -> bool:
        """Whether series stand beside one another: where they share places along the axis."""
        if any(series.form in ("steps", "bars", "boxes") for series in self.chart.series):
            return False
        seen: set[float] = set()
        for series in self.chart.series:
            places = {point.x for point in series.points}
            if places & seen:
                return True
            seen |= places
        return False

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The ranges of the axis of values and of the other one."""
        points = [point for series in self.chart.series for point in series.points]
        values = [*self.chart.levels.values()]
        for point in points:
            values += [
                value for value in (point.y, point.low, point.high) if value is not None and math.isfinite(value)
            ]
        low, high = min(values, default=0.0), max(values, default=1.0)
        margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.5
        low = 0.0 if self.chart.from_zero else low - margin
        places = [point.x for point in points]
        first, last = min(places, default=0.0), max(places, default=1.0)
        boxes = any(series.form == "boxes" for series in self.chart.series)
        room = 0.5 if self.rows or boxes or last == first else 0.06 * (last - first)
        last = max(last, len(self.chart.names) - 1)
        return (low, high + margin * (1.6 if self.rows and self.chart.from_zero else 1)), (
            (0.0 if self.chart.from_zero and not self.rows else first - room),
            last + room,
        )

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
        names = [escape(name, 30) for name in self.chart.names] or _numbers(self.places)
        values, places = zip(self.values, self.words, strict=True), zip(self.places, names, strict=True)
        across, down = (values, places) if self.rows else (places, values)
        for value, word in down:
            y = self.y(value)
            if not self.rows:
                yield _path(f"M{self.left:.1f} {y:.1f}H{self.right:.1f}", _FAINT, 1)
            yield _words(self.left - 7, y + 4, word, "end")
        for value, word in across:
            x = self.x(value)
            line = f"V{self.top:.1f}" if self.rows else "v4"
            yield _path(f"M{x:.1f} {self.bottom:.1f}{line}", _FAINT if self.rows else "currentColor", 1)
            yield _words(x, self.bottom + 17, word, "middle")
        yield _path(f"M{self.left:.1f} {self.top:.1f}V{self.bottom:.1f}H{self.right:.1f}", "currentColor", 1)
        labels = (self.chart.y_label, "") if self.rows else (self.chart.x_label, self.chart.y_label)
        yield _words((self.left + self.right) / 2, self.height - 8, labels[0], "middle")
        if labels[1]:
            yield _words(12, (self.top + self.bottom) / 2, labels[1], "middle", turned=True)

    def _levels(self) -> Iterator[str]:
        for number, value in enumerate(self.chart.levels.values()):
            y = self.y(value)
            yield _path(
                f"M{self.left:.1f} {y:.1f}H{self.right:.1f}", _SOFT, 1, _LEVEL_DASHES[number % len(_LEVEL_DASHES)]
            )

    def _places(self) -> Iterator[tuple[int, float, str, Series | int]]:
        """(row, x, name, what it is) of each entry of the legend."""
        row, x = 0, 0.0
        for name, what in self.keys:
            width = 44 + _LETTER * len(escape(name, 60))
            if x and x + width > _WIDTH:
                row, x = row + 1, 0.0
            yield row, x, name, what
            x += width

    def _legend(self) -> Iterator[str]:
        for row, x, name, what in self._places():
            y = 11.0 + 17 * row
            if isinstance(what, int):
                yield _path(f"M{x:.1f} {y:.1f}h24", _SOFT, 1, _LEVEL_DASHES[what % len(_LEVEL_DASHES)])
            else:
                look = LOOKS[what.look % len(LOOKS)]
                if what.form in ("line", "steps"):
                    yield _path(f"M{x:.1f} {y:.1f}h24", _color(what.look), 1.8, look.dashes)
                yield _marker(x + 12, y, what.look, what.hollow)
            yield _words(x + 30, y + 4, escape(name, 60))

    def _series(self, series: Series, shift: float) -> Iterator[str]:
        color = _color(series.look)
        spots = [(self._spot(point.x, point.y, shift), point) for point in series.points]
        if series.form in ("line", "steps") and spots:
            yield _path(
                _joined([spot for spot, _ in spots], series.form), color, 1.8, LOOKS[series.look % len(LOOKS)].dashes
            )
        every = max(len(spots) // 5, 1) if series.form == "steps" else 1
        for number, ((x, y), point) in enumerate(spots):
            if series.form == "bars":
                yield self._bar(point)
            elif series.form == "boxes":
                yield self._box(point)
                continue
            elif point.low is not None and point.high is not None:
                ends = self._spot(point.x, point.low, shift), self._spot(point.x, point.high, shift)
                yield _path(_reach(*ends), color, 1.2)
            if series.form not in ("bars", "ranges") and (number % every == 0 or number == len(spots) - 1):
                yield _marker(x, y, series.look, series.hollow)

    def _spot(self, place: float, value: float, shift: float = 0.0) -> tuple[float, float]:
        return (self.x(value), self.y(place) + shift) if self.rows else (self.x(place) + shift, self.y(value))

    def _bar(self, point: Point) -> str:
        (x, y), x0 = self._spot(point.x, point.y), self.x(0.0)
        bar = f"M{x0:.1f} {y - 9:.1f}H{x:.1f}V{y + 9:.1f}H{x0:.1f}Z"
        return _path(bar, "currentColor", 1, fill=_FAINT) + _words(x + 6, y + 4, plain(point.y, 6))

    def _box(self, point: Point) -> str:
        x, low, high = self.x(point.x), self.y(point.low or 0.0), self.y(point.high or 0.0)
        half = min(18.0, 0.3 * (self.right - self.left) / max(len(self.places), 1))
        box = _path(
            f"M{x - half:.1f} {low:.1f}h{2 * half:.1f}V{high:.1f}h{-2 * half:.1f}Z", "currentColor", 1.2, fill=_PAPER
        )
        return box + _path(f"M{x - half:.1f} {self.y(point.y):.1f}h{2 * half:.1f}", "currentColor", 3)


def _numbers(values: Sequence[float]) -> list[str]:
    """Numbers with the same decimals, as few as they need."""
    decimals = max((len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in values), default=0)
    return [f"{value:,.{decimals}f}" for value in values]


_PAPER = "var(--figure-paper, #ffffff)"


def _scale(reach: tuple[float, float], start: float, end: float) -> Callable[[float], float]:
    low, high = reach
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _joined(spots: Sequence[tuple[float, float]], form: Form) -> str:
    (x, y), *rest = spots
    step = "H{0:.1f}V{1:.1f}" if form == "steps" else "L{0:.1f} {1:.1f}"
    return f"M{x:.1f} {y:.1f}" + "".join(step.format(*spot) for spot in rest)


def _reach(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A line between two places with caps."""
    (x, y), (to_x, to_y) = start, end
    cap = "M{0:.1f} {1:.1f}m0 -3v6" if abs(y - to_y) < abs(x - to_x) else "M{0:.1f} {1:.1f}m-3 0h6"
    return f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}{cap.format(x, y)}{cap.format(to_x, to_y)}"


def _color(number: int) -> str:
    number %= len(LOOKS)
    return f"var(--series-{number}, {LOOKS[number].color})" if number else "currentColor"


def _marker(x: float, y: float, number: int, hollow: bool) -> str:
    fill, color = (_PAPER if hollow or number % 2 else _color(number)), _color(number)
    path = _MARKERS[LOOKS[number % len(LOOKS)].marker]
    return (
        f'<path transform="translate({x:.1f} {y:.1f})" d="{path}" fill="{fill}" stroke="{color}" stroke-width="1.5"/>'
    )


def _path(d: str, color: str, width: float, dashes: str = "", fill: str = "none") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="{d}" fill="{fill}" stroke="{color}" stroke-width="{width:g}"{dashed}/>'


def _words(x: float, y: float, text: str, anchor: str = "start", *, turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{_text(text)}</text>'


def _text(text: str, limit: int = 80) -> str:
    return escape_html(escape(text, limit))
