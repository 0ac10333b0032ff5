"""The seed solution: does it run, how good is it, how much does it vary, and does it fit its limits?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from strop.analysis.stats import mean
from strop.base.pluralize import quantity
from strop.check.bench import Bench, Trial
from strop.check.findings import Finding, found
from strop.tasks.base import Task

NOTHING = 1e-9
PERFECT = 1.0 - NOTHING
MUCH = 0.5
"""The share of the time limit above which the seed leaves little for better programs."""


@dataclass(frozen=True)
class Initial:
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


def examine_seed(bench: Bench, repeat: int, pool: Executor) -> Initial:
    """Evaluate the seed `repeat` times."""
    task = replace(bench.task, instances=max(bench.task.instances, bench.museum.instances))
    scopes = [f"check/seed/{number}" for number in range(repeat)]
    trials = tuple(pool.map(lambda scope: bench.tried(task, task.seed, scope), scopes))
    share = max((outcome.spent.cpu_seconds for trial in trials for outcome in trial.outcomes), default=0.0)
    share /= task.time_limit
    seed = Initial(trials, (), share)
    return replace(seed, findings=tuple(_findings(seed, task)))


def _findings(seed: Initial, task: Task) -> list[Finding]:
    findings = [found(one.finding, one.broke) for one in seed.trials if one.broke]
    findings += [found("C202", one.choked[0], hacks=("the seed",)) for one in seed.trials if one.choked]
    evaluations = [one.evaluation for one in seed.trials if one.evaluation]
    failed = [one for one in evaluations if one.verdict != "ok"]
    if failed:
        first = failed[0]
        name = (
            "C101" if any(not one.seed_runs(task) or one.verdict in ("died", "violated") for one in failed) else "C102"
        )
        said = f"{first.verdict} in {len(failed)} of {quantity(len(evaluations), 'evaluation')}, utility {seed.utility:.3f}"
        findings.append(found(name, f"{said}: {first.error.splitlines()[0] if first.error else ''}"))
    if evaluations and min(min(one.scores, default=0.0) for one in evaluations) >= PERFECT:
        findings.append(found("C103", "the seed scores 1 on every instance"))
    if seed.deviation is not None and seed.deviation > NOTHING:
        findings.append(
            found(
                "C104",
                f"standard deviation {seed.deviation:.2g} over {quantity(len(seed.utilities), 'evaluation')}, same instances",
            )
        )
    if failed or seed.cpu_share >= 1:
        slow = seed.cpu_share > MUCH
        findings += (
            [found("C105", f"the slowest call took {seed.cpu_share:.0%} of the time limit", "note")] if slow else []
        )
    elif seed.cpu_share > MUCH:
        findings.append(found("C105", f"the slowest call took {seed.cpu_share:.0%} of the time limit"))
    return findings
