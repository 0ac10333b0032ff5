"""The meta-utility û of an improver: the mean utility of its solutions of the downstream tasks (§3, equation 2).

û(I) = (sum over (u, s) in D of u(I(u, s, L))) / |D|
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from functools import partial
from typing import TypeVar

from strop.analysis.stats import mean
from strop.base.budget import META_UTILITY_CALLS, Budget, Grant
from strop.base.failures import failure
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.results import Evaluation, Improvement, Verdict
from strop.base.scorer_notes import cut
from strop.core.course import used_of
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.utility import NOT_A_TEXT, Utility, evaluated
from strop.lm.answer_cache import AnswerCache
from strop.tasks.base import META_TASK

_INCUMBENT = "What the improver of level 1 did when it was measured, copy by copy:"
COPY_THREADS = 64
"""Downstream improvements of one evaluation that run at once, at most."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Downstream:
    """One element (u, s) of D, with the utility on the held-out split of the same task."""

    train: Utility
    test: Utility
    initial_solution: str
    fresh: Callable[[str], Utility] | None = None
    """The task's utility on instances drawn for a name, which score the results of a pair; None to use `train`."""
    of_copy: Callable[[str], Utility] | None = None
    """The task's utility on instances drawn for a name, which score the result of a copy; None to use `train` for all copies, as
    in the paper."""


@dataclass(frozen=True)
class TrainingTrial:
    """|D| fresh improvements by one improver and their training scores. The held-out split is not used."""

    improvements: tuple[Improvement, ...]
    results: tuple[Evaluation, ...]
    """One evaluation of each improvement's solution, on the training split."""

    @property
    def train(self) -> tuple[float, ...]:
        """û, one value for each copy."""
        return tuple(result.value for result in self.results)


@dataclass(frozen=True)
class MetaMeasurement:
    """û of an improver, copy by copy."""

    train: tuple[float, ...]
    test: tuple[float, ...]
    """û on the held-out split, one value for each copy: for reports, never for selection."""


