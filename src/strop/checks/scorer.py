"""Is score() a function of instance and answer, and of nothing else? Honest answers are scored again and again in the host."""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from strop.analysis.stats import mean
from strop.base.errors import Malformed, TaskError
from strop.checks.bench import Bench
from strop.checks.canonical import canonical
from strop.checks.draws import SLOW_SECONDS, global_generators_kept
from strop.checks.findings import Finding, new_finding
from strop.checks.seed import deviation
from strop.checks.verdicts import Base, beats
from strop.tasks.base import Instance

AGAIN = 5
"""How often an answer is scored for the scorer's own noise."""
DELAY_SECONDS = 0.03
LATER = 4
"""How many instances are scored late."""


@dataclass(frozen=True)
class Scorer:
    """What the scorer was seen to do."""

    findings: tuple[Finding, ...]
    deterministic: bool
    deviation: float
    """Mean standard deviation of the score of one answer; 0 for a deterministic scorer."""
    seconds: float
    """To score one answer, in the mean."""


def examine_scorer(bench: Bench, answers: Mapping[int, Any]) -> Scorer:
    """Score honest answers (by instance, all of them accepted before) in every way that should not matter."""
    try:
        return _examined(_Again(bench, answers))
    except (TaskError, Malformed) as error:
        said = f"an answer that was scored before came to this when it was scored again: {error}"
        return Scorer((new_finding("C203", said),), False, 0.0, 0.0)


class _Again:
    """Scores answers again, each time on a fresh instance with a fresh copy of the answer."""

    def __init__(self, bench: Bench, answers: Mapping[int, Any]) -> None:
        self.bench, self.answers = bench, answers
        self.spent: list[float] = []

    def __call__(self, index: int) -> float:
        instance, answer = self.bench.instance(index), copy.deepcopy(self.answers[index])
        began = time.perf_counter()
        score = self.bench.task.checked_score(instance, answer)
        self.spent.append(time.perf_counter() - began)
        return score


def _examined(again: _Again) -> Scorer:
    before = dict(Counter(again.bench.heard.read))
    forth = {index: again(index) for index in again.answers}
    repeated = {index: [again(index) for _ in range(AGAIN)] for index in again.answers}
    back = {index: again(index) for index in reversed(list(again.answers))}
    findings = list(_files(again, before))
    # What only the first of several differs in was left behind by the answer before: state, not noise.
    noisy = [index for index, scores in repeated.items() if len(set(scores[1:])) > 1]
    if noisy and (late := _late(again)):
        findings.append(late)
    elif noisy:
        findings.append(_noise(again, repeated, noisy))
    elif any(forth[index] != back[index] or len({forth[index], *repeated[index]}) > 1 for index in forth):
        findings.append(
            new_finding("C204", "the same answers scored otherwise after other answers were scored, or a second time")
        )
    findings += _changes(again, deterministic=not noisy)
    seconds = mean(again.spent) if again.spent else 0.0
    if seconds > SLOW_SECONDS:
        findings.append(new_finding("C210", f"scoring one answer takes {seconds * 1000:.0f} ms in the mean"))
    spread = mean([deviation(scores) or 0.0 for scores in repeated.values()]) if repeated else 0.0
    deterministic = not any(finding.id in ("C203", "C204", "C206") for finding in findings)
    return Scorer(tuple(findings), deterministic, spread, seconds)


def _noise(again: _Again, repeated: Mapping[int, list[float]], noisy: list[int]) -> Finding:
    spread = mean([deviation(scores) or 0.0 for scores in repeated.values()])

    def reseeded(index: int) -> float:
        random.seed(0)
        np.random.seed(0)
        return again(index)

    with global_generators_kept():
        tame = all(reseeded(index) == reseeded(index) for index in noisy)
    source = "; it draws from the global generators" if tame else ""
    said = f"{len(noisy)} of {len(repeated)} answers scored differently when scored {AGAIN} times: standard deviation"
    return new_finding("C203", f"{said} {spread:.4f}{source}")


def _late(again: _Again) -> Finding | None:
    """A score that grows or falls with the time between draw and score, every time, is a score of time."""
    signs = []
    for index in list(again.answers)[:LATER]:
        # By turns, so that a score that merely counts its calls does not look like time.
        turns = [_delayed(again, index, seconds) for _ in range(3) for seconds in (0.0, DELAY_SECONDS)]
        at_once, later = turns[::2], turns[1::2]
        signs.append((min(later) > max(at_once)) - (max(later) < min(at_once)))
    if len(set(signs)) == 1 and signs[0] != 0 and len(signs) >= 2:
        way = "rises" if signs[0] > 0 else "falls"
        return new_finding("C206", f"the score of the same answer {way} with the time between drawing and scoring")
    return None


def _delayed(again: _Again, index: int, seconds: float) -> float:
    instance, answer = again.bench.instance(index), copy.deepcopy(again.answers[index])
    time.sleep(seconds)
    return again.bench.task.checked_score(instance, answer)


def _changes(again: _Again, deterministic: bool) -> list[Finding]:
    """Score twice on one and the same instance."""

    def score(instance: Instance, answer: Any) -> float | None:
        try:
            return again.bench.task.checked_score(instance, copy.deepcopy(answer))
        except (TaskError, Malformed):
            return None

    for index, answer in again.answers.items():
        instance = again.bench.instance(index)
        before = canonical([dict(instance.inputs), instance.hidden])
        first = again.bench.task.checked_score(instance, copy.deepcopy(answer))
        if canonical([dict(instance.inputs), instance.hidden]) == before:
            continue
        if deterministic and score(instance, answer) != first:
            said = f"instance {index} is changed by scoring, and scores otherwise the second time"
            return [new_finding("C205", said, "broken")]
        return [new_finding("C205", f"instance {index} is changed by scoring")]
    return []


def _files(again: _Again, before: Mapping[str, int]) -> list[Finding]:
    heard = again.bench.heard
    times = Counter(heard.read)
    often = [path for path, count in times.items() if count - before.get(path, 0) > 1]
    findings = []
    if often:
        findings.append(new_finding("C207", f"while scoring, the host opened {often[0]} {times[often[0]]} times"))
    elif times:
        findings.append(new_finding("C207", f"while scoring, the host opened {next(iter(times))} once", "note"))
    if heard.acts:
        findings.append(new_finding("C208", f"while scoring, the host did this: {heard.acts[0]}"))
    return findings


class _Yes:
    """Agrees with everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __ge__ = __gt__ = __le__ = __lt__ = __eq__
    __hash__ = None  # type: ignore[assignment]


def examine_misfits(bench: Bench, base: Base) -> list[Finding]:
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
                return [new_finding("C211", f"{name}, if it could reach score(): {error}")]
        if beats(scores, base.scores):
            return [new_finding("C211", f"{name}, if it could reach score(), would score {mean(scores):.3f}")]
    return []


def _filled(answer: Any, value: Any) -> Any:
    if isinstance(answer, np.ndarray) and answer.ndim:
        return np.full(answer.shape, value, dtype=object if isinstance(value, _Yes) else np.float64)
    if isinstance(answer, list):
        return [_filled(item, value) for item in answer]
    if isinstance(answer, dict):
        return {key: _filled(item, value) for key, item in answer.items()}
    return value
