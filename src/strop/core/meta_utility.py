"""The meta-utility û of an improver: what it reaches, on average, on the downstream tasks (§3, equation 2).

û(I) = (sum over (u, s) in D of u(I(u, s, L))) / |D|
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from strop.analysis.stats import mean
from strop.base.budget import META_UTILITY_CALLS, Budget
from strop.base.randomness import derive
from strop.base.results import Evaluation, Improvement, Verdict
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.core.utility import NOT_A_TEXT, Utility, evaluated
from strop.lm.shared import SharedAnswers
from strop.tasks.base import META_TASK

COPY_THREADS = 64
"""Downstream tasks of one evaluation that are worked on at once, at most."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Downstream:
    """One element (u, s) of D, with the same task's sealed test utility."""

    train: Utility
    test: Utility
    initial_solution: str
    fresh: Callable[[str], Utility] | None = None
    """The task's utility on training instances of their own, drawn for a name; None: there are only those of `train`."""


@dataclass(frozen=True)
class Trial:
    """|D| fresh improvements by one improver, and what they are worth in training. Nothing sealed was touched."""

    improvements: tuple[Improvement, ...]
    results: tuple[Evaluation, ...]
    """Of each improvement's solution, on the training split."""

    @property
    def train(self) -> tuple[float, ...]:
        """û, one value a copy."""
        return tuple(each.value for each in self.results)


@dataclass(frozen=True)
class Measurement:
    """û of an improver, copy by copy."""

    train: tuple[float, ...]
    test: tuple[float, ...]
    """On the sealed split: for the record, never for a selection."""
    improvements: tuple[Improvement, ...]
    sealed: tuple[Evaluation, ...] = ()
    """What `test` is made of: one evaluation a copy, with one score an instance."""


@dataclass(frozen=True)
class MetaUtility:
    """û(I), each downstream task with fresh budgets."""

    downstream: Sequence[Downstream]
    """D; the paper's five identical copies of one task, or copies of different tasks."""
    description: str
    """Grey-box (§3): tells the averaging and the budgets, nothing of the downstream tasks."""
    grant: Grant
    """What the improver may spend on one downstream task."""
    host: Host
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(8))
    """How many downstream improvements run at once, over all evaluations of this utility."""

    @property
    def name(self) -> str:
        return META_TASK

    @property
    def counter(self) -> str:
        return META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        """û of a candidate improver. A downstream improvement that fails contributes 0."""
        ended = self.host.past.evaluation(at, candidate)
        if ended is not None:
            return ended
        evaluation = NOT_A_TEXT if candidate is None else _averaged(self.trial(candidate, at))
        event = evaluated(self, "train", candidate, evaluation, at)
        self.host.record(event)
        return event

    def trial(self, improver: str, at: Budget) -> Trial:
        """û of an improver on fresh improvements, copy by copy, outside every budget but `at`'s."""

        def one(number: int, each: Downstream) -> tuple[Improvement, Evaluation]:
            return self._improved(improver, each, each.train, at.child(f"copy{number}"), self.host)

        return _trial(self._each(one))

    def measure(self, improver: str, at: Budget) -> Measurement:
        """A trial, and its solutions on the sealed test split: outside every budget, shown to nobody."""
        trial = self.trial(improver, at)
        return self.measurement(trial, at)

    def measurement(self, trial: Trial, at: Budget) -> Measurement:
        """What a trial's solutions are worth on the sealed test split; once for each improver that is kept."""

        def one(number: int, each: Downstream) -> Evaluation:
            return each.test.evaluate(trial.improvements[number].solution, at.child(f"copy{number}").child("test"))

        sealed = tuple(self._each(one))
        return Measurement(trial.train, tuple(each.value for each in sealed), trial.improvements, sealed)

    def pairs(
        self, a: str, b: str, numbers: Sequence[int], at: Callable[[int], Budget]
    ) -> list[tuple[Evaluation, Evaluation]]:
        """Two improvers against each other: for each number, what each makes of one downstream task.

        Within a pair both get the same answers to the same requests (`SharedAnswers`), and their results are scored on the
        same instances: common random numbers. Both improve on the training instances, as always, but are scored on fresh
        ones, so that an improver which only fits those it was given more closely gains nothing by it.

        The task and who goes first are drawn for each pair: then the expected difference is the same for every pair, also where
        tasks differ, and neither gains by its turn: by a warm machine, a model that drifts, or answers that are there already.
        """

        def one(number: int) -> tuple[Evaluation, Evaluation]:
            here = at(number)
            drawn = random.Random(derive(self.host.secret, "pair", here.path))
            each, turns = drawn.choice(self.downstream), [("a", a), ("b", b)]
            drawn.shuffle(turns)
            scored_by = each.fresh(here.path) if each.fresh else each.train
            host = replace(
                self.host,
                language_model=SharedAnswers(self.host.language_model, here.path),
                past=self.host.past.of_pair(*(f"{here.path}/{name}" for name, _ in turns)),
            )
            found = {
                name: self._improved(improver, each, scored_by, here.child(name), host)[1] for name, improver in turns
            }
            return found["a"], found["b"]

        return _at_once([lambda number=number: one(number) for number in numbers])  # type: ignore[misc]

    def _each(self, one: Callable[[int, Downstream], _T]) -> list[_T]:
        """`one` for every element of D, side by side."""
        return _at_once([lambda n=n, each=each: one(n, each) for n, each in enumerate(self.downstream)])  # type: ignore[misc]

    def _improved(
        self, improver: str, each: Downstream, scored_by: Utility, at: Budget, host: Host
    ) -> tuple[Improvement, Evaluation]:
        with self.places:
            improvement = improve(improver, each.initial_solution, each.train, self.grant, at, host)
        return improvement, scored_by.evaluate(improvement.solution, at.child("result"))


def _at_once(work: Sequence[Callable[[], _T]]) -> list[_T]:
    with ThreadPoolExecutor(min(len(work), COPY_THREADS), thread_name_prefix="strop-copy") as pool:
        return [future.result() for future in [pool.submit(each) for each in work]]


def _trial(each: Sequence[tuple[Improvement, Evaluation]]) -> Trial:
    return Trial(tuple(improvement for improvement, _ in each), tuple(result for _, result in each))


def _averaged(trial: Trial) -> Evaluation:
    each = list(zip(trial.improvements, trial.results, strict=True))
    verdicts: list[Verdict] = [
        result.verdict if improvement.outcome == "ok" else improvement.outcome for improvement, result in each
    ]
    failed = next((one for one, verdict in zip(each, verdicts, strict=True) if verdict != "ok"), None)
    return Evaluation(
        value=mean(trial.train),
        verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
        scores=trial.train,
        verdicts=tuple(verdicts),
        error=(failed[0].detail or failed[1].error) if failed else "",
        cpu_seconds=sum(result.cpu_seconds for result in trial.results),
        wall_seconds=max(result.wall_seconds for result in trial.results),
    )
