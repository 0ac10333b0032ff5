"""The scoring rules of the published implementation, written anew and small: solution and scorer share a process, an instance
and a clock. They are here to fall for what strop's own rules must not.

The draws are the published ones: instance i of the training split is drawn from 4321 + i.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from strop.tasks import registry
from strop.tasks.base import Instance, PublishedSeeds

Algorithm: TypeAlias = Callable[..., Any]


def _instance(task: str, index: int) -> Instance:
    return registry.load(task).instance("train", index, PublishedSeeds())


def lpn(algorithm: Algorithm, index: int) -> float:
    """Hits over labels; whatever broadcasts is compared. The global generator stands where the draw left it."""
    instance = _instance("lpn", index)
    np.random.seed(4321 + index)
    labels = instance.hidden
    predictions = algorithm(**instance.inputs)
    return float(np.sum(predictions == labels) / len(labels))


def three_sat(algorithm: Algorithm, index: int) -> float:
    """Scored on a shallow copy of the formula; a literal is asked of the solution's own object."""
    instance = _instance("3sat", index)
    formula: list[list[int]] = list(instance["formula"])
    random.seed(4321 + index)
    values = algorithm(instance["formula"])
    satisfied = all(any((values[abs(x)] > 0) == (x > 0) for x in clause) for clause in formula)
    return 1.0 if satisfied else 0.01


def maxcut(algorithm: Algorithm, index: int) -> float:
    """Weight between vertices of different labels, in the matrix that the solution has had, over the weight that there was."""
    instance = _instance("maxcut", index)
    matrix = np.array(instance["adjacency_matrix"], dtype=float)
    total = np.triu(matrix).sum()
    labels = algorithm(matrix)
    n = len(matrix)
    cut = sum(matrix[i, j] for i in range(n) for j in range(i + 1, n) if labels[i] != labels[j])
    return float(cut / total)


def modified_qap(algorithm: Algorithm, index: int) -> float:
    """The objective, and the seconds that it took."""
    instance = _instance("modified-qap", index)
    started = time.perf_counter()
    assignment = algorithm(**instance.inputs)
    elapsed = time.perf_counter() - started
    return registry.load("modified-qap").score(instance, np.asarray(assignment)) + elapsed


RULES: dict[str, Callable[[Algorithm, int], float]] = {
    "lpn": lpn,
    "3sat": three_sat,
    "maxcut": maxcut,
    "modified-qap": modified_qap,
}
"""Name of a task to (the solution's function, index of an instance) -> score."""
