"""Audit notes of one run of one program: the first of each rule are recorded at once, what is repeated is counted.

A program can do thousands of times what deserves one look. Not here: what the rules are (audit.runtime).
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from types import TracebackType

from strop.analysis.audit.runtime import BUDGET_REFUSED, UNKNOWN_FRAME, rule_of_call
from strop.base.events import AuditNoted, Recorder
from strop.sandbox.base import Outcome, Violated

AT_ONCE = 10
"""Notes of one rule that are recorded one by one, when they are told."""
DETAIL_CHARACTERS = 400
_DIFFERENT = 20
"""Different details that are counted apart; beyond them all are one."""
_OTHERS = "others"


class AuditLog:
    """Records what one program does in one run. Safe under the threads of its handlers; `close` ends it.

    As a context manager it is closed where the run ends; not where the host fails, as the run is then done again and counted
    as a whole.
    """

    def __init__(self, record: Recorder, scope: str, program: str | None) -> None:
        self._record, self._scope, self._program = record, scope, program
        self._lock = threading.Lock()
        self._told: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def tell(self, rule: str, detail: str) -> None:
        """Note one act: now, or only counted where there were many."""
        with self._lock:
            self._told[rule] += 1
            is_early = self._told[rule] <= AT_ONCE
        if is_early:
            self._note(rule, detail, 1)
        else:
            self._count(rule, detail, 1)

    def refused(self, counter: str, times: int = 1) -> None:
        """Count calls that a budget did not cover; the budget's own movements are recorded elsewhere."""
        self._count(BUDGET_REFUSED, counter, times)

    def saw(self, outcome: Outcome) -> None:
        """Count what the kernel refused during a call, and a break of the protocol."""
        self.denied(outcome.denied)
        if isinstance(outcome, Violated):
            self._count(UNKNOWN_FRAME, outcome.reason, 1)

    def denied(self, calls: Mapping[str, int]) -> None:
        """Count what the kernel refused, name → times."""
        for call, times in calls.items():
            self._count(rule_of_call(call), call, times)

    def close(self) -> None:
        """Record what was counted: one note a rule."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(Counter)
        for rule, each in sorted(counts.items()):
            words = (what if times == 1 else f"{what} x{times}" for what, times in each.most_common())
            self._note(rule, ", ".join(words), each.total())

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def _count(self, rule: str, what: str, times: int) -> None:
        with self._lock:
            counts = self._counts[rule]
            counts[what if what in counts or len(counts) < _DIFFERENT else _OTHERS] += times

    def _note(self, rule: str, detail: str, times: int) -> None:
        shown = detail[:DETAIL_CHARACTERS]
        self._record(AuditNoted(scope=self._scope, rule=rule, detail=shown, times=times, program=self._program))
