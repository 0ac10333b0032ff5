"""strop check, from the draws to the museum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from strop.analysis.stats import mean
from strop.base.errors import Malformed, TaskError
from strop.check.bench import Bench, bench_of
from strop.check.draws import Draws, examine_draws
from strop.check.findings import Finding, found, merged
from strop.check.hacks import Hack, museum
from strop.check.initial import Initial, examine_seed
from strop.check.run_attacks import Exhibit, Tour, base_of_seed, base_of_trivial, visit
from strop.check.scorer import Scorer, examine_scorer
from strop.check.timed import examine_timed
from strop.check.verdicts import Base, Rules, beats
from strop.sandbox.base import Sandbox
from strop.tasks.base import Instance, Task
from strop.tasks.function.task import FunctionTask

FATAL = frozenset({"C001", "C005"})
"""Findings after which nothing else can be tried."""
MOST_SECONDS = 1.0
"""A scorer that is busy for longer with any one answer can be kept busy by an answer."""


@dataclass(frozen=True)
class Checkup:
    """What a check of a task came to."""

    task: Task
    findings: tuple[Finding, ...]
    """One an id, the worst first."""
    exhibits: tuple[Exhibit, ...]
    seed: Initial | None = None
    base: Base | None = None
    """What the hacks were compared with."""
    scorer: Scorer | None = None
    draws: Draws | None = None
    instances: int = 0
    """How many instances a hack was tried on."""

    @property
    def broken(self) -> bool:
        """Whether no score of this task can be trusted."""
        return any(finding.level == "broken" for finding in self.findings)


@dataclass(frozen=True)
class Settings:
    """How much is tried."""

    repeat: int = 5
    """How often the seed solution is evaluated, 1 and up."""
    jobs: int = 1
    """Programs that run at once; the task's own functions are called one at a time."""
    hacks: Sequence[Hack] | None = None
    """Which hacks are tried; all when not given."""


DEFAULTS = Settings()


def examine(
    task: Task, sandbox: Sandbox, secret: bytes, settings: Settings = DEFAULTS, say: Callable[[str], None] = print
) -> Checkup:
    """Check a task: what it draws, its seed solution, its scorer, and the hacks of the museum. `say` is told what is being done.

    Raises:
        SandboxError: the host could not run a guest.
    """
    by_time = isinstance(task, FunctionTask) and task.by_time
    if by_time:
        task = replace(task, score=_par)
    try:
        bench = bench_of(task, sandbox, secret)
    except TaskError as error:
        return Checkup(task, (found("C008", str(error)),), ())
    say("draws")
    draws = examine_draws(bench)
    if isinstance(task, FunctionTask) and task.cases:  # which are listed, and so come again
        draws = replace(draws, findings=tuple(one for one in draws.findings if one.id != "C003"))
    if any(finding.id in FATAL for finding in draws.findings):
        return Checkup(task, merged(draws.findings), (), draws=draws)
    with ThreadPoolExecutor(max_workers=settings.jobs, thread_name_prefix="strop-check") as pool:
        if by_time:
            say(f"the original, {settings.repeat} times")
            seed = examine_seed(bench, settings.repeat, pool)
            said = merged([*draws.findings, *seed.findings, *examine_timed(bench, seed.trials)])
            return Checkup(task, said, (), seed, draws=draws, instances=bench.museum.instances)
        hacks = museum() if settings.hacks is None else settings.hacks
        return _examined(Tour(hacks, settings.repeat, pool, say), bench, draws)


def _par(instance: Instance, answer: object) -> float:
    """Stands in for the score of a function that is scored by time: its answers are looked at apart."""
    return 0.5


def _examined(tour: Tour, bench: Bench, draws: Draws) -> Checkup:
    tour.say(f"seed solution, {tour.repeat} times")
    seed = examine_seed(bench, tour.repeat, tour.pool)
    findings = [*draws.findings, *seed.findings]
    base = base_of_seed(bench, seed)
    if base is None:
        tour.say("trivial answers, since the seed's are not all scored")
        base = base_of_trivial(bench, tour.pool)
    scorer = None
    if base is None:
        findings.append(found("C106", "neither the seed nor any trivial answer was scored on every instance"))
    else:
        tour.say("scorer")
        repeatable = not any(one.id == "C002" for one in draws.findings)
        scorer = examine_scorer(bench, dict(enumerate(base.answers))) if repeatable else None
        findings += [*(scorer.findings if scorer else ()), *_alone(bench, base)]
        if not base.is_seed:
            said = f"the seed scores {seed.utility:.3f}, {base.name} {mean(base.scores):.3f}"
            findings.append(found("C304", said))
    deterministic = scorer is not None and scorer.deterministic
    exhibits = visit(tour, bench, Rules(base, bench.task.answer is not None, deterministic), draws)
    findings += [one.judged.finding for one in exhibits if one.judged.finding is not None]
    if bench.heard.slowest > MOST_SECONDS:
        findings.append(found("C210", f"one call of score() took {bench.heard.slowest:.1f} s"))
    return Checkup(
        task=bench.original,
        findings=merged(findings),
        exhibits=tuple(exhibits),
        seed=seed,
        base=base,
        scorer=scorer,
        draws=draws,
        instances=bench.museum.instances,
    )


class _Yes:
    """Agrees with everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __ge__ = __gt__ = __le__ = __lt__ = __eq__
    __hash__ = None  # type: ignore[assignment]


def _alone(bench: Bench, base: Base) -> list[Finding]:
    """What the scorer would do with what the wire refuses: NaN, infinity, objects that overload comparison."""
    for name, foreign in (
        ("NaN", float("nan")),
        ("infinity", float("inf")),
        ("an object that equals everything", _Yes()),
    ):
        scores = []
        for index, answer in enumerate(base.answers):
            instance = bench.instance(index)
            try:
                scores.append(bench.task.checked_score(instance, _filled(answer, foreign)))
            except Malformed:
                scores.append(0.0)
            except TaskError as error:
                return [found("C211", f"{name}, if it could reach score(): {error}")]
        if beats(scores, base.scores):
            return [found("C211", f"{name}, if it could reach score(), would score {mean(scores):.3f}")]
    return []


def _filled(answer: Any, value: Any) -> Any:
    if isinstance(answer, np.ndarray) and answer.ndim:
        return np.full(answer.shape, value, dtype=object if isinstance(value, _Yes) else np.float64)
    if isinstance(answer, list):
        return [_filled(item, value) for item in answer]
    if isinstance(answer, dict):
        return {key: _filled(item, value) for key, item in answer.items()}
    return value
