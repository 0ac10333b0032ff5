"""Algorithm 1: self-improvement of an improver (§4), and the meta-utility û that it climbs (equation 2).

Input: seed improver I_0, language model L, recursion depth T, collection of downstream tasks D
for t = 1 to T do
    I_t <- I_{t-1}(û, I_{t-1}, L)          improve the improver, using the improver itself
return I_T
where û(I) = (sum over (u, s) in D of u(I(u, s, L))) / |D|
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from strop.budget import META_UTILITY_CALLS, Budget
from strop.handles import Grant, Host
from strop.improver import Improvement, improve
from strop.stats import mean
from strop.tasks.base import META_TASK
from strop.utility import NOT_A_TEXT, Evaluation, Utility, Verdict, evaluated

COPY_THREADS = 64
"""Downstream tasks of one evaluation that are worked on at once, at most."""


@dataclass(frozen=True)
class Downstream:
    """One element (u, s) of D, with the same task's sealed test utility."""

    train: Utility
    test: Utility
    initial_solution: str


@dataclass(frozen=True)
class MetaUtility:
    """û(I): what the improver reaches, on average, on the downstream tasks, each with fresh budgets."""

    downstream: Sequence[Downstream]
    """D; the paper's five identical copies of one task, or different tasks."""
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
        evaluation = NOT_A_TEXT if candidate is None else _averaged(self._each(candidate, at))
        self.host.record(evaluated(self, "train", candidate, evaluation, at))
        return evaluation

    def measure(self, improver: str, at: Budget) -> Measurement:
        """û of an improver on fresh improvements, and on the sealed test split: outside every budget, shown to nobody."""
        each = self._each(improver, at, sealed=True)
        return Measurement(
            train=tuple(one.train.value for one in each),
            test=tuple(one.test.value if one.test else 0.0 for one in each),
            improvements=tuple(one.improvement for one in each),
        )

    def _each(self, improver: str, at: Budget, *, sealed: bool = False) -> list[_Copy]:
        with ThreadPoolExecutor(min(len(self.downstream), COPY_THREADS), thread_name_prefix="strop-copy") as pool:
            asked = [
                pool.submit(self._one, improver, each, at.child(f"copy{number}"), sealed)
                for number, each in enumerate(self.downstream)
            ]
            return [future.result() for future in asked]

    def _one(self, improver: str, each: Downstream, at: Budget, sealed: bool) -> _Copy:
        with self.places:
            improvement = improve(improver, each.initial_solution, each.train, self.grant, at, self.host)
        return _Copy(
            improvement,
            train=each.train.evaluate(improvement.solution, at.child("result")),
            test=each.test.evaluate(improvement.solution, at.child("test")) if sealed else None,
        )


@dataclass(frozen=True)
class _Copy:
    improvement: Improvement
    train: Evaluation
    test: Evaluation | None


def _averaged(each: Sequence[_Copy]) -> Evaluation:
    verdicts: list[Verdict] = [
        one.train.verdict if one.improvement.outcome == "ok" else one.improvement.outcome for one in each
    ]
    failed = next((one for one, verdict in zip(each, verdicts, strict=True) if verdict != "ok"), None)
    return Evaluation(
        value=mean([one.train.value for one in each]),
        verdict=next((verdict for verdict in verdicts if verdict != "ok"), "ok"),
        scores=tuple(one.train.value for one in each),
        verdicts=tuple(verdicts),
        error=(failed.improvement.detail or failed.train.error) if failed else "",
        cpu_seconds=sum(one.train.cpu_seconds for one in each),
        wall_seconds=max(one.train.wall_seconds for one in each),
    )


@dataclass(frozen=True)
class Measurement:
    """û of an improver, copy by copy."""

    train: tuple[float, ...]
    test: tuple[float, ...]
    """On the sealed split: for the record, never for a selection."""
    improvements: tuple[Improvement, ...]


@dataclass(frozen=True)
class Choice:
    """Whether a candidate became the improver, and why."""

    accepted: bool
    reason: str


Selection: TypeAlias = Callable[[Sequence[float], Sequence[float]], Choice]
"""(training û of the incumbent, of the candidate; one value a copy) -> choice. It is never given a test value."""


@dataclass(frozen=True)
class Step:
    """One iteration t of Algorithm 1."""

    t: int
    improver: str
    """I_t."""
    candidate: str | None
    """What I_{t-1} made of itself."""
    choice: Choice
    """Whether the candidate became I_t, and why."""
    measurement: Measurement
    """Of I_t."""


def self_improve(
    seed_improver: str, meta_utility: MetaUtility, iterations: int, grant: Grant, selection: Selection, run: Budget
) -> Iterator[Step]:
    """Algorithm 1, one step at a time; step 0 measures the seed improver I_0.

    `grant` is what a self-improvement may spend; û is measured again, afresh, for whatever it gives, and `selection` says
    whether that becomes I_t. If it does not, I_{t-1} goes on.
    """
    host = meta_utility.host
    improver = seed_improver
    measurement = meta_utility.measure(improver, run.child("t0").child("measure"))
    yield Step(0, improver, None, Choice(False, "the seed improver"), measurement)

    for t in range(1, iterations + 1):
        at = run.child(f"t{t}")
        improvement = improve(improver, improver, meta_utility, grant, at.child("improve"), host)
        candidate = improvement.solution
        if candidate is None:
            choice = Choice(False, f"the self-improvement failed: {improvement.detail or improvement.outcome}")
        elif candidate == improver:
            choice = Choice(False, "the self-improvement returned the improver unchanged")
        else:
            measured = meta_utility.measure(candidate, at.child("measure"))
            choice = selection(measurement.train, measured.train)
            if choice.accepted:
                improver, measurement = candidate, measured
        yield Step(t, improver, candidate, choice, measurement)
