"""What is known of a task's original: measured once for all candidates, or taken from a record."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import replace
from typing import TypeAlias

from strop.base.console import notify
from strop.base.events import Evaluated
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import SHARING, Terms
from strop.evaluation.commands.program_copy import CopyRun, TestsRan
from strop.evaluation.commands.repeats import Repeats
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Split
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.readers import Reading
from strop.tasks.command.task import CommandTask, is_counted

AGAIN = 100
"""Runs of an original, all training seeds together, in which an output that varies in 3% of them shows with probability 95%."""
Trial: TypeAlias = Callable[[CommandTask, CopyRun, int, Workspaces, AuditLog, Terms], str]
"""Finds out why a better score of a task would prove nothing, from a run of the original on a seed; empty if it would."""


def no_trial(*_: object) -> str:
    """A trial that finds nothing out."""
    return ""


class Originals:
    """The evaluations of a task's original, by split and seeds. Thread-safe: each is measured once, while other threads wait.

    Hold `pairs` while opening the two copies of an interleaved measurement: two threads with one copy each would deadlock.
    """

    def __init__(
        self, task: CommandTask, trial: Trial = no_trial, recorded: Collection[Evaluated] = (), again: int = AGAIN
    ) -> None:
        """`recorded`: the evaluations that a record holds; `again`: how often the original runs before anything is compared with
        it, if time suffices."""
        self.task, self.again = task, again
        self.pairs = threading.Lock()
        self.repeats = Repeats()
        self._trial: Trial | None = trial
        self._recorded = [event for event in recorded if event.utility == task.name]
        self.unproven_because = ""
        """Why a better score would prove nothing, as `Evaluation.unproven_because`; empty if nothing shows that."""
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._evaluations: dict[Hashable, Evaluation] = {}
        self._behaviours: dict[Hashable, tuple[Behaviour, ...]] = {}
        self._readings: Mapping[str, Reading] | None = None
        self._tests_ran: TestsRan | None = None
        self._terms: Terms | None = None

    def agree(self, agree: Callable[[], Terms]) -> Terms:
        """Whether the evaluator can run apart from the program: what was kept, else what `agree` returns; then kept."""
        with self._lock:
            lock = self._locks["terms"]
        with lock:
            self._terms = self._terms or agree()
            return self._terms

    def reason(self) -> str:
        """`unproven_because`, also of an evaluator that turned out to need the program's process; the user reads it once."""
        terms = self._terms
        if terms is not None and terms.shared_because and not self.unproven_because and not is_counted(self.task):
            self._tell(SHARING.format(terms.shared_because))
        return self.unproven_because

    def _tell(self, reason: str) -> None:
        self.unproven_because = reason
        lifted = "trust_programs accepts that" if self.task.trust_programs else "no program is called better"
        notify(escape(f"{reason}: {lifted}", 400))

    def of(self, key: Hashable, measure: Callable[[], Evaluation]) -> Evaluation:
        """The original's evaluation under `key`, measured at the first call; later calls spend nothing."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key in self._evaluations:
                return self._evaluations[key]
            measured = measure()
            self._evaluations[key] = replace(measured, cpu_seconds=0.0, wall_seconds=0.0)
            return measured

    def find_out(self, original: CopyRun, seed: int, workspaces: Workspaces, notes: AuditLog) -> None:
        """Find out `unproven_because` at the first call. `original` is its run on `seed`."""
        with self._lock:
            trial, self._trial = self._trial, None
        if trial is not None and not self.reason():
            reason = trial(self.task, original, seed, workspaces, notes, self._terms or Terms())
            if reason:
                self._tell(reason)

    def recorded(self, split: Split) -> Evaluation | None:
        """The original's evaluation on a split, from the record: its own, or the values measured beside a candidate. Nothing is
        tried again then.

        Values beside the candidates of an interleaved task are different ones each time.
        """
        task, seed = self.task, digest_of(self.task.seed)
        count = task.count("test" if split == "test" else "train")
        events = [event for event in self._recorded if event.split == split]
        for event in sorted(events, key=lambda event: event.solution != seed):
            is_original = event.solution == seed
            if len(event.beside) == count and (is_original or not task.interleaved):
                self._trial, self.unproven_because = None, self.unproven_because or event.unproven_because
                evaluation = original_evaluation(task, event.beside, tuple(event.answers))
                evaluation = replace(evaluation, unproven_because=event.unproven_because)
                return replace(evaluation, notes=event.notes) if is_original else evaluation
        return None

    def recorded_sharing(self) -> str | None:
        """Why the evaluator and the program share a process, as the record has it; None if it has no evaluation."""
        events, begin = self._recorded, SHARING.format("")
        told = (event.unproven_because for event in events if event.unproven_because.startswith(begin))
        return next(told, "") if events else None

    def behaviours(self, key: Hashable, observe: Callable[[], tuple[Behaviour, ...]]) -> tuple[Behaviour, ...]:
        """The original's behaviour on each instance: what was kept, else what `observe` returns; then kept."""
        with self._lock:
            lock = self._locks[key, "behaviours"]
        with lock:
            if key not in self._behaviours:
                self._behaviours[key] = observe()
            return self._behaviours[key]

    def keep_behaviours(self, key: Hashable, behaviours: tuple[Behaviour, ...]) -> None:
        """Keep the behaviours observed while the original was measured."""
        self._behaviours[key] = behaviours

    def tests_ran(self, observe: Callable[[], TestsRan]) -> TestsRan:
        """How many tests of the task's `test` the original runs: what was kept, else what `observe` returns; then kept."""
        with self._lock:
            lock = self._locks["tests"]
        with lock:
            if self._tests_ran is None:
                self._tests_ran = observe()
            return self._tests_ran

    def keep_tests_ran(self, ran: TestsRan) -> None:
        """Keep how many tests the original ran."""
        self._tests_ran = ran

    @property
    def readings(self) -> Mapping[str, Reading] | None:
        """What the original's scores are of; None if it has not run yet."""
        return self._readings

    def keep_readings(self, readings: Mapping[str, Reading]) -> bool:
        """Keep those of the original's first run; whether this is it."""
        with self._lock:
            is_first = self._readings is None
            self._readings = readings if is_first else self._readings
            return is_first


def original_evaluation(
    task: CommandTask, values: tuple[Mapping[str, float], ...], answers: tuple[str, ...] = ()
) -> Evaluation:
    """The original's evaluation: 1/2 by definition, unless it violates a constraint of its own."""
    unmet = next((words for words in map(task.objective.unmet, values) if words), "")
    scores = tuple(0.0 if task.objective.unmet(row) else 0.5 for row in values)
    return Evaluation(
        value=0.0 if unmet else 0.5,
        verdict="malformed" if unmet else "ok",
        scores=scores,
        verdicts=tuple("ok" if score else "malformed" for score in scores),
        error=unmet,
        metrics=values,
        beside=values,
        answers=answers,
    )
