"""What the original comes to on the instances of a split: measured once for all candidates, and found again in a record."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from strop.base.events import Evaluated
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.task import CommandTask


class Baselines:
    """The evaluations of originals, by task, split and seeds. Safe under threads: each is measured once, while others wait.

    `pairs` is held by whoever opens the two copies of an interleaved measurement: two that hold one each would wait for ever.
    """

    def __init__(self) -> None:
        self.pairs = threading.Lock()
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._found: dict[Hashable, Evaluation] = {}
        self._shown: dict[Hashable, tuple[Behaviour, ...]] = {}

    def of(self, key: Hashable, measure: Callable[[], Evaluation]) -> Evaluation:
        """The original's evaluation that goes by `key`, measured by whoever asks first; later ones have spent nothing."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key in self._found:
                return self._found[key]
            measured = measure()
            self._found[key] = replace(measured, cpu_seconds=0.0, wall_seconds=0.0)
            return measured

    def shown(self, key: Hashable, look: Callable[[], tuple[Behaviour, ...]]) -> tuple[Behaviour, ...]:
        """What the original that goes by `key` shows on each instance; by `look` where nobody has told it (`tell`)."""
        with self._lock:
            lock = self._locks[key, "shown"]
        with lock:
            if key not in self._shown:
                self._shown[key] = look()
            return self._shown[key]

    def tell(self, key: Hashable, shown: tuple[Behaviour, ...]) -> None:
        """What the original shows, seen while it was measured."""
        self._shown[key] = shown


def recorded_baseline(past: CompletedWork, task: CommandTask, split: str) -> Evaluation | None:
    """The original's evaluation on a split, from the record of work that goes on: its own, or from beside a candidate's."""
    events = [each for each in past.evaluations.values() if (each.utility, each.split) == (task.name, split)]
    seed = digest_of(task.seed)
    for event in events:
        if event.solution == seed and event.metrics:
            return replace(event, cpu_seconds=0.0, wall_seconds=0.0)
    for event in events:
        found = _beside(event, task, split)
        if found is not None:
            return found
    return None


def _beside(event: Evaluated, task: CommandTask, split: str) -> Evaluation | None:
    values = event.beside
    count = task.count("test" if split == "test" else "train")
    if task.interleaved or len(values) != count:
        return None
    return original_evaluation(task, values, tuple(event.answers))


def original_evaluation(
    task: CommandTask, values: tuple[Mapping[str, float], ...], answers: tuple[str, ...] = ()
) -> Evaluation:
    """The original's evaluation, by what was measured: 1/2 by definition, unless it breaks a constraint of its own."""
    unmet = next((words for words in map(task.objective.unmet, values) if words), "")
    scores = tuple(0.0 if task.objective.unmet(each) else 0.5 for each in values)
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
