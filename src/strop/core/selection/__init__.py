"""Which improver goes on after an iteration, and which improves itself next. A selection sees training values only."""

from __future__ import annotations

import random
from typing import Literal, TypeAlias, get_args

from strop.core.selection.archive import Archive
from strop.core.selection.comparison import Selection
from strop.core.selection.gated import Gate, Gated
from strop.core.selection.paper import Paper

SelectionName: TypeAlias = Literal["paper", "gated", "archive"]
SELECTIONS: tuple[SelectionName, ...] = get_args(SelectionName)


def make_selection(name: SelectionName, gate: Gate, rng: random.Random) -> Selection:
    """The selection of that name; `gate` and `rng` are used by those that need them."""
    match name:
        case "paper":
            return Paper()
        case "gated":
            return Gated(gate)
        case "archive":
            return Archive(gate, rng)


__all__ = ["SELECTIONS", "Archive", "Gate", "Gated", "Paper", "SelectionName", "make_selection"]
