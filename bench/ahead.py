"""What do two workers and evaluation ahead of the question save? `python bench/ahead.py`.

The seed improver asks for one program after another. (a) 24 programs of 100 ms of CPU arrive at once: with one worker that
evaluates nothing ahead, and with two that do. (b) six such programs arrive a second apart: the time beyond the waiting.
The ratios of one run, least of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing

from strop.base.budget import Budget
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.pool import WorkerPool
from strop.evaluation.processes import LocalWorker
from strop.evaluation.workers import pack
from strop.lm.base import Completion, Keep, Request, dropped
from strop.runs.spec import improver_text
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds, Task

PROGRAM = """```python
import time
def algorithm(n):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return {number}
```"""
TASK = Task(
    name="slow",
    sample=lambda rng: {"n": 1},
    score=lambda instance, answer: answer / 100,
    seed="def algorithm(n):\n    return 0\n",
    instances=1,
    time_limit=2.0,
    description="A line.",
)


class Arriving:
    """Answers a request every `seconds`."""

    name, is_language_model = "arriving", False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        completions = []
        for position in range(len(requests)):
            time.sleep(self._seconds)
            completions.append(Completion(PROGRAM.format(number=position), self.name))
            keep(position, completions[-1])
        return completions

    def close(self) -> None:
        """Nothing to close."""


class Asked:
    """An evaluator that carries out only what was asked for."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool, self.slots = pool, pool.slots

    def submit(self, order: Order, *, ahead: bool = False) -> Future[OrderResult]:
        return Future() if ahead else self._pool.submit(order)

    def forget(self, order: Order) -> bool:
        return False

    def close(self) -> None:
        self._pool.close()


def seconds(pool: WorkerPool | Asked, sandbox: JailedSandbox, programs: int, delay: float) -> float:
    """One improvement with the seed improver."""
    utility = TaskUtility(TASK, "train", SecretSeeds(b"s"), sandbox, lambda event: None, b"s", evaluator=pool)
    host = Host(sandbox, Arriving(delay), lambda event: None, b"s")
    grant = Grant(utility_calls=programs, max_responses_per_call=programs)
    began = time.perf_counter()
    result = improve(improver_text("seed"), TASK.seed, utility, grant, Budget().child("at"), host)
    assert result.utility_calls == programs, result
    return time.perf_counter() - began


def least(measure: Callable[[], float]) -> float:
    """The least of three."""
    return min(measure() for _ in range(3))


def main() -> None:
    """Measure and print."""
    equipment = pack([TASK], frozenset())
    with (
        JailedSandbox(solution_slots=1, improver_slots=1) as sandbox,
        closing(Asked(WorkerPool(lambda: LocalWorker(equipment), 1))) as one,
        closing(WorkerPool(lambda: LocalWorker(equipment), 2)) as two,
    ):
        for pool in (one, two):  # start the workers and the improver's server
            seconds(pool, sandbox, 6, 0.0)
        alone, ahead = least(lambda: seconds(one, sandbox, 24, 0.0)), least(lambda: seconds(two, sandbox, 24, 0.0))
        print(
            f"24 programs of 100 ms: one worker {alone:.2f} s, two workers and ahead {ahead:.2f} s: {alone / ahead:.2f} times"
        )
        alone, ahead = least(lambda: seconds(one, sandbox, 6, 1.0)), least(lambda: seconds(two, sandbox, 6, 1.0))
        beyond = f"{alone - 6:.2f} s with one worker, {ahead - 6:.2f} s with two and ahead"
        print(f"6 answers a second apart: beyond the waiting {beyond}")


if __name__ == "__main__":
    main()
