"""Quadratic assignment on a grid with a known optimum, in the way of Palubeckis (2000).

The flows are a constant plus triangles: +w between i and j and between j and k, -w between i and k. A triangle costs
w * (d_ij + d_jk - d_ik). That is at least 0 by the triangle inequality, and 0 if j lies on a shortest path from i to k, as in
the hidden assignment. The constant costs the same in every assignment.

There are few triangles: with n**2 / 2 of them, eigenvectors of the flows show the optimum (docs/design/0079-headroom-tasks.md).
"""

from __future__ import annotations

from typing import Any

from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that assigns facilities to locations.

`assign(flows, distances)` gets two symmetric matrices of n rows, 81 to 121, and returns the location of each facility, every
location once, so that the sum of flows[i, j] * distances[a[i], a[j]] is low. A random assignment scores 0.05, the best one 1.
"""
SEED = '''\
def assign(flows, distances):
    """Facility i at location i."""
    return list(range(len(flows)))
'''


ASSIGNMENT = Answer(int, shape=lambda instance: (len(instance["flows"]),), permutation=True)


def sample(rng: np.random.Generator) -> tuple[dict[str, Any], Any]:
    flows, distances, lowest = grid(rng, side=int(rng.integers(9, 12)))
    hide = rng.permutation(len(flows))
    return {"flows": flows[np.ix_(hide, hide)], "distances": distances}, lowest


def grid(rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Flows, distances, and the cost of facility i at location i, which is the lowest."""
    n, triangles = side**2, 4 * side**2
    row, column = np.divmod(np.arange(n), side)
    distances = abs(row[:, None] - row) + abs(column[:, None] - column)
    i, k, weights = rng.integers(0, n, triangles), rng.integers(0, n, triangles), rng.integers(1, 10, triangles)
    j = side * rng.integers(np.minimum(row[i], row[k]), np.maximum(row[i], row[k]) + 1)
    j += rng.integers(np.minimum(column[i], column[k]), np.maximum(column[i], column[k]) + 1)  # on a shortest path
    flows = np.zeros((n, n), dtype=np.int64)
    for one, other, sign in ((i, j, 1), (j, k, 1), (i, k, -1)):
        np.add.at(flows, (one, other), sign * weights)
    flows += flows.T
    np.fill_diagonal(flows, 0)
    flows -= flows.min()
    np.fill_diagonal(flows, 0)
    return flows, distances, int((flows * distances).sum())


def sample_large(rng: np.random.Generator) -> tuple[dict[str, Any], Any]:
    flows, distances, lowest = sparse_grid(rng, side=int(rng.integers(18, 23)))
    hide = rng.permutation(len(flows))
    return {"flows": flows[np.ix_(hide, hide)], "distances": distances}, lowest


def sparse_grid(rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray, int]:
    """As `grid`, whose text records name, with three triangles for each facility."""
    n, triangles = side**2, 3 * side**2
    row, column = np.divmod(np.arange(n), side)
    distances = abs(row[:, None] - row) + abs(column[:, None] - column)
    i, k, weights = rng.integers(0, n, triangles), rng.integers(0, n, triangles), rng.integers(1, 10, triangles)
    j = side * rng.integers(np.minimum(row[i], row[k]), np.maximum(row[i], row[k]) + 1)
    j += rng.integers(np.minimum(column[i], column[k]), np.maximum(column[i], column[k]) + 1)  # on a shortest path
    flows = np.zeros((n, n), dtype=np.int64)
    for one, other, sign in ((i, j, 1), (j, k, 1), (i, k, -1)):
        np.add.at(flows, (one, other), sign * weights)
    flows += flows.T
    np.fill_diagonal(flows, 0)
    flows -= flows.min()
    np.fill_diagonal(flows, 0)
    return flows, distances, int((flows * distances).sum())


def score(instance: Instance, assignment: np.ndarray) -> float:
    flows, distances, lowest = instance["flows"], instance["distances"], instance.hidden
    n = len(flows)
    cost = int((flows * distances[np.ix_(assignment, assignment)]).sum())
    expected = flows.sum() * distances.sum() / (n * (n - 1))  # of a random assignment
    excess = (cost - lowest) / (expected - lowest)
    return float(0.05 / (0.05 + excess))


def quadratic_assignment() -> Task:
    """81 to 121 facilities."""
    return headroom_task("quadratic-assignment", "assign", SEED, WORDS, (sample, grid, score), ASSIGNMENT)


def quadratic_assignment_large() -> Task:
    """324 to 484 facilities, with fewer flows between them."""
    words, shown = WORDS.replace("81 to 121", "324 to 484"), (sample_large, sparse_grid, score)
    return headroom_task("quadratic-assignment-large", "assign", SEED, words, shown, ASSIGNMENT)
