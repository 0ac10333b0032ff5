"""Pack items into as few bins of capacity 1 as possible. The program here is next fit, as one writes it first."""

import math

import strop

ITEMS = 80


def sample(rng):
    """The sizes of 80 items, half of them large."""
    large, small = rng.uniform(0.35, 0.7, ITEMS // 2), rng.uniform(0.05, 0.35, ITEMS // 2)
    return {"sizes": [round(float(size), 4) for size in rng.permutation([*large, *small])]}


def score(instance, answer):
    """Lower bound of the number of bins, the sum of all sizes rounded up, over the number used."""
    sizes = instance["sizes"]
    if sorted(item for one in answer for item in one) != list(range(len(sizes))):
        raise strop.Malformed("every item must be in exactly one bin")
    for number, one in enumerate(answer):
        load = sum(sizes[item] for item in one)
        if load > 1 + 1e-9:
            raise strop.Malformed(f"bin {number} holds {load:.4f}, more than 1")
    least = math.ceil(sum(sizes) - 1e-9)
    strop.note(f"{len(answer)} bins; no packing needs fewer than {least}")
    return least / max(least, len(answer))


SEED = """def pack(sizes):
    bins = [[]]
    load = 0.0
    for item, size in enumerate(sizes):
        if load + size > 1:
            bins.append([])
            load = 0.0
        bins[-1].append(item)
        load += size
    return bins
"""

task = strop.Task(
    name="bin-packing",
    sample=sample,
    score=score,
    seed=SEED,
    entry="pack",
    answer=strop.Answer([strop.Answer(int, shape=(None,))]),  # a list of lists of items
    instances=20,
    test_instances=40,
)
