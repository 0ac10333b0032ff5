"""Exact or strong solvers of the built-in tasks: what can be reached. For tests and the documentation only."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

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


def three_sat(instance: Instance, flips: int = 200_000) -> list[bool]:
    """WalkSAT with the best flip of a clause, random with probability 0.5."""
    rng = random.Random(0)
    formula = instance["formula"]
    n = max(abs(x) for clause in formula for x in clause)
    uses: dict[int, list[int]] = {v: [] for v in range(1, n + 1)}
    for number, clause in enumerate(formula):
        for x in clause:
            uses[abs(x)].append(number)
    values = [rng.random() < 0.5 for _ in range(n + 1)]

    def broken(numbers: Any) -> list[int]:
        return [k for k in numbers if not any(values[abs(x)] == (x > 0) for x in formula[k])]

    def flip(v: int) -> int:
        values[v] = not values[v]
        return len(broken(uses[v]))

    for _ in range(flips):
        unsatisfied = broken(range(len(formula)))
        if not unsatisfied:
            break
        clause = formula[rng.choice(unsatisfied)]
        costs = {}
        for x in clause:
            costs[abs(x)] = flip(abs(x))
            values[abs(x)] = not values[abs(x)]
        flip(rng.choice(list(costs)) if rng.random() < 0.5 else min(costs, key=costs.__getitem__))
    return values


def modified_qap(instance: Instance, steps: int = 4000, lowest: bool = False) -> Any:
    """Robust tabu search: each step makes the best exchange that does not bring a facility back; the best (or lowest) it saw."""
    rng = np.random.default_rng(0)
    sign = -1.0 if lowest else 1.0
    F, D, P = instance["F"], instance["D"], instance["P"]
    n = len(F)
    pairs = np.array([(i, j) for i in range(n) for j in range(i + 1, n)])
    rows = np.arange(len(pairs))
    current = rng.permutation(n)
    best, best_value = current, -np.inf
    until = np.zeros((n, n))
    for step in range(steps):
        swapped = np.tile(current, (len(pairs), 1))
        swapped[rows, pairs[:, 0]], swapped[rows, pairs[:, 1]] = current[pairs[:, 1]], current[pairs[:, 0]]
        flows = (F * D[swapped[:, :, None], swapped[:, None, :]]).sum(axis=(1, 2))
        values = sign * (flows - 0.5 * P[np.arange(n), swapped].sum(axis=1))
        i, j = pairs.T
        tabu = (until[i, current[j]] > step) & (until[j, current[i]] > step)
        chosen = int(np.argmax(np.where(tabu & (values <= best_value), -np.inf, values)))
        i, j = pairs[chosen]
        until[i, current[i]] = until[j, current[j]] = step + rng.integers(14, 19)
        current = swapped[chosen]
        if values[chosen] > best_value:
            best, best_value = current, values[chosen]
    return best


def maxcut(instance: Instance, steps: int = 3000) -> Any:
    """Tabu search: each step flips the best node that was not flipped of late."""
    rng = np.random.default_rng(0)
    weights = instance["adjacency_matrix"]
    n = len(weights)
    sides = rng.choice([-1.0, 1.0], n)
    gains = sides * (weights @ sides)
    cut = best_cut = 0.0
    best, until = sides.copy(), np.zeros(n)
    for step in range(steps):
        allowed = (until <= step) | (cut + gains > best_cut)
        node = int(np.argmax(np.where(allowed, gains, -np.inf)))
        cut += gains[node]
        sides[node] = -sides[node]
        gains[node] = -gains[node]
        others = np.arange(n) != node
        gains[others] += 2 * weights[node, others] * sides[node] * sides[others]
        until[node] = step + 10 + rng.integers(10)
        if cut > best_cut:
            best, best_cut = sides.copy(), cut
    return best


REFERENCES = {
    "lpn": parity,
    "parity": parity,
    "string-grid-distance": string_grid_distance,
    "3sat": three_sat,
    "modified-qap": modified_qap,
    "maxcut": maxcut,
}
