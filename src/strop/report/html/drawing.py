"""The picture of a construction on the page of its run."""

from __future__ import annotations

import json
import re
from html import escape as escape_html

from strop.tasks.registry import PROBLEMS, problems

_SHAPE = re.compile(r'<(?:circle|ellipse|line|path|polygon|polyline|rect)(?: [a-z-]+="[\w .,%#-]*")*/>')
"""What may stand in a drawing: shapes without links, styles, scripts or texts."""


def drawing_of(name: str, construction: str, title: str) -> str:
    """The construction of a published problem as an `svg` element; empty if it has no picture.

    `construction`: its JSON, from a record that may be anybody's. `title` is read aloud.
    """
    problem = problems().get(name) if name in PROBLEMS else None
    draw = problem.draw if problem is not None else None
    if draw is None:
        return ""
    try:
        shapes = draw(json.loads(construction))
    except Exception:  # noqa: BLE001 (an answer that nobody verified)
        return ""
    if _SHAPE.sub("", shapes).strip():
        return ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" aria-label="{escape_html(title)}" '
        f'viewBox="-1 -1 102 102" fill="none" stroke="currentColor" stroke-width="0.4">{shapes}</svg>'
    )
