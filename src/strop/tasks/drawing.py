"""Parts of pictures of instances in at most 80 columns of text: bits, shades and blocks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

SHADES = " ░▒▓█"
PLAIN = str.maketrans("█▓▒░·▼◂▲△▽│─┌┐└┘├┤┬┴┼►", "#%+..v<^,,|-+++++++++>")
"""ASCII replacements of characters."""


def shaded(matrix: Any, low: float, high: float) -> list[str]:
    """A matrix as lines of shades, two columns per element: blank at `low`, full at `high`."""
    span = (high - low) or 1.0
    levels = np.clip((np.asarray(matrix) - low) / span * len(SHADES), 0, len(SHADES) - 1).astype(int)
    return ["".join(2 * SHADES[level] for level in row) for row in levels]


def framed(lines: Sequence[str], title: str = "") -> list[str]:
    """Lines of equal width in a box with a title on its upper edge."""
    width = max(map(len, lines), default=0)
    edge = f"─ {title} " if title else ""
    return [f"┌{edge:─<{width}}┐", *(f"│{line:<{width}}│" for line in lines), f"└{'─' * width}┘"]


def beside(*blocks: Sequence[str], gap: int = 2) -> list[str]:
    """Blocks of lines side by side, each as wide as its widest line."""
    widths = [max(map(len, block), default=0) for block in blocks]
    rows = zip_longest(*blocks, fillvalue="")
    return [
        (" " * gap).join(f"{part:<{width}}" for part, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
