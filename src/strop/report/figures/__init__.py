"""Charts of reports and figures of protocols, legible in greyscale."""

from __future__ import annotations

from importlib.util import find_spec

NO_MATPLOTLIB = "figures need matplotlib: pip install 'strop[figures]'"


def can_draw() -> bool:
    """Whether matplotlib, which the extra `figures` installs, can be imported; the SVG charts of pages do not need it."""
    return find_spec("matplotlib") is not None
