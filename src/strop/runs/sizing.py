"""The number of held-out instances of a comparison, planned by the results of training, before any held-out instance is
touched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from strop.analysis.stats import CONFIDENCE, NARROW, confidence_of, differences, least_pairs, mean, pairs_needed
from strop.base.budget import Budget
from strop.base.events import Evaluated
from strop.base.results import added
from strop.tasks.base import MOST_INSTANCES
from strop.tasks.command.score_kinds import RATES, TIMES
from strop.tasks.objective_facts import MetricFacts
from strop.tasks.problem import VERIFIED

if TYPE_CHECKING:
    from strop.runs.context import RunContext
    from strop.tasks.command.task import AnyTask

ENOUGH = 50
"""Held-out instances whose interval covers skewed gains in 93% of cases (docs/explanation/statistics.md)."""
SHARE = 4
"""The comparison makes at most one run for this many runs in training, unless the task holds out more."""
PILOT = 8
"""How many training instances measure the spread by which a comparison without a search is planned."""
CAUTION = 1.35
"""The factor by which the measured spread is multiplied (t quantiles at 90% over normal ones at 80%). Eight instances often show
too little spread: without the factor, a change of the planned size would be shown in 60 to 70% of cases."""


def planned(context: RunContext, budget: Budget, seconds: float, number: int, recorded: int = 0) -> int:
    """How many instances the comparison at `budget` measures; 0 for as many as the task says.

    Args:
        context: the run.
        budget: where the comparison is.
        seconds: wall seconds that the candidate took in training.
        number: which comparison of the run it is, from 1.
        recorded: the number that a record has; 0 if it has none.
    """
    from strop.checks.held_out import draws_more  # here for the start-up time

    task, spec = context.parts.task, context.parts.spec
    confidence = confidence_of(number, spec.family)
    is_published = spec.instances == "published"
    if recorded and (spec.least is not None or draws_more(task, is_published=is_published)):
        return recorded
    trained = [evaluation for evaluation in context.journal.recorded(Evaluated) if evaluation.split == "train"]
    by_scope = {evaluation.scope: evaluation for evaluation in trained}
    after, before = by_scope[budget.child("improved").child("train").path], by_scope["original/train"]
    if spec.least is None:
        if not draws_more(task, is_published=is_published):
            return 0
        runs = sum(len(evaluation.scores) for evaluation in trained)
        needed = instances_needed(after.scores, before.scores, runs, confidence=confidence)
        return max(needed, task.test_instances, least_pairs(confidence))
    if task.input == "listed" or is_published or task.facts.metric.reader == VERIFIED:
        return 0
    seconds_each = max(seconds, after.wall_seconds) / max(len(after.scores), 1)
    needed = max(instances_that_show(spec.least, task.facts.metric, after, before, confidence), task.test_instances)
    if spec.comparison_time is not None and seconds_each > 0:
        runs = 1 if task.facts.metric.reader in TIMES else 2  # times are measured beside the original in training, too
        runs *= repeats_of(task, trained, needed)
        needed = min(needed, int(spec.comparison_time / (seconds_each * runs)))
    return max(needed, least_pairs(confidence))


def instances_that_show(
    least: float,
    metric: MetricFacts,
    after: Evaluated,
    before: Evaluated,
    confidence: float = CONFIDENCE,
) -> int:
    """How many held-out instances show a change of `least` in four of five cases, if they vary as the training instances do. 0 if
    there are fewer than two training values."""
    spread, worth = _spread(metric, after, before, least)
    if len(spread) < 2:
        return 0
    return pairs_needed(spread, worth / CAUTION, MOST_INSTANCES, confidence=confidence)


def repeats_of(task: AnyTask, trained: Iterable[Evaluated], pairs: int) -> int:
    """How often the time of each of `pairs` instances of a task is measured. Of one input, each further pair repeats the
    others."""
    return 1 if task.fixed_input else repeats_needed(task.facts.metric, trained, pairs)


def repeats_needed(metric: MetricFacts, trained: Iterable[Evaluated], pairs: int) -> int:
    """How often the time of each of `pairs` instances is measured, so that what the clock alone adds to their ratio is narrow
    enough for a comparison to end. It adds as much as the original's times of the same instance differ in training."""
    from strop.evaluation.base import MOST_REPEATS  # here for the start-up time

    times = [one.original_metrics or one.metrics for one in trained if one.verdict == "ok"]
    logs = [
        [math.log(row[metric.name]) for row in of if row.get(metric.name, 0.0) > 0] for of in zip(*times, strict=False)
    ]
    squares, degrees = [(x - mean(of)) ** 2 for of in logs for x in of], sum(len(of) - 1 for of in logs if of)
    if degrees < 1:
        return MOST_REPEATS
    half = CAUTION * math.sqrt(2 * added(squares) / degrees / pairs) * 1.96
    return min(max(math.ceil((half / NARROW) ** 2), 1), MOST_REPEATS)


def _spread(metric: MetricFacts, after: Evaluated, before: Evaluated, least: float) -> tuple[list[float], float]:
    """The difference on each training instance, whose spread counts, and the difference that is to be shown. Both are logs of a
    ratio of totals, or values of the metric. The differences are empty if the candidate fails."""
    (new, old), resolution = metric.pairs(after, before), metric.resolution
    if len(new) != len(old) or not new:
        return [], 0.0
    if metric.reader not in RATES and min(*new, *old) > 0:
        own, others = mean(new), mean(old)
        worth = math.log1p(least) - math.log1p(resolution)
        return [one / own - other / others for one, other in zip(new, old, strict=True)], max(worth, resolution / 10)
    return differences(new, old), least * abs(mean(old)) or least


def instances_needed(
    after: Sequence[float], before: Sequence[float], runs: int, *, confidence: float = CONFIDENCE
) -> int:
    """How many held-out instances show half of the training gain from `before` to `after` in four of five cases.

    Gains are taken to vary as in training. Half of the gain is planned for, because the best of many candidates is partly luck.
    No held-out result is used. `runs` is the number of runs of programs in training.
    """
    most = runs // (2 * SHARE)  # both programs run on each
    gains = differences(after, before) if len(after) == len(before) else []
    if len(gains) < 2 or mean(gains) <= 0:
        return most
    if len({*gains}) == 1:
        return 0
    return min(max(pairs_needed(gains, mean(gains) / 2, most, confidence=confidence), ENOUGH), most)
