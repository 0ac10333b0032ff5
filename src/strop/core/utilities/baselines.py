"""The original's values on the instances of a split: measured once for all candidates, or taken from completed work."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import TypeAlias

from strop.base.console import notify
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.core.completed_work import CompletedWork
from strop.core.utilities.command_run import Measured, TestsRan
from strop.core.utilities.repeats import Repeats
from strop.evaluation.audit_log import AuditLog
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.readers import Reading
from strop.tasks.command.task import CommandTask

AGAIN = 100
"""Runs of an original, all training seeds together, in which an output that varies in 3% of them shows with probability 95%."""
Trial: TypeAlias = Callable[[CommandTask, Measured, int, Workspaces, AuditLog], str]
"""Finds out why a program of a task could make its score itself, from a run of the original on a seed; empty if it could not."""


def no_trial(*_: object) -> str:
    """Finds out nothing."""
    return ""


class Baselines:
    """The evaluations of originals, by task, split and seeds. Thread-safe: each is measured once, while other threads wait.

    Hold `pairs` while opening the two copies of an interleaved measurement: two threads with one copy each would deadlock.

    `again`: how often an original runs before anything is compared with it, if time suffices.
    """

    def __init__(self, trial: Trial = no_trial, again: int = AGAIN) -> None:
        self.again = again
        self.pairs = threading.Lock()
        self.repeats = Repeats()
        self._trial: Trial | None = trial
        self.shared_because = ""
        """Why a program could make its score itself, as `Evaluation.shared_because`; empty if it runs apart from its scorer."""
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._evaluations: dict[Hashable, Evaluation] = {}
        self._behaviours: dict[Hashable, tuple[Behaviour, ...]] = {}
        self._readings: dict[str, Mapping[str, Reading]] = {}
        self._tests_ran: dict[str, TestsRan] = {}

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

    def find_out(
        self, task: CommandTask, original: Measured, seed: int, workspaces: Workspaces, notes: AuditLog
    ) -> None:
        """Find out `shared_because` at the first call. `original` is its run on `seed`."""
        with self._lock:
            trial, self._trial = self._trial, None
        if trial is not None and not self.shared_because:
            self.shared_because = trial(task, original, seed, workspaces, notes)
            if self.shared_because:
                lifted = "trust_programs accepts that" if task.trust_programs else "no program is called better"
                notify(escape(f"{self.shared_because}: {lifted}", 300))

    def found_out(self, recorded: Evaluation) -> Evaluation:
        """Take what the record of an original says: nothing is tried again. Returns it."""
        self._trial, self.shared_because = None, self.shared_because or recorded.shared_because
        return recorded

    def behaviours(self, key: Hashable, observe: Callable[[], tuple[Behaviour, ...]]) -> tuple[Behaviour, ...]:
        """The original's behaviour on each instance: as kept, else from `observe`."""
        with self._lock:
            lock = self._locks[key, "behaviours"]
        with lock:
            if key not in self._behaviours:
                self._behaviours[key] = observe()
            return self._behaviours[key]

    def keep_behaviours(self, key: Hashable, behaviours: tuple[Behaviour, ...]) -> None:
        """Keep the behaviours observed while the original was measured."""
        self._behaviours[key] = behaviours

    def tests_ran(self, task: str, observe: Callable[[], TestsRan]) -> TestsRan:
        """How many tests of a task's `test` the original runs: as kept, else from `observe`."""
        with self._lock:
            lock = self._locks[task, "tests"]
        with lock:
            if task not in self._tests_ran:
                self._tests_ran[task] = observe()
            return self._tests_ran[task]

    def keep_tests_ran(self, task: str, ran: TestsRan) -> None:
        """Keep how many tests the original ran."""
        self._tests_ran[task] = ran

    def readings(self, task: str) -> Mapping[str, Reading] | None:
        """What the scores of a task's original are of; None if it has not run yet."""
        return self._readings.get(task)

    def keep_readings(self, task: str, readings: Mapping[str, Reading]) -> bool:
        """Keep those of the original's first run; whether this is it."""
        return self._readings.setdefault(task, readings) is readings


def recorded_baseline(past: CompletedWork, task: CommandTask, split: str) -> Evaluation | None:
    """The original's evaluation on a split, from completed work: its own, or the values measured beside a candidate.

    Values beside the candidates of an interleaved task are different ones each time.
    """
    count, seed = task.count("test" if split == "test" else "train"), digest_of(task.seed)
    events = [event for event in past.evaluations.values() if (event.utility, event.split) == (task.name, split)]
    for event in sorted(events, key=lambda event: event.solution != seed):
        is_original = event.solution == seed
        if len(event.beside) == count and (is_original or not task.interleaved):
            evaluation = original_evaluation(task, event.beside, tuple(event.answers))
            evaluation = replace(evaluation, shared_because=event.shared_because)
            return replace(evaluation, notes=event.notes) if is_original else evaluation
    return None


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
