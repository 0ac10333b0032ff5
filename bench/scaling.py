"""How many workers can one coordinator keep busy? `python bench/scaling.py [--plot FILE]`.

Two kinds of workers, whose evaluations take 200 ms each and no CPU time: worker processes with a jail, whose programs sleep (each
guest still costs some milliseconds of CPU, so two cores carry about thirty of them), and processes that sleep in place of
measuring, which show the coordinator alone. Orders pass through `WorkerPool` and real channels; each evaluation is recorded.
Efficiency is the rate over that of N workers which never wait, in the same run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from strop.base.budget import Budget
from strop.base.results import Evaluation
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.pool import WorkerPool
from strop.evaluation.processes import LocalWorker
from strop.evaluation.workers import Worker, pack
from strop.store import Store
from strop.tasks.base import SecretSeeds, Task

SECONDS = 0.2
ROUNDS = 10
"""Evaluations for each worker."""
SLEEPING = "import time\ndef algorithm(n):\n    time.sleep({seconds})\n    return n\n# {number}\n"
TASK = Task(
    name="sleep", sample=lambda rng: {"n": 1}, score=lambda instance, answer: 1.0, seed="def algorithm(n):\n    return n\n",
    instances=1, time_limit=1.0, description="A line.",
)  # fmt: skip


class SleepingProcess:
    """A worker whose process sleeps in place of measuring."""

    def __init__(self) -> None:
        ours, theirs = Pipe()
        if os.fork() == 0:
            ours.close()
            _sleep_for(theirs)
        theirs.close()
        self._channel: Connection | None = ours

    def measure(self, order: Order) -> OrderResult:
        assert self._channel is not None
        self._channel.send(order)
        measured: OrderResult = self._channel.recv()
        return measured

    def close(self) -> None:
        """A worker that still sleeps ends with its channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()


def _sleep_for(channel: Connection) -> None:
    try:
        while True:
            channel.recv()
            time.sleep(SECONDS)
            channel.send(OrderResult(Evaluation(1.0, "ok", scores=(1.0,), verdicts=("ok",))))
    except (EOFError, OSError):
        os._exit(0)


def rate(start: Callable[[], Worker], count: int) -> tuple[float, float]:
    """Evaluations a second, and the coordinator's CPU milliseconds for each."""
    workers = [start() for _ in range(count)]  # before the clock starts
    orders = ROUNDS * count
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(WorkerPool(workers.pop, count)) as pool,
        Store.create(Path(folder) / "run", {"task": "sleep"}) as store,
    ):
        utility: Any = TaskUtility(TASK, "train", SecretSeeds(b"s"), None, store.append, b"s", evaluator=pool)  # type: ignore[arg-type]
        programs = [SLEEPING.format(seconds=SECONDS, number=number) for number in range(orders)]
        run, began, cpu = Budget(), time.perf_counter(), time.process_time()
        for wait in [utility.begin(text, run.child(f"u-{number}")) for number, text in enumerate(programs)]:
            wait()
        return orders / (time.perf_counter() - began), (time.process_time() - cpu) / orders * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    equipment = pack([TASK], frozenset())
    kinds: dict[str, tuple[Callable[[], Worker], tuple[int, ...]]] = {
        "sleeping processes": (SleepingProcess, (1, 2, 4, 8, 16, 32, 64)),
        "jailed workers": (partial(LocalWorker, equipment), (1, 2, 4, 8, 16)),
    }
    found: dict[str, list[tuple[int, float]]] = {}
    print(f"{'':20}{'workers':>8}{'a second':>10}{'efficiency':>12}{'coordinator':>13}")
    for name, (start, sizes) in kinds.items():
        for workers in sizes:
            per_second, cpu = rate(start, workers)
            share = per_second * SECONDS / workers
            found.setdefault(name, []).append((workers, share))
            print(f"{name:20}{workers:8}{per_second:10.1f}{share:12.1%}{cpu:10.2f} ms", flush=True)
    if asked.plot:
        draw(found, asked.plot)


def draw(found: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """Efficiency by number of workers."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for name, points in found.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", xlabel="workers", ylabel="efficiency", ylim=(0, 1.05))
    axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    axes.axhline(0.95, color="0.8", linewidth=0.8)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
