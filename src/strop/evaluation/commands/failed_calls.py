"""Calls that fail and are left out of the score (docs/design/0110-calls-that-an-evaluator-leaves-out.md).

An evaluator that takes the mean over the calls that were answered rewards a program that fails wherever it would do badly.
That shows when calls of the original fail in the same way: if its score falls whichever part of them fails, failures count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import REWARDED, Terms
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.sandbox.workspace.base import CallsNoted, Workspaces
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.apart.calls import ANSWERED, ENDED, FAILED, LATE, LEFT

PAYS, EQUAL, COUNTS = "pays", "equal", "counts"
"""What a trial finds: leaving out some calls makes the original's score better; none makes it better, but not all make it
worse; all make it worse."""
LONGER = 3.0
"""How many times the original's longest call a late one takes."""
MORE = 5.0
"""Seconds that a call which never ends takes in a trial, beyond the whole evaluation in which it was seen."""
SALTS, LATE_SALTS = 4, 6
"""How many ways of dividing the calls a trial tries, at most, until a score changes: of failed calls, and of late ones."""
MOST_PARTS = 8
LEAST = 1e-9
SPREAD_RUNS, SPREADS = 4, 3.0
_WAITS = re.compile(r"timeout|setitimer|alarm|wait_for|\bwait\(|sleep|poll|is_alive|\bjoin\(")


@dataclass(frozen=True)
class Failure:
    """Calls of a candidate that failed, or took long, in one way."""

    how: str
    seconds: float
    """How long they take in a trial."""
    noted: CallsNoted
    is_answered: bool = False
    """Whether they only took long: where the score stays, the evaluator may have waited."""

    @property
    def key(self) -> tuple[str, int]:
        """Failures of one key need one trial."""
        return f"{self.how}{'!' * self.is_answered}", math.ceil(math.log2(self.seconds)) if self.seconds else 0

    @property
    def words(self) -> str:
        """What happened, and what to do."""
        calls = f"{self.noted.count} call{'s' * (self.noted.count > 1)}"
        if self.how == LATE:
            return f"{calls} of the program took up to {self.noted.seconds:.1f} s"
        if not any(self.noted.keys):
            return "the program could not be imported in one of the evaluator's processes"
        return f"{calls} of the program {'ended its process' if self.how == ENDED else f'failed with {self.how}'}"


@dataclass(frozen=True)
class FailedCalls:
    """Finds out whether an evaluator leaves out of its score the calls of a candidate that failed."""

    task: CommandTask
    workspaces: Workspaces
    notes: AuditLog
    terms: Terms
    seed: int

    def finding(self, run: CopyRun) -> tuple[str, str]:
        """(why the candidate's score is malformed, why a better one would prove nothing); both empty if neither is so."""
        for failure in self._failures(run):
            words = f"{failure.words}, and the evaluator leaves such calls out of its score"
            found = PAYS if not any(failure.noted.keys) else self._tried(failure)
            if found == PAYS and not self.terms.failing:
                return f"{words}: every call must return an answer{' earlier' * (failure.how == LATE)}", ""
            if found != COUNTS:
                return (
                    "",
                    f"{REWARDED}: {words}"
                    if found == PAYS
                    else f"{REWARDED}: {failure.words}, which does not make it worse",
                )
        return "", ""

    def _failures(self, run: CopyRun) -> Iterator[Failure]:
        """The ways in which calls failed that do not fail for the original."""
        for how, noted in run.calls.items():
            if how not in (LATE, ANSWERED) and not noted.keys <= self.terms.failing:
                yield Failure(how, 0.0, noted)
        late, answered = (run.calls.get(how, CallsNoted(0, 0.0, frozenset())) for how in (LATE, ANSWERED))
        failed = sum(noted.count for how, noted in run.calls.items() if how not in (LATE, ANSWERED))
        if late.count > answered.count + failed:
            yield Failure(LATE, run.wall_seconds + MORE, late)
        elif answered.seconds > LONGER * self.terms.longest and self._waits():
            yield Failure(LATE, answered.seconds, answered, is_answered=True)

    def _waits(self) -> bool:
        """Whether the evaluator, or a module of the tree that it alone uses, names something that ends by time."""
        assert self.task.parties is not None
        own = {self.task.parties.evaluator, *self.terms.hidden(self.task.parties.program)}
        paths = (self.task.root / path for path in own if path.endswith(".py"))
        return any(_WAITS.search(path.read_text("utf-8", "replace")) for path in paths if path.is_file())

    def _tried(self, failure: Failure) -> str:
        known = self.terms.failures
        if failure.key not in known:
            known[failure.key] = self._trial(failure)
        return known[failure.key]

    def _trial(self, failure: Failure) -> str:
        plain = self._run({"part": -1, "parts": 1, "salt": 0, "how": LATE, "seconds": 0.0, "words": ""})
        calls = plain.calls.get(LEFT)
        if not plain.values or calls is None:
            return EQUAL
        share = len(failure.noted.keys) / max(1, len(calls.keys))
        parts = min(MOST_PARTS, max(2, math.ceil(1 / share)))
        margin = self._spread(plain) if self.terms.varies else LEAST
        found = EQUAL
        for salt in range(LATE_SALTS if failure.is_answered else SALTS):
            given = {"salt": salt, "parts": parts, "how": failure.how, "seconds": failure.seconds}
            best = self._best(given, plain, 0.5 + margin)
            if best is not None and best > 0.5 + margin:
                return PAYS
            if best is not None and best < 0.5 - margin and not failure.is_answered:
                return COUNTS  # of late calls one division shows nothing: a busy machine makes others late, too
            found = COUNTS if best is not None and failure.is_answered else found
        return found

    def _best(self, given: Mapping[str, object], plain: CopyRun, enough: float) -> float | None:
        """The original's best utility when one part of its calls fails after another, until one is more than enough; None if
        these calls all fell into one part."""
        utilities = []
        for part in range(int(str(given["parts"]))):
            run = self._run({**given, "part": part, "words": "the program failed"})
            if FAILED not in run.calls:
                continue
            if LEFT not in run.calls and run.values:
                return None
            utilities.append(self._utility(run.values, plain))
            if utilities[-1] > enough:
                break
        return max(utilities) if len(utilities) > 1 or max(utilities, default=0.0) > enough else None

    def _utility(self, values: Mapping[str, float], plain: CopyRun) -> float:
        if not values or self.task.objective.unmet(values):
            return 0.0
        return self.task.objective.utility(values, plain.values)

    def _spread(self, plain: CopyRun) -> float:
        runs = [self._run(None) for _ in range(SPREAD_RUNS)]
        return max(LEAST, SPREADS * max(abs(self._utility(run.values, plain) - 0.5) for run in runs))

    def _run(self, fail: Mapping[str, object] | None) -> CopyRun:
        with Copy(self.task, self.task.files, self.workspaces, self.notes, self.terms, fail) as copy:
            return copy.run(self.seed, 0)