@dataclass(frozen=True)
class MetaUtility:
    """û(I), with fresh budgets for each downstream task."""

    downstream: Sequence[Downstream]
    """D; the paper's five identical copies of one task, or copies of different tasks."""
    description: str
    """Grey-box (§3): the averaging and the budgets, but not the downstream tasks."""
    grant: Grant
    """The budget of one downstream improvement."""
    host: Host
    is_strict: bool = False
    """Whether û is 0 if an improver raises on one copy, while candidates are compared, as in the published code. Without a text
    as its result, that copy alone counts 0."""
    reports: bool = False
    """Whether its evaluations and its description report what improvers did with their budgets. In the paper's setting they do
    not."""
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(8))
    """Limits the downstream improvements that run at once, over all evaluations of this utility."""

    name = META_TASK
    counter = META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        """û of a candidate improver. A downstream improvement that fails contributes 0; see `is_strict`."""
        completed = self.host.past.evaluation(budget, candidate)
        if completed is not None:
            return completed
        if candidate is None:
            evaluation = NOT_A_TEXT
        else:
            trial = self.trial(candidate, budget)
            evaluation = replace(_averaged(trial), notes=self.notes(trial))
            if self.is_strict and any(one.outcome not in ("ok", "malformed") for one in trial.improvements):
                evaluation = replace(evaluation, value=0.0)
        event = evaluated(self, "train", candidate, evaluation, budget)
        self.host.record(event)
        return event

    def trial(self, improver: str | tuple[str, ...], budget: Budget) -> TrainingTrial:
        """û of an improver on fresh improvements, copy by copy, paid from `budget` alone. A tuple has the text for each copy."""

        def copy(number: int, task: Downstream) -> tuple[Improvement, Evaluation]:
            scored_by = task.of_copy(f"copy{number}") if task.of_copy else task.train
            text = improver if isinstance(improver, str) else improver[number]
            return self._improved(text, task, scored_by, budget.child(f"copy{number}"), self.host)

        improvements, results = zip(*self._each(copy), strict=True)
        return TrainingTrial(improvements, results)

    def notes(self, trial: TrainingTrial) -> tuple[str, ...]:
        """What an improver did with its budgets, one line for each copy; empty in the paper's setting."""
        if not self.reports:
            return ()
        copies = zip(trial.improvements, trial.results, strict=True)
        lines = [f"copy {number}: {self._did(*copy)}" for number, copy in enumerate(copies)]
        unused = sum(self.grant.lm_calls - improvement.lm_calls for improvement in trial.improvements)
        if unused > 0:
            lines.append(f"{unused} of {self.grant.lm_calls * len(lines)} LM calls were left unused")
        return cut(lines)

    def _did(self, improvement: Improvement, result: Evaluation) -> str:
        calls = used_of("LM call", improvement.lm_calls, self.grant.lm_calls)
        evaluations = used_of("evaluation", improvement.utility_calls, self.grant.utility_calls)
        end = f"its result scores {result.value:.3f}"
        if improvement.outcome != "ok":
            end = f"the improver failed: {failure(improvement.outcome, improvement.detail)}"
        elif result.verdict != "ok":
            end = f"its result fails: {failure(result.verdict, result.error)}, and scores {result.value:.3f}"
        return "; ".join(filter(None, (f"{calls}, {evaluations}", improvement.course, end)))

    def with_notes(self, incumbent: Sequence[str]) -> MetaUtility:
        """This utility, with the notes on the improver that improves itself added to its description."""
        if not incumbent:
            return self
        lines = "".join(f"# - {line}\n" for line in incumbent)
        return replace(self, description=f"{self.description.rstrip()}\n#\n# {_INCUMBENT}\n{lines}")

    def measure(self, improver: str | tuple[str, ...], budget: Budget) -> MetaMeasurement:
        """A trial and the held-out scores of its solutions, which no program or selection sees."""
        return self.measurement(self.trial(improver, budget), budget)

    def measurement(self, trial: TrainingTrial, budget: Budget) -> MetaMeasurement:
        """The held-out scores of a trial's solutions; measured once for each improver that becomes I_t."""

        def copy(number: int, task: Downstream) -> Evaluation:
            return task.test.evaluate(trial.improvements[number].solution, budget.child(f"copy{number}").child("test"))

        return MetaMeasurement(trial.train, tuple(result.value for result in self._each(copy)))

    def pairs(
        self, a: str, b: str, numbers: Sequence[int], budget_of: Callable[[int], Budget]
    ) -> list[tuple[Evaluation, Evaluation]]:
        """The results of two improvers on one downstream task, for each number.

        Both improvers of a pair get the same responses to the same requests (`AnswerCache`), and their results are scored on
        the same instances (common random numbers). They improve on the training instances but are scored on fresh ones, so an
        improver cannot gain by overfitting.

        The task and the order are drawn for each pair. So the expected difference is the same for all pairs, and neither improver
        gains by its turn, from a warm machine, a drifting model, or shared responses.
        """

        def compare(number: int) -> tuple[Evaluation, Evaluation]:
            pair = budget_of(number)
            rng = random.Random(derive(self.host.secret, "pair", pair.path))
            task, turns = rng.choice(self.downstream), [("a", a), ("b", b)]
            rng.shuffle(turns)
            scored_by = task.fresh(pair.path) if task.fresh else task.train
            host = replace(
                self.host,
                language_model=AnswerCache(self.host.language_model, scope=pair.path),
                past=self.host.past.of_pair(*(f"{pair.path}/{name}" for name, _ in turns)),
            )
            results = {
                name: self._improved(improver, task, scored_by, pair.child(name), host)[1] for name, improver in turns
            }
            return results["a"], results["b"]

        return _in_parallel([partial(compare, number) for number in numbers])

    def _each(self, work: Callable[[int, Downstream], _T]) -> list[_T]:
        """`work` for every element of D, in parallel."""
        return _in_parallel([partial(work, number, task) for number, task in enumerate(self.downstream)])

    def _improved(
        self, improver: str, task: Downstream, scored_by: Utility, budget: Budget, host: Host
    ) -> tuple[Improvement, Evaluation]:
        with self.slots:
            improvement = improve(improver, task.initial_solution, task.train, self.grant, budget, host)
        return improvement, scored_by.evaluate(improvement.solution, budget.child("result"))


def _in_parallel(work: Sequence[Callable[[], _T]]) -> list[_T]:
    with ThreadPoolExecutor(min(len(work), COPY_THREADS), thread_name_prefix="strop-copy") as pool:
        return [future.result() for future in [pool.submit(call) for call in work]]


def _averaged(trial: TrainingTrial) -> Evaluation:
    copies = list(zip(trial.improvements, trial.results, strict=True))
    verdicts: list[Verdict] = [
        result.verdict if improvement.outcome == "ok" else improvement.outcome for improvement, result in copies
    ]
    failed = next((copy for copy, verdict in zip(copies, verdicts, strict=True) if verdict != "ok"), None)
    return Evaluation(
        value=mean(trial.train),
        verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
        scores=trial.train,
        verdicts=tuple(verdicts),
        error=(failed[0].detail or failed[1].error) if failed else "",
        cpu_seconds=sum(result.cpu_seconds for result in trial.results),
        wall_seconds=max(result.wall_seconds for result in trial.results),
    )
