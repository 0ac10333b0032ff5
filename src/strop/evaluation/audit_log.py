"""Audit notes about one program in one run: the first notes of each rule are recorded at once, repetitions are counted.

A program can repeat an act thousands of times that deserves one look. The rules are in `analysis.audit`.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from strop.analysis.audit import BUDGET_REFUSED, UNKNOWN_FRAME, rule_of_call
from strop.base.closing import ClosesItself
from strop.base.events import AuditNoted, Recorder
from strop.sandbox.base import Outcome, Violated

AT_ONCE = 10
"""Notes of one rule that are recorded one by one, immediately."""
_DIFFERENT = 20
"""Different details of one rule that are counted one by one. All further ones are counted together."""
_OTHERS = "others"
_DETAIL_CHARACTERS = 400
"""Characters of a note's detail that are kept."""


class AuditLog(ClosesItself):
    """Records the acts of one program in one run. Thread-safe.

    As a context manager it closes itself when the run ends. It stays open when the host fails, because the run is then repeated.
    """

    def __init__(
        self,
        record: Recorder,
        scope: str,
        program: str | None,
        heard: Callable[[Outcome], object] = lambda outcome: None,
    ) -> None:
        """`heard` is called with each outcome that is observed."""
        self._recorder, self._scope, self._program, self._heard = record, scope, program, heard
        self._lock = threading.Lock()
        self._recorded: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def record(self, rule: str, detail: str) -> None:
        """Record one act, or only count it after `AT_ONCE` of the same rule."""
        with self._lock:
            self._recorded[rule] += 1
            is_early = self._recorded[rule] <= AT_ONCE
        if is_early:
            self._note(rule, detail, 1)
        else:
            self._count(rule, detail, 1)

    def scorer(self, rule: str, detail: str) -> None:
        """Record a failure of the task's scorer, which may not be the program's fault."""
        self._recorder(AuditNoted(scope=self._scope, rule=rule, detail=detail))

    def refused(self, counter: str, times: int = 1) -> None:
        """Count calls that a budget refused; the movements of the budget are events of their own."""
        self._count(BUDGET_REFUSED, counter, times)

    def observe(self, outcome: Outcome) -> None:
        """Count the system calls that the kernel refused during a call, and a violation of the protocol."""
        self._heard(outcome)
        self.denied(outcome.denied)
        if isinstance(outcome, Violated):
            self._count(UNKNOWN_FRAME, outcome.reason, 1)

    def denied(self, calls: Mapping[str, int]) -> None:
        """Count system calls that the kernel refused, name → times."""
        for call, times in calls.items():
            self._count(rule_of_call(call), call, times)

    def close(self) -> None:
        """Record the counts: one note for each rule."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(Counter)
        for rule, details in sorted(counts.items()):
            counted = (detail if times == 1 else f"{detail} x{times}" for detail, times in details.most_common())
            self._note(rule, ", ".join(counted), details.total())

    def __exit__(self, *exc: object) -> None:
        if exc[0] is None:
            self.close()

    def _count(self, rule: str, detail: str, times: int) -> None:
        with self._lock:
            counts = self._counts[rule]
            counts[detail if detail in counts or len(counts) < _DIFFERENT else _OTHERS] += times

    def _note(self, rule: str, detail: str, times: int) -> None:
        short_detail = detail[:_DETAIL_CHARACTERS]
        self._recorder(
            AuditNoted(scope=self._scope, rule=rule, detail=short_detail, times=times, program=self._program)
        )
