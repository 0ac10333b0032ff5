"""The seed solution: does it run, how good is it, how much does it vary, and does it fit its limits?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from statistics import median

from strop.analysis.stats import mean
from strop.base.pluralize import quantity
from strop.checks.bench import Bench, Trial
from strop.checks.findings import Finding, new_finding
from strop.core.utility import seed_runs
from strop.sandbox.base import Returned
from strop.tasks.base import Task
from strop.tasks.function.task import same_answer

NOTHING = 1e-9
PERFECT = 1.0 - NOTHING
MUCH = 0.5
"""The share of the time limit above which the seed leaves little for better programs."""
LEAST_SECONDS = 0.005
"""CPU time of one call of a function that is scored by time, below which what a call costs besides the function hides gains."""


@dataclass(frozen=True)
class SeedTrials:
    """How the seed solution fared on the training split."""

    trials: tuple[Trial, ...]
    """The same instances every time; what the solution draws differs."""
    findings: tuple[Finding, ...]
    cpu_share: float
    """The largest share of the time limit that one call needed."""

    @property
    def utilities(self) -> tuple[float, ...]:
        return tuple(trial.evaluation.value for trial in self.trials if trial.evaluation)

    @property
    def utility(self) -> float:
        """The mean; 0 where the task broke each time."""
        return mean(self.utilities) if self.utilities else 0.0

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation of the utilities; None for fewer than two."""
        return deviation(self.utilities)


def deviation(values: Sequence[float]) -> float | None:
    """Sample standard deviation (n - 1); None for fewer than two values."""
    if len(values) < 2:
        return None
    center = mean(values)
    return math.sqrt(math.fsum((value - center) ** 2 for value in values) / (len(values) - 1))


def examine_seed(bench: Bench, repeat: int, pool: Executor) -> SeedTrials:
    """Evaluate the seed `repeat` times."""
    task = replace(bench.task, instances=max(bench.task.instances, bench.attacked.instances))
    scopes = [f"check/seed/{number}" for number in range(repeat)]
    trials = tuple(pool.map(lambda scope: bench.evaluate(task, task.seed, scope), scopes))
    share = max((outcome.spent.cpu_seconds for trial in trials for outcome in trial.outcomes), default=0.0)
    seed = SeedTrials(trials, (), share / task.time_limit)
    return replace(seed, findings=tuple(_findings(seed, task)))


def _findings(seed: SeedTrials, task: Task) -> list[Finding]:
    findings = [new_finding(trial.finding, trial.broke) for trial in seed.trials if trial.broke]
    findings += [new_finding("C202", trial.choked[0], attacks=("the seed",)) for trial in seed.trials if trial.choked]
    evaluations = [trial.evaluation for trial in seed.trials if trial.evaluation]
    failed = [one for one in evaluations if one.verdict != "ok"]
    if failed:
        first = failed[0]
        dies = any(not seed_runs(one, task) or one.verdict in ("died", "violated") for one in failed)
        said = f"{first.verdict} in {len(failed)} of {quantity(len(evaluations), 'evaluation')}, utility {seed.utility:.3f}"
        reason = first.error.splitlines()[0] if first.error else ""
        findings.append(new_finding("C101" if dies else "C102", f"{said}: {reason}"))
    if evaluations and min(min(one.scores, default=0.0) for one in evaluations) >= PERFECT:
        findings.append(new_finding("C103", "the seed scores 1 on every instance"))
    if seed.deviation is not None and seed.deviation > NOTHING:
        count = quantity(len(seed.utilities), "evaluation")
        findings.append(new_finding("C104", f"standard deviation {seed.deviation:.2g} over {count}, same instances"))
    if seed.cpu_share > MUCH:
        said = f"the slowest call took {seed.cpu_share:.0%} of the time limit"
        findings.append(new_finding("C105", said, "note" if failed or seed.cpu_share >= 1 else None))
    return findings


def examine_timed(bench: Bench, trials: Sequence[Trial]) -> list[Finding]:
    """What the answers and times of a function say that is scored by time: there is no scorer of the user's to attack.

    `trials`: the original, each time with other random numbers.
    """
    first = trials[0]
    if any(not isinstance(outcome, Returned) for outcome in first.outcomes):
        return []  # that it does not run is a finding already
    findings = []
    task, scope = bench.attacked, "check/again"
    twice = bench.evaluate(task, task.seed, scope), bench.evaluate(task, task.seed, scope)
    if not _same(*twice):
        findings.append(
            new_finding("C107", "the original's answers differ from call to call, with equal random numbers")
        )
    elif not all(_same(first, other) for other in trials[1:]):
        said = "the original's answers change with the random numbers that it gets"
        findings.append(new_finding("C107", said, "warning"))
    answers = [first.answer(index) for index in range(len(first.outcomes))]
    if all(answer is None for answer in answers):
        said = "the original answers None to every instance, as a function that does nothing does"
        findings.append(new_finding("C411", said))
    elif len(answers) > 1 and all(same_answer(answers[0], answer) for answer in answers):
        said = "the original's answer is the same for every instance: a constant is as good, and quick"
        findings.append(new_finding("C303", said))
    seconds = median(outcome.spent.cpu_seconds for outcome in first.outcomes)
    if seconds < LEAST_SECONDS:
        said = f"a call takes {seconds * 1000:.2g} ms, less than {LEAST_SECONDS * 1000:g} ms"
        findings.append(new_finding("C108", said))
    return findings


def _same(one: Trial, other: Trial) -> bool:
    count = min(len(one.outcomes), len(other.outcomes))
    return all(same_answer(one.answer(index), other.answer(index)) for index in range(count))
