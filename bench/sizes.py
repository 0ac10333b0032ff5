"""Is the cost of an evaluation linear in its size? One program on 1 to 1,000 instances with inputs of 1 kB to 10 MB.

    python bench/sizes.py [--plot FILE]            # some three minutes

The program sums its input, an array. One worker evaluates in the jail, as in a run, once the instances are drawn. Printed: wall
milliseconds of an evaluation, the median of at least three, and of one instance. Inputs beyond 64 MB together are drawn again for
each evaluation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import groupby
from statistics import median

import numpy as np

from strop.evaluation.base import Order
from strop.evaluation.instances import MOST_BYTES, Splits
from strop.evaluation.workers import SharedWorker
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import PublishedSeeds, Task

SIZES = [(count, 1_000) for count in (1, 10, 100, 1000)] + [
    (count, size)
    for size in (10_000, 100_000, 1_000_000, 10_000_000)
    for count in (1, 10, 100)
    if count * size <= 10**8
]
"""Instances, and bytes of each one's input."""
PROGRAM = "def algorithm(values):\n    return int(values.sum())\n# {number}\n"


def task_of(count: int, size: int) -> Task:
    """A task with so many instances of so many bytes."""
    return Task(
        name=f"sum-{count}-{size}",
        sample=lambda rng: {"values": rng.integers(0, 2, size, dtype=np.uint8)},
        score=lambda instance, answer: float(answer == int(instance["values"].sum())),
        seed=PROGRAM.format(number=0),
        instances=count,
        time_limit=5.0,
        description="Sum the values.",
    )


def milliseconds(worker: SharedWorker, task: Task, seconds: float = 2.0) -> float:
    """The median wall time of an evaluation."""
    taken: list[float] = []
    while len(taken) < 4 or sum(taken) < seconds:
        text = PROGRAM.format(number=len(taken))
        began = time.perf_counter()
        found = worker.measure(Order(f"u{len(taken)}", text, task.name, "train", PublishedSeeds(), b"s")).result()
        taken.append(time.perf_counter() - began)
        assert found.value == 1.0, found.error
    return median(taken[1:]) * 1e3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", metavar="FILE", help="one line for each size of an input, on logarithmic axes")
    given = parser.parse_args(arguments)
    tasks = {key: task_of(*key) for key in SIZES}
    sandbox = JailedSandbox(solution_slots=1, improver_slots=0, reuse=True)
    found: dict[tuple[int, int], float] = {}
    print("| instances | bytes of an input | ms an evaluation | ms an instance |\n|---|---|---|---|", flush=True)
    with closing(SharedWorker(list(tasks.values()), sandbox, Splits(most=1))) as worker:
        for (count, size), task in tasks.items():
            found[count, size] = each = milliseconds(worker, task)
            beyond = " (beyond what is kept)" if count * size > MOST_BYTES else ""
            print(f"| {count:,} | {size:,}{beyond} | {each:.1f} | {each / count:.3f} |", flush=True)
    if given.plot:
        from matplotlib import pyplot

        for size, keys in groupby(found, key=lambda key: key[1]):
            rows = list(keys)
            pyplot.loglog([key[0] for key in rows], [found[key] for key in rows], "o-", label=f"{size:,} bytes")
        pyplot.xlabel("instances")
        pyplot.ylabel("ms an evaluation")
        pyplot.legend(title="of an input", loc="lower right")
        pyplot.savefig(given.plot)


if __name__ == "__main__":
    main()
