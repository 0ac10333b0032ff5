"""What the original answers to the instances of a split: its form, and what a scorer that fails on another answer says of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from strop.base.errors import Malformed, ScorerFailed
from strop.base.randomness import derive
from strop.evaluation.base import Order
from strop.evaluation.outcomes import limits_of
from strop.sandbox.base import GuestProgram, Outcome, Returned, Sandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance, Task
from strop.tasks.values import AnswerForm

MOST_FAILURES = 4
"""An original that fails so often is not run on further instances."""


class Drawn(Protocol):
    """Instances and their arguments, by number."""

    def __getitem__(self, index: int) -> tuple[Instance, Prepared]: ...


@dataclass
class OriginalAnswers:
    """The original on one split. It runs only where it must; each instance once. Thread-safe."""

    _forms: dict[range, AnswerForm] = field(default_factory=dict)
    _scored: dict[int, str] = field(default_factory=dict)
    """Instance → how the scorer fails on the original's answer; empty if it does not."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def form(self, task: Task, order: Order, drawn: Drawn, sandbox: Sandbox) -> AnswerForm | None:
        """The form of the original's answers to the instances of an order; None where the task declares what an answer is, and
        for the original itself."""
        if task.answer is not None or task.problem is not None or order.is_of_original(task):
            return None
        indices = range(order.count(task))
        with self._lock:
            if indices not in self._forms:
                form = AnswerForm()
                for outcome in _answers(task, order, drawn, sandbox, indices):
                    if isinstance(outcome, Returned):
                        form.see(outcome.value)
                self._forms[indices] = form
            return self._forms[indices]

    def check_scorer(self, task: Task, order: Order, drawn: Drawn, sandbox: Sandbox, index: int) -> None:
        """After a scorer failed on an answer to instance `index`: score the original's answer to it.

        Raises:
            ScorerFailed: it fails on that, too: nobody's answer is at fault.
        """
        with self._lock:
            if index not in self._scored:
                (outcome,) = _answers(task, order, drawn, sandbox, range(index, index + 1))
                self._scored[index] = _failure(task, drawn, index, outcome)
            if self._scored[index]:
                raise ScorerFailed(f"{self._scored[index]}, on the original's answer, too")


def _answers(task: Task, order: Order, drawn: Drawn, sandbox: Sandbox, indices: range) -> list[Outcome]:
    program = GuestProgram(task.program(task.seed), task.entry, module=task.module)
    calls = (
        (drawn[index][1], derive(order.secret, "guest", "original", order.split, index) & (2**64 - 1))
        for index in indices
    )
    outcomes: list[Outcome] = []
    with sandbox.open(program, limits_of(task)) as guest:
        for arguments, seed in calls:
            outcomes.append(guest.call(arguments, seed=seed))
            if sum(not isinstance(each, Returned) for each in outcomes) == MOST_FAILURES:
                break
    return outcomes


def _failure(task: Task, drawn: Drawn, index: int, outcome: Outcome) -> str:
    """How the scorer fails on this answer of the original's; empty if it does not, or there is none."""
    if not isinstance(outcome, Returned):
        return ""
    try:
        task.checked_score(drawn[index][0], outcome.value)
    except ScorerFailed as error:
        return str(error)
    except Malformed:
        pass
    return ""
