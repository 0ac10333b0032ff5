"""Exact or strong solvers of the built-in tasks: what can be reached. What `ceilings.py` finds anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pysat.solvers import Cadical153
from tabu import cut_search, qap_search

from strop.tasks.base import Instance


def parity(instance: Instance) -> Any:
    """The parity, of all 1024, that disagrees with the fewest examples."""
    masks = (np.arange(1024)[:, None] >> np.arange(10)) & 1
    wrong = ((masks @ instance["train_samples"].T) % 2 != instance["train_parity"]).sum(axis=1)
    return instance["test_samples"] @ masks[np.argmin(wrong)] % 2


def string_grid_distance(instance: Instance) -> str:
    """Exact: for each position, last letter and distance so far, one prefix that has it."""
    t, dist = instance["t"], instance["dist"]
    prefixes = {(c, int(c != t[0])): c for c in "AB"}
    for place in range(1, len(t)):
        longer: dict[tuple[str, int], str] = {}
        for (last, found), prefix in prefixes.items():
            for c in "AB":
                key = (c, found + (c != t[place]) + (c != last) + (t[place] != t[place - 1]))
                longer.setdefault(key, prefix + c)
        prefixes = longer
    return next(s for (_, found), s in prefixes.items() if found == dist)


def three_sat(instance: Instance) -> list[int]:
    """Exact: conflict-driven clause learning (CaDiCaL, of python-sat). Element v is the literal v or -v that is true."""
    with Cadical153(bootstrap_with=instance["formula"]) as solver:
        if not solver.solve():
            raise ValueError("the formula cannot be satisfied")
        true = {abs(literal): literal for literal in solver.get_model()}
    return [0, *(true.get(v, v) for v in range(1, max(true) + 1))]


def modified_qap(instance: Instance, steps: int = 300, lowest: bool = False) -> Any:
    """Robust tabu search, 64 at once: the best (or lowest) assignment that any of them saw."""
    return qap_search(instance["F"], instance["D"], instance["P"], steps, lowest=lowest).best


def maxcut(instance: Instance, steps: int = 300) -> Any:
    """Tabu search, 32 at once: the best cut that any of them saw."""
    return cut_search(instance["adjacency_matrix"], steps).best


REFERENCES: Mapping[str, Any] = {
    "lpn": parity,
    "parity": parity,
    "string-grid-distance": string_grid_distance,
    "3sat": three_sat,
    "modified-qap": modified_qap,
    "maxcut": maxcut,
}
