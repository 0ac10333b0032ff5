"""Long tabu searches for the two tasks whose best answer nobody can prove: many searches at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Found:
    """What independent searches came to."""

    best: Any
    """The best answer of any of them."""
    value: float
    """Its objective."""
    agree: int
    """How many of the searches reached that value: the more, the likelier that it is the optimum."""


def qap_search(F: Any, D: Any, P: Any, steps: int, *, searches: int = 64, lowest: bool = False, seed: int = 0) -> Found:
    """Robust tabu search (Taillard 1991) for the modified objective Σ F[i,j]·D[a_i,a_j] − 0.5·Σ P[i,a_i].

    Each step makes the best exchange that brings no facility back where it was of late, or that beats everything so far.
    """
    rng = np.random.default_rng(seed)
    sign = -1.0 if lowest else 1.0
    n, rows = len(F), np.arange(searches)
    i, j = np.triu_indices(n, 1)
    current = rng.permuted(np.tile(np.arange(n), (searches, 1)), axis=1)
    value = np.array([sign * _qap_value(F, D, P, each) for each in current])
    best, best_value = current.copy(), value.copy()
    until = np.zeros((searches, n, n))
    for step in range(steps):
        gains = sign * exchanges(F, D[current[:, :, None], current[:, None, :]], P, current)[:, i, j]
        there = until[rows[:, None], i, current[:, j]] > step
        back = until[rows[:, None], j, current[:, i]] > step
        better = value[:, None] + gains > best_value[:, None] + 1e-12
        chosen = np.argmax(np.where(there & back & ~better, -np.inf, gains), axis=1)
        a, b = i[chosen], j[chosen]
        tenure = step + rng.integers(n - 2, n + 4, searches)
        until[rows, a, current[rows, a]] = until[rows, b, current[rows, b]] = tenure
        current[rows, a], current[rows, b] = current[rows, b], current[rows, a]
        value = value + gains[rows, chosen]
        improved = value > best_value + 1e-12
        best[improved], best_value[improved] = current[improved], value[improved]
    exact = np.array([sign * _qap_value(F, D, P, each) for each in best])
    top = exact.max()
    return Found(best[int(np.argmax(exact))], float(sign * top), int((exact > top - 1e-9).sum()))


def _qap_value(F: Any, D: Any, P: Any, assignment: Any) -> float:
    return float((F * D[np.ix_(assignment, assignment)]).sum() - 0.5 * P[np.arange(len(F)), assignment].sum())


def exchanges(F: Any, moved: Any, P: Any, current: Any) -> Any:
    """Change of the objective by exchanging i and j, for every search and pair; moved[s, k, l] = D[a_k, a_l]."""
    rows = F @ moved.transpose(0, 2, 1)
    columns = F.T @ moved
    own = np.diagonal(F)
    own_moved = np.diagonal(moved, axis1=1, axis2=2)
    total = np.zeros(moved.shape)
    for product, flow, distance in ((rows, F, moved), (columns, F.T, moved.transpose(0, 2, 1))):
        same = np.diagonal(product, axis1=1, axis2=2)
        total += product + product.transpose(0, 2, 1) - same[:, :, None] - same[:, None, :]
        back = distance.transpose(0, 2, 1)  # [s, i, j] = distance[j, i]
        total -= (own[:, None] - flow.T) * (back - own_moved[:, :, None])
        total -= (flow - own[None, :]) * (own_moved[:, None, :] - distance)
    total += (own[:, None] - own[None, :]) * (own_moved[:, None, :] - own_moved[:, :, None])
    total += (F - F.T) * (moved.transpose(0, 2, 1) - moved)
    liked = P[np.arange(len(F))[None, :, None], current[:, None, :]]  # [s, i, j] = P[i, a_j]
    kept = np.diagonal(liked, axis1=1, axis2=2)
    return total - 0.5 * (liked + liked.transpose(0, 2, 1) - kept[:, :, None] - kept[:, None, :])


def cut_search(weights: Any, steps: int, *, searches: int = 32, patience: int = 1000, seed: int = 0) -> Found:
    """Tabu search with perturbation, in the way of breakout local search (Benlic and Hao 2013), for the heaviest cut.

    Each step flips the best node that was not flipped of late, or one that beats everything so far; a search that has
    found nothing better in `patience` steps goes on from its best with a part of the nodes flipped.
    """
    rng = np.random.default_rng(seed)
    n, rows = len(weights), np.arange(searches)
    sides = rng.choice([-1.0, 1.0], (searches, n))
    gains = sides * (sides @ weights)
    cut = _cut(weights, sides)
    best, best_cut, since = sides.copy(), cut.copy(), np.zeros(searches)
    until = np.zeros((searches, n))
    for step in range(steps):
        allowed = (until <= step) | (cut[:, None] + gains > best_cut[:, None])
        node = np.argmax(np.where(allowed, gains, -np.inf), axis=1)
        gain = gains[rows, node]
        cut = cut + gain
        gains -= 2 * weights[node] * (sides * sides[rows, node][:, None])
        gains[rows, node] = -gain
        sides[rows, node] *= -1
        until[rows, node] = step + 1 + n // 20 + rng.integers(0, 10, searches)
        improved = cut > best_cut
        best[improved], best_cut[improved] = sides[improved], cut[improved]
        since = np.where(improved, 0, since + 1)
        for stuck in np.flatnonzero(since > patience):
            share = rng.choice([0.05, 0.1, 0.2, 0.4])
            sides[stuck] = best[stuck] * np.where(rng.random(n) < share, -1.0, 1.0)
            gains[stuck] = sides[stuck] * (sides[stuck] @ weights)
            cut[stuck], since[stuck], until[stuck] = _cut(weights, sides[stuck]), 0, step
    top = best_cut.max()
    return Found(best[int(np.argmax(best_cut))], float(top), int((best_cut == top).sum()))


def _cut(weights: Any, sides: Any) -> Any:
    """The weight between the sides, of each row of `sides`."""
    return (weights.sum() - ((sides @ weights) * sides).sum(axis=-1)) / 4
