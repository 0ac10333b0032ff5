"""Which evaluations have begun and not ended, and since when: what a view says while nothing happens.

The beginning of an evaluation is not an event. It is known from what comes before it: the reservation of a utility call, the
end of an improvement, the start of the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from strop.base.budget import UTILITY_CALLS
from strop.base.events import BudgetMoved, Evaluated, Event, ImproveFinished, RunFinished, RunResumed, RunStarted
from strop.report.terminal.words import duration

_HANDLES = "/handles"
_START, _END = "start", "end"
_MEASURED = re.compile(r".+/measure/copy\d+/result")
_OF_ITERATION = re.compile(r"t(\d+)/")
_COPY = re.compile(r"/copy(\d+)(?:/|$)")
SLOW = 10.0
"""Seconds after which the live picture says what is under way."""
STALLED = 30.0
"""Seconds after which a log says it; again after twice the time."""


@dataclass(frozen=True)
class _Evaluation:
    words: str
    since: float


@dataclass
class UnderWay:
    """Counts evaluations as they begin and end. Not locked."""

    _open: dict[str, list[_Evaluation]] = field(default_factory=dict)
    """By the scope of what asked for them, the oldest first."""
    _asked: dict[str, int] = field(default_factory=dict)
    """Candidates that an improvement has asked about."""
    _last: float = 0.0
    """When an evaluation ended last."""

    def add(self, event: Event, now: float) -> None:
        """Take in what happens `now`, in seconds."""
        match event:
            case RunStarted() | RunResumed():
                self._open = {_START: [_Evaluation("the program to start from", now)]}
            case RunFinished():
                self._open.clear()
            case BudgetMoved(counter=counter, granted=True, scope=scope) if counter == UTILITY_CALLS:
                if scope.endswith(_HANDLES):
                    self._candidates(scope.removesuffix(_HANDLES), event.amount, now)
            case ImproveFinished(scope=scope, solution=solution):
                self._open.pop(scope, None)
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
        """How long the oldest has been under way and no other has ended; 0 where there is none.

        Evaluations that wait for a free place count as begun, so one of several may have begun later than it was asked for.
        """
        every = [each.since for some in self._open.values() for each in some]
        return now - max(min(every), self._last) if every else 0.0

    def words(self, now: float, least: float) -> str:
        """`evaluating candidate 3 on the training split for 1:04`; empty below `least` seconds."""
        every = sorted((each for some in self._open.values() for each in some), key=lambda each: each.since)
        seconds = self.seconds(now)
        if not every or seconds < least:
            return ""
        if len(every) == 1:
            return f"evaluating {every[0].words} for {duration(seconds)}"
        more = f"{every[0].words}, and {len(every) - 1} more"
        return f"no evaluation has ended for {duration(seconds)}; under way: {more}"

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
            self._open[_END] = [_Evaluation(f"the result{' on the sealed split' * (last == 'train')}", now)]
        if not last.startswith("u-"):
            self._open.pop(event.scope, None)
        elif self._open.get(scope):
            del self._open[scope][0]
            if not self._open[scope]:
                del self._open[scope]
        if _MEASURED.fullmatch(event.scope):  # the sealed split follows when every copy has its result
            self._open[f"{scope}/test"] = [_Evaluation(f"the result{_where(scope)} on the sealed split", now)]


def _where(scope: str) -> str:
    """` of t = 1, copy 2`; empty in an improvement that is all of its run."""
    t, copy = _OF_ITERATION.match(scope), _COPY.search(scope)
    parts = ([f"t = {t[1]}"] if t else []) + ([f"copy {copy[1]}"] if copy else [])
    return f" of {', '.join(parts)}" if parts else ""
