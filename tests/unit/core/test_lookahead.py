"""Programs in responses are evaluated before the improver asks for them; the budget pays when it asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from strop.base.events import Evaluated
from strop.base.results import Improvement
from strop.core.handles import Grant
from strop.core.improver import improve
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.instances import Splits
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import SharedWorker
from strop.lm.base import Request
from strop.sandbox.jail import JailedSandbox

IMPROVER = """
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    programs = extract_code(language_model.batch_prompt("", [str(number) for number in range(4)]))
    language_model.prompt("", "wait")
    return max(programs[:{asked}], key=utility)
"""


class Counting:
    """A worker that notes the scopes of its orders, and says when there are enough."""

    def __init__(self, worker: SharedWorker, scopes: list[str], enough: int) -> None:
        self._worker, self._scopes, self._enough = worker, scopes, enough
        self.reached = threading.Event()

    def measure(self, order: Order) -> OrderResult:
        self._scopes.append(order.scope)
        if len(self._scopes) == self._enough:
            self.reached.set()
        return self._worker.measure(order)

    def close(self) -> None:
        """The jail is not ours."""


Improve = Callable[[int, int, int], tuple[list[str], list[Any], Improvement]]


@pytest.fixture
def improved(bench: Any, jail: JailedSandbox) -> Iterator[Improve]:
    """Improve with an improver that asks for the first `asked` of four programs, once the first `ahead` have been started.

    Returns the scopes of all orders that were carried out, the recorded evaluations and the improvement.
    """
    pools: list[WorkerPool] = []

    def run(asked: int, ahead: int, calls: int) -> tuple[list[str], list[Any], Improvement]:
        scopes: list[str] = []

        def answer(request: Request) -> str:
            if request.message == "wait":
                assert worker.reached.wait(60)
                return "go on"
            return f"```python\ndef algorithm(n):\n    return {request.message} * n\n```"

        b = bench(answers=answer)
        worker = Counting(SharedWorker([b.task], jail, Splits()), scopes, ahead)
        pools.append(WorkerPool(lambda: worker, 1))
        utility = replace(b.utility(), evaluator=pools[-1])
        result = improve(
            IMPROVER.format(asked=asked), b.task.seed, utility, Grant(calls), b.budget.child("at"), b.host()
        )
        pools[-1].close()
        return scopes, b.of(Evaluated), result

    yield run
    for pool in pools:
        pool.close()


def test_programs_are_evaluated_before_the_improver_asks_and_once_each(improved: Improve) -> None:
    scopes, recorded, result = improved(4, 4, 25)
    assert len(scopes) == 4 and sorted(event.scope for event in recorded) == sorted(scopes)
    assert (result.utility_calls, result.unused_evaluations) == (4, 0)
    assert result.solution == "def algorithm(n):\n    return 2 * n"


def test_evaluation_that_nobody_asks_for_costs_no_budget_is_not_recorded_and_is_counted(improved: Improve) -> None:
    scopes, recorded, result = improved(1, 4, 25)
    assert len(scopes) == 4 and [event.scope for event in recorded] == scopes[:1]
    assert (result.utility_calls, result.unused_evaluations) == (1, 3)


def test_never_more_programs_are_evaluated_ahead_than_the_improver_may_ask_for(improved: Improve) -> None:
    scopes, recorded, result = improved(2, 2, 2)
    assert len(scopes) == 2 and len(recorded) == 2 and result.unused_evaluations == 0
