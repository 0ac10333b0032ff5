"""A figure of matplotlib as an SVG for a page with a strict content security policy: no style attributes, no style elements, ids
that no other figure has, colours that follow the page's, text as text."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

from matplotlib.figure import Figure
from matplotlib.text import Text

from strop.report.figures.figure import LOOKS, house_style

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_PRESENTATION = {
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "font-size", "font-weight", "font-style", "text-anchor",
    "clip-path",
}  # fmt: skip
"""Properties that are attributes as well; a family of fonts is left to the page."""
_FONT = re.compile(r"(?:(?P<style>italic|oblique) )?(?:(?P<weight>bold|[1-9]00) )?(?P<size>[\d.]+px)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_LARGER = 1.25
"""The house's figures are for a column of paper; on a page their words must be larger."""
COLORS = {
    "#000000": "currentColor",
    "#ffffff": "var(--figure-paper, #ffffff)",
    **{look.color.lower(): f"var(--series-{number}, {look.color})" for number, look in enumerate(LOOKS) if number},
}
"""A colour as drawn → as shown: the page's own ink, and variables that a page may set for light and dark."""


def svg_of(figure: Figure, name: str, title: str) -> str:
    """The figure as an `svg` element, `name` at the beginning of its ids; `title` is what is read aloud."""
    drawn = io.BytesIO()
    for text in figure.findobj(Text):
        text.set_fontsize(float(text.get_fontsize()) * _LARGER)
    with house_style():
        told = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(drawn, format="svg", metadata=told, transparent=True)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(drawn.getvalue())
    _without(root)
    used = {found for element in root.iter() for found in _references(element)}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        _plain(element, name)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    shown = {"role": "img", "aria-label": title, "class": "figure", "fill": "currentColor"}
    for key, value in (shown | {"stroke-linejoin": "round", "stroke-linecap": "butt"}).items():
        root.set(key, value)
    return re.sub(r">\s+<", "><", ET.tostring(root, encoding="unicode"))


def _references(element: ET.Element) -> list[str]:
    """The ids that an element names."""
    names = [element.get(key, "").removeprefix("#") for key in ("href", f"{{{_XLINK}}}href")]
    return names + [found for value in element.attrib.values() for found in _REFERENCE.findall(value)]


def _without(element: ET.Element) -> None:
    """Leave out what holds rules of style, and metadata."""
    for child in list(element):
        if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"):
            element.remove(child)
        else:
            _without(child)


def _plain(element: ET.Element, name: str) -> None:
    for key, value in _declared(element.attrib.pop("style", "")):
        element.set(key, value)
    for key, value in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key in ("href", f"{{{_XLINK}}}href"):
            element.attrib.pop(key)
            element.set("href", f"#{name}-{value.removeprefix('#')}")
        elif key in ("fill", "stroke"):
            element.set(key, _color(value))
        elif key in ("d", "x", "y", "transform", "points"):
            element.set(key, _NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value))
    for key, value in list(element.attrib.items()):
        if "url(#" in value:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _color(drawn: str) -> str:
    """A colour of the page; greys become as much of its ink."""
    grey = re.fullmatch(r"#([0-9a-f]{2})\1\1", drawn.lower())
    if grey is not None and drawn.lower() not in COLORS:
        return f"color-mix(in srgb, currentColor {round(100 * (1 - int(grey[1], 16) / 255))}%, transparent)"
    return COLORS.get(drawn.lower(), drawn)


def _declared(style: str) -> list[tuple[str, str]]:
    """The declarations of a style attribute, as attributes."""
    found: list[tuple[str, str]] = []
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            if size := _FONT.match(value):
                found += [(f"font-{part}", given) for part, given in size.groupdict().items() if given]
        elif key in _PRESENTATION:
            found.append((key, value))
    return found
