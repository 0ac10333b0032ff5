"""The original's values on the instances of a split: measured once for all candidates, or taken from completed work."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from strop.base.console import notify
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.core.completed_work import CompletedWork
from strop.core.utilities.apart import Terms
from strop.core.utilities.repeats import Repeats
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.readers import Reading
from strop.tasks.command.task import CommandTask


class Baselines:
    """The evaluations of originals, by task, split and seeds. Thread-safe: each is measured once, while other threads wait.

    Hold `pairs` while opening the two copies of an interleaved measurement: two threads with one copy each would deadlock.
    """

    def __init__(self) -> None:
        self.pairs = threading.Lock()
        self.repeats = Repeats()
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._evaluations: dict[Hashable, Evaluation] = {}
        self._behaviours: dict[Hashable, tuple[Behaviour, ...]] = {}
        self._readings: dict[str, Mapping[str, Reading]] = {}
        self._terms: dict[str, Terms] = {}

    @property
    def shared_because(self) -> str:
        """Why an evaluator of the run shares a process with the program; empty if all that have run are apart."""
        return next((terms.shared_because for terms in self._terms.values() if terms.shared_because), "")

    def terms(self, task: str, agree: Callable[[], Terms]) -> Terms:
        """How a task's evaluator is run: as known, else from `agree`."""
        with self._lock:
            lock = self._locks[task, "terms"]
        with lock:
            if task not in self._terms:
                self._terms[task] = agree()
            return self._terms[task]

    def tell_of_sharing(self, task: str) -> None:
        """Say, once, why a task's evaluator shares a process with the program."""
        terms = self._terms[task]
        if terms.shared_because and not terms.is_told:
            terms.is_told = True
            notify(escape(f"the evaluator shares a process with the program: {terms.shared_because}", 600))

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

    def readings(self, task: str) -> Mapping[str, Reading] | None:
        """What the scores of a task's original are of; None if it has not run yet."""
        return self._readings.get(task)

    def keep_readings(self, task: str, readings: Mapping[str, Reading]) -> bool:
        """Keep those of the original's first run; whether this is it."""
        return self._readings.setdefault(task, readings) is readings


def recorded_sharing(past: CompletedWork, task: CommandTask) -> str | None:
    """Why the evaluator and the program share a process, as completed work has it; None if it has no evaluation."""
    events = [event for event in past.evaluations.values() if event.utility == task.name]
    return next((event.shared_because for event in events if event.shared_because), "") if events else None


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
