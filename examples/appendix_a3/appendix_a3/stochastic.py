"""The stochastic meta-utility (Appendix A.2): u(I(tau, L)) of one task tau = (u, s) drawn at random.

Its expectation over tau ~ D is the meta-utility of the distribution, so one call is an unbiased estimate of it. Observation 1:
whatever makes at most n calls sees the same with n tasks drawn beforehand, which `Listed` hands out in order.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from strop.base.budget import META_UTILITY_CALLS, Budget, Grant
from strop.base.errors import BudgetExceeded
from strop.base.randomness import derive
from strop.base.results import Evaluation
from strop.core.handles import Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.tasks.base import META_TASK


class Tasks(Protocol):
    """Where the task of a call comes from. Safe under threads."""

    def next(self) -> Downstream: ...


class Drawn:
    """An endless i.i.d. sequence: each call's task is drawn uniformly, with replacement, from the run's secret and its number."""

    def __init__(self, tasks: Sequence[Downstream], secret: bytes) -> None:
        self._tasks, self._secret = tasks, secret
        self._lock = threading.Lock()
        self._calls = 0

    def next(self) -> Downstream:
        """The task of the next call."""
        with self._lock:
            number, self._calls = self._calls, self._calls + 1
        return self._tasks[derive(self._secret, "tau", number) % len(self._tasks)]


class Listed:
    """n tasks that were drawn beforehand, in order."""

    def __init__(self, tasks: Sequence[Downstream]) -> None:
        self._tasks = tasks
        self._lock = threading.Lock()
        self._calls = 0

    def next(self) -> Downstream:
        """The task of the next call.

        Raises:
            BudgetExceeded: all were handed out; a task used twice would be no fresh draw.
        """
        with self._lock:
            n = len(self._tasks)
            if self._calls >= n:
                raise BudgetExceeded(path="drawn tasks", counter=META_UTILITY_CALLS, limit=n, used=n, asked=1)
            number, self._calls = self._calls, self._calls + 1
        return self._tasks[number]


def drawn_tasks(tasks: Sequence[Downstream], secret: bytes, n: int) -> list[Downstream]:
    """D ~ D^n: the first n tasks that `Drawn` would hand out."""
    drawn = Drawn(tasks, secret)
    return [drawn.next() for _ in range(n)]


@dataclass(frozen=True)
class StochasticMetaUtility:
    """u(I(tau, L)) of the next task tau: the meta-utility of that task alone."""

    tasks: Tasks
    description: str
    grant: Grant
    """What the improver may spend on the task."""
    host: Host

    @property
    def name(self) -> str:
        return META_TASK

    @property
    def counter(self) -> str:
        return META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """One draw. A candidate that is no text takes its task too: calls and tasks stay in step.

        Raises:
            BudgetExceeded: the listed tasks are used up.
        """
        return MetaUtility([self.tasks.next()], self.description, self.grant, self.host).evaluate(candidate, at)
