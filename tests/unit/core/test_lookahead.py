"""Programs in responses are evaluated before the improver asks for them; the budget pays when it asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from strop.base.events import Evaluated
from strop.base.results import Improvement
from strop.core.handles import Grant
from strop.core.improver import improve
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import pack
from strop.lm.base import Request
from strop.tasks.base import Task

IMPROVER = """
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    programs = extract_code(language_model.batch_prompt("", [str(number) for number in range(4)]))
    language_model.prompt("", "wait")
    return max(programs[:{asked}], key=utility)
"""


class Counting(WorkerPool):
    """Worker processes that note the scopes of what they have measured, and say when there is enough."""

    def __init__(self, tasks: list[Task], enough: int) -> None:
        super().__init__(pack(tasks, frozenset()), 1)
        self.scopes: list[str] = []
        self._enough, self.reached = enough, threading.Event()

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        future = super().submit(order, speculative=speculative)
        if speculative:
            future.add_done_callback(lambda _: self._measured(order.scope))
        return future

    def _measured(self, scope: str) -> None:
        self.scopes.append(scope)
        if len(self.scopes) == self._enough:
            self.reached.set()


Improve = Callable[[int, int, int], tuple[list[str], list[Any], Improvement]]


@pytest.fixture
def improved(bench: Any) -> Iterator[Improve]:
    """Improve with an improver that asks for the first `asked` of four programs, once the first `started` have been started.

    Returns the scopes of all orders that were carried out, the recorded evaluations and the improvement.
    """
    pools: list[Counting] = []

    def run(asked: int, started: int, calls: int) -> tuple[list[str], list[Any], Improvement]:
        def answer(request: Request) -> str:
            if request.message == "wait":
                assert pool.reached.wait(600)
                return "go on"
            return f"```python\ndef algorithm(n):\n    return {request.message} * n\n```"

        b = bench(answers=answer)
        pool = Counting([b.task], started)
        pools.append(pool)
        utility = replace(b.utility(), evaluator=pool)
        result = improve(
            IMPROVER.format(asked=asked), b.task.seed, utility, Grant(calls), b.budget.child("at"), b.host()
        )
        pool.close()
        return pool.scopes, b.of(Evaluated), result

    yield run
    for pool in pools:
        pool.close()


@pytest.mark.parametrize(
    ("asked", "calls", "measured"),
    [(4, 25, 4), (1, 25, 4), (2, 2, 2)],
    ids=["each is asked for", "nobody asks for three", "no more than may be asked for"],
)
def test_programs_are_evaluated_once_before_the_improver_asks_and_what_it_asks_for_is_recorded_and_costs_budget(
    improved: Improve, asked: int, calls: int, measured: int
) -> None:
    scopes, recorded, result = improved(asked, measured, calls)
    assert len(scopes) == measured and {event.scope for event in recorded} <= set(scopes)
    assert (len(recorded), result.utility_calls, result.unused_evaluations) == (asked, asked, measured - asked)
    assert result.solution == f"def algorithm(n):\n    return {2 if asked > 2 else 0} * n"
