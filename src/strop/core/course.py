"""The course of an improvement: its LM calls, the best score after each, and how its programs failed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from strop.base.failures import failure
from strop.base.pluralize import quantity
from strop.base.results import Evaluation

MOST_STEPS = 12
"""How many best scores are named. If there are more, the last ones are named."""
MOST_KINDS = 4
"""Kinds of failures that are named."""


class Course:
    """The course of one improvement. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._best: list[float | None] = [None]
        """The best score of the candidates that were asked for after 0, 1, … LM calls; None if there was no candidate."""
        self._failures: Counter[str] = Counter()
        self._ordered = True

    def lose_order(self) -> None:
        """Leave out of the words everything that depends on the order of calls. In an improver with threads that order is
        chance."""
        self._ordered = False

    def called(self) -> None:
        """The answers to an LM call have arrived."""
        with self._lock:
            self._best.append(None)

    @property
    def calls(self) -> int:
        """LM calls so far."""
        with self._lock:
            return len(self._best) - 1

    def following(self, wait: Callable[[], Evaluation]) -> Callable[[], Evaluation]:
        """A function that waits as `wait` does, and adds the evaluation to the course as one that was asked for now."""
        calls = self.calls

        def scored() -> Evaluation:
            evaluation = wait()
            self.scored(calls, evaluation)
            return evaluation

        return scored

    def scored(self, calls: int, evaluation: Evaluation) -> None:
        """Add an evaluation that was asked for after `calls` LM calls."""
        with self._lock:
            self._best[calls] = max(evaluation.value, self._best[calls] or 0.0)
            if evaluation.verdict != "ok":
                self._failures[failure(evaluation.verdict, evaluation.error)] += 1

    def in_words(self) -> str:
        """The course in words: `best score at first 0.500, after each call 0.610, 0.610; failed: 3 NameError, 1 timeout`.

        After `lose_order`: `best score 0.610; failed: 3 NameError, 1 timeout`. Empty if nothing was evaluated.
        """
        with self._lock:
            best, failures = list(self._best), self._failures.most_common()
        reached = [value for value in best if value is not None]
        parts_of_scores = [_steps(best)] if self._ordered else [f"{max(reached):.3f}"] if reached else []
        if not self._ordered:
            failures.sort(key=lambda kind: (-kind[1], kind[0]))
        parts = [f"best score {scores}" for scores in parts_of_scores if reached]
        if failures:
            others = sum(count for _, count in failures[MOST_KINDS:])
            kinds = [f"{count} {kind}" for kind, count in failures[:MOST_KINDS]] + [f"{others} others"] * (others > 0)
            parts.append(f"failed: {', '.join(kinds)}")
        return "; ".join(parts)


def _steps(best: list[float | None]) -> str:
    """The best scores so far in words: `at first 0.500, after each call 0.610, 0.610`. `best` has the best candidate of each step
    alone."""
    reached: list[float | None] = []
    for value in best:
        scores = [one for one in (*reached[-1:], value) if one is not None]
        reached.append(max(scores) if scores else None)
    steps = ["-" if value is None else f"{value:.3f}" for value in reached]
    parts_of_scores = [f"at first {steps[0]}"] if best[0] is not None else []
    if len(steps) > 1:
        parts_of_scores.append(
            f"after each call {', '.join(['...'] * (len(steps) > MOST_STEPS + 1) + steps[1:][-MOST_STEPS:])}"
        )
    return ", ".join(parts_of_scores)


def used_of(what: str, used: int, granted: int) -> str:
    """`1 of 4 LM calls`."""
    return f"{used} of {quantity(granted, what)}"
