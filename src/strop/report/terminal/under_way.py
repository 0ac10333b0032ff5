"""Evaluations in progress, and since when: what a view shows while nothing happens.

The start of an evaluation is not an event. It follows from the event before it: the reservation of a utility call, the end of an
improvement, the start of the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain

from strop.base.budget import UTILITY_CALLS
from strop.base.events import (
    BudgetMoved,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.report.terminal.words import duration

_HANDLES = "/handles"
_START, _END = "start", "end"
_MEASURED = re.compile(r".+/measure/copy\d+")
_OF_ITERATION = re.compile(r"t(\d+)/")
_COPY = re.compile(r"/copy(\d+)(?:/|$)")
SLOW = 10.0
"""Seconds after which the live picture names them."""
STALLED = 30.0
"""Seconds after which a log names them; again after twice the time."""


@dataclass(frozen=True)
class _Evaluation:
    words: str
    since: float


@dataclass
class UnderWay:
    """Tracks evaluations as they begin and end. Not locked."""

    _open: dict[str, list[_Evaluation]] = field(default_factory=dict)
    """By the scope that asked for them, the oldest first."""
    _asked: dict[str, int] = field(default_factory=dict)
    """Candidates that an improvement has asked about."""
    _measuring: set[str] = field(default_factory=set)
    """Copies of a measurement without a result. The sealed split follows once every copy has one."""
    _measured: list[str] = field(default_factory=list)
    """Those with a result that wait for the others."""
    _last: float = 0.0
    """When the last evaluation ended."""

    def add(self, event: Event, now: float) -> None:
        """Track an event that happens `now`, in seconds."""
        match event:
            case RunStarted() | RunResumed():
                self._open = {_START: [_Evaluation("the original", now)]}
            case RunFinished():
                self._open.clear()
            case BudgetMoved(counter=counter, granted=True, scope=scope) if counter == UTILITY_CALLS:
                if scope.endswith(_HANDLES):
                    self._candidates(scope.removesuffix(_HANDLES), event.amount, now)
            case ImproveStarted(scope=scope) if _MEASURED.fullmatch(scope):
                self._measuring.add(scope)
            case ImproveFinished(scope=scope, solution=solution):
                self._open.pop(scope, None)
                if solution is None and scope in self._measuring:
                    self._has_result(scope, now)
                if scope == "improve":
                    self._open[_END] = [_Evaluation("the result", now)]
                elif solution is not None and not re.fullmatch(r"t\d+/improve", scope):
                    self._open[f"{scope}/result"] = [
                        _Evaluation(f"the result{_where(scope)} on the training split", now)
                    ]
            case Evaluated():
                self._ended(event, now)
            case _:
                pass

    def seconds(self, now: float) -> float:
        """How long the oldest has been in progress while no other has ended; 0 if there is none.

        Evaluations that wait for a free slot count as begun, so one of several may begin later than it was requested.
        """
        evaluations = self._in_order()
        return now - max(evaluations[0].since, self._last) if evaluations else 0.0

    def _in_order(self) -> list[_Evaluation]:
        return sorted(chain.from_iterable(self._open.values()), key=lambda evaluation: evaluation.since)

    def words(self, now: float, least: float) -> str:
        """`evaluating candidate 3 on the training split for 1:04`; empty below `least` seconds."""
        evaluations, seconds = self._in_order(), self.seconds(now)
        if not evaluations or seconds < least:
            return ""
        oldest, *others = evaluations
        if not others:
            return f"evaluating {oldest.words} for {duration(seconds)}"
        return f"no evaluation has ended for {duration(seconds)}; in progress: {oldest.words}, and {len(others)} more"

    def _candidates(self, scope: str, amount: int, now: float) -> None:
        self._open.pop(_START, None)
        for _ in range(amount):
            self._asked[scope] = number = self._asked.get(scope, 0) + 1
            words = f"candidate {number}{_where(scope)} on the training split"
            self._open.setdefault(scope, []).append(_Evaluation(words, now))

    def _ended(self, event: Evaluated, now: float) -> None:
        self._last = now
        self._open.pop(_START, None)
        scope, _, last = event.scope.rpartition("/")
        if _END in self._open:
            self._open[_END] = [_Evaluation(f"the result{' of the last comparison' * (last == 'train')}", now)]
        if not last.startswith("u-"):
            self._open.pop(event.scope, None)
        elif self._open.get(scope):
            del self._open[scope][0]
            if not self._open[scope]:
                del self._open[scope]
        if last == "result" and _MEASURED.fullmatch(scope):
            self._measured.append(scope)
            self._has_result(scope, now)

    def _has_result(self, scope: str, now: float) -> None:
        self._measuring.discard(scope)
        if not self._measuring:
            for each in self._measured:
                self._open[f"{each}/test"] = [_Evaluation(f"the result{_where(each)} on the test split", now)]
            self._measured = []


def _where(scope: str) -> str:
    """` of t = 1, copy 2`; empty for strop improve."""
    t, copy = _OF_ITERATION.match(scope), _COPY.search(scope)
    parts = ([f"t = {t[1]}"] if t else []) + ([f"copy {copy[1]}"] if copy else [])
    return f" of {', '.join(parts)}" if parts else ""
