"""Which improver is kept after an iteration, and which improves itself next. Selections see training values only."""

from __future__ import annotations

import random

from strop.core.selection.archive import Archive
from strop.core.selection.comparison import Selection
from strop.core.selection.gated import Gate, Gated
from strop.core.selection.paper import Paper
from strop.options.choices import SelectionName


def make_selection(name: SelectionName, gate: Gate, rng: random.Random) -> Selection:
    """The selection with this name."""
    match name:
        case "paper":
            return Paper()
        case "gated":
            return Gated(gate)
        case "archive":
            return Archive(gate, rng)


__all__ = ["Archive", "Gate", "Gated", "Paper", "make_selection"]
