"""What is known of each task besides its code: the seed's utility, the ceiling, and what Table 1 of the paper prints.

Each task's folder has them in `facts.toml`. All are utilities in [0, 1] on the published instances.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from strop.base.as_document import HIDDEN
from strop.tasks.base import Split

SPLITS: tuple[Split, ...] = ("train", "test")
"""Those that are published."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a task of the paper."""

    what: str
    """What its programs do, in a few words."""
    seed: Mapping[Split, float]
    """u(s), the score of the seed solution: split → utility. It is a mean over many evaluations if the seed solution
    draws random numbers."""
    random: bool = field(metadata=HIDDEN)
    """Whether the seed solution draws random numbers."""
    best_known: Mapping[Split, float]
    """The score of the best answers that are known: split → utility. It is proven where `reference` says exact."""
    reference: str
    """What found the best answers."""
    paper: Mapping[str, float]
    """Table 1 of the paper, on the held-out split: `seed` is u(s), `initial` is û of I_0, `improved` is û of I_T. Empty
    if the paper prints none."""
    difference: str
    """Why a measured u(s) differs from the paper's, or that it does not, in one line."""
    note: str = ""
    """What else a reader of the figures must know, in one line. May be empty."""


FOLDERS: Mapping[str, str] = {
    "lpn": "lpn",
    "string-grid-distance": "string_grid_distance",
    "modified-qap": "modified_qap",
    "3sat": "three_sat",
    "maxcut": "maxcut",
    "parity": "parity",
}
"""Task → its folder."""


def facts(task: str) -> Facts:
    """The facts of a task of the paper.

    Raises:
        KeyError: the task is not the paper's.
    """
    file = files("strop.tasks.paper") / FOLDERS[task] / "facts.toml"
    return Facts(**tomllib.loads(file.read_text(encoding="utf-8")))
