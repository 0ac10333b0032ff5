"""The seed solution: does it run, how good is it, how much does it vary, and does it fit its limits?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from strop.analysis.stats import mean
from strop.base.as_document import HIDDEN, computed
from strop.base.pluralize import plain, quantity
from strop.checks.bench import AttackTrial, Bench
from strop.checks.findings import Finding, new_finding
from strop.core.utility import seed_runs
from strop.sandbox.base import Returned
from strop.tasks.base import Task
from strop.tasks.function.same import same_answer

NOTHING = 1e-9
PERFECT = 1.0 - NOTHING
MUCH = 0.5
"""A seed that needs a larger share of the time limit leaves little for better programs."""


@dataclass(frozen=True)
class SeedTrials:
    """The evaluations of the seed solution on the training split."""

    trials: tuple[AttackTrial, ...] = field(metadata=HIDDEN)
    """On the same instances every time, with other random numbers for the solution."""
    time_limit: float
    """Seconds of a call."""

    @computed
    def utilities(self) -> tuple[float, ...]:
        """Of each evaluation."""
        return tuple(trial.evaluation.value for trial in self.trials if trial.evaluation)

    @computed
    def utility(self) -> float:
        """The mean; 0 if the task broke each time."""
        return mean(self.utilities) if self.utilities else 0.0

    @computed
    def deviation(self) -> float | None:
        """Sample standard deviation of the utilities; null for fewer than two."""
        return deviation(self.utilities)

    @computed
    def cpu_share(self) -> float:
        """The largest share of the time limit that one call needed."""
        seconds = (outcome.spent.cpu_seconds for trial in self.trials for outcome in trial.outcomes)
        return max(seconds, default=0.0) / self.time_limit


def deviation(values: Sequence[float]) -> float | None:
    """Sample standard deviation (n - 1); None for fewer than two values."""
    if len(values) < 2:
        return None
    center = mean(values)
    return math.sqrt(math.fsum((value - center) ** 2 for value in values) / (len(values) - 1))


def examine_seed(bench: Bench, task: Task, repeat: int, pool: Executor) -> tuple[SeedTrials, list[Finding]]:
    """Evaluate the seed of `task` `repeat` times."""
    scopes = [f"check/seed/{number}" for number in range(repeat)]
    trials = tuple(pool.map(lambda scope: bench.evaluate(task, task.seed, scope), scopes))
    seed = SeedTrials(trials, task.time_limit)
    return seed, list(_findings(seed, task))


def _findings(seed: SeedTrials, task: Task) -> Iterator[Finding]:
    yield from (new_finding(trial.finding, trial.broke) for trial in seed.trials if trial.broke)
    yield from (new_finding("C202", trial.choked[0], attacks=("the seed",)) for trial in seed.trials if trial.choked)
    evaluations = [trial.evaluation for trial in seed.trials if trial.evaluation]
    failed = [one for one in evaluations if one.verdict != "ok"]
    if failed:
        first = failed[0]
        dies = any(not seed_runs(one, task) or one.verdict in ("died", "violated") for one in failed)
        count = f"{first.verdict} in {len(failed)} of {quantity(len(evaluations), 'evaluation')}"
        reason = first.error.splitlines()[0] if first.error else ""
        yield new_finding("C101" if dies else "C102", f"{count}, utility {seed.utility:.3f}: {reason}")
    if evaluations and min(min(one.scores, default=0.0) for one in evaluations) >= PERFECT:
        yield new_finding("C103", "the seed scores 1 on every instance")
    if seed.deviation is not None and seed.deviation > NOTHING:
        count = quantity(len(seed.utilities), "evaluation")
        yield new_finding("C104", f"standard deviation {plain(seed.deviation)} over {count}, same instances")
    if seed.cpu_share > MUCH:
        detail = f"the slowest call took {seed.cpu_share:.0%} of the time limit"
        yield new_finding("C105", detail, "note" if failed or seed.cpu_share >= 1 else None)


def examine_timed(bench: Bench, trials: Sequence[AttackTrial]) -> Iterator[Finding]:
    """Examine the answers and times of a function that is scored by time; its scorer is ours, so it is not attacked.

    `trials`: the original, each time with other random numbers.
    """
    first = trials[0]
    if any(not isinstance(outcome, Returned) for outcome in first.outcomes):
        return  # it does not run, which is another finding
    task, scope = bench.attacked, "check/again"
    if not _same(bench.evaluate(task, task.seed, scope), bench.evaluate(task, task.seed, scope)):
        yield new_finding("C107", "the original's answers differ from call to call, with equal random numbers")
    elif not all(_same(first, other) for other in trials[1:]):
        yield new_finding("C107", "the original's answers change with its random numbers", "warning")
    answers = [first.answer(index) for index in range(len(first.outcomes))]
    if all(answer is None for answer in answers):
        yield new_finding("C411", "the original returns None for every instance, like a function that does nothing")
    elif len(answers) > 1 and all(same_answer(answers[0], answer) for answer in answers):
        detail = "the original's answer is the same for every instance: a constant would be as good, and faster"
        yield new_finding("C303", detail)


def _same(one: AttackTrial, other: AttackTrial) -> bool:
    count = min(len(one.outcomes), len(other.outcomes))
    return all(same_answer(one.answer(index), other.answer(index)) for index in range(count))
