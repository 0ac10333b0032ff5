"""Bin packing with a known optimum: triplets that fill their bins, drawn as Falkenauer (1996) draws them."""

from __future__ import annotations

from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that packs items into as few bins as possible.

`pack(items, capacity)` gets the sizes of the items and the capacity of a bin, whole numbers, and returns for each item the
number of its bin, from 0. No bin holds more than its capacity.
"""
SEED = '''\
def pack(items, capacity):
    """Next fit: open a new bin whenever an item does not fit into the last one."""
    bins, last, room = [], 0, capacity
    for item in items:
        if item > room:
            last, room = last + 1, capacity
        room -= item
        bins.append(last)
    return bins
'''


def sample(rng: np.random.Generator) -> dict[str, Any]:
    capacity, bins = 6000, int(rng.integers(40, 61))
    first = rng.integers(2280, 2940, bins)
    second = rng.integers(1500, (capacity - first) // 2 + 1)
    items = np.concatenate([first, second, capacity - first - second])  # so `bins` bins suffice
    return {"items": rng.permutation(items).tolist(), "capacity": capacity}


def score(instance: Instance, bins: np.ndarray) -> float:
    loads = np.bincount(bins, weights=instance["items"])
    if loads.max() > instance["capacity"]:
        raise Malformed(f"bin {loads.argmax()} holds {loads.max():.0f}, more than {instance['capacity']}")
    fewest = sum(instance["items"]) / instance["capacity"]
    excess = np.count_nonzero(loads) / fewest - 1
    return float(0.02 / (0.02 + excess))


def bin_packing() -> Task:
    """120 to 180 items."""
    bins = Answer(int, shape=lambda instance: (len(instance["items"]),), low=0, high=179)
    return headroom_task("bin-packing", "pack", SEED, WORDS, (sample, score), bins)
