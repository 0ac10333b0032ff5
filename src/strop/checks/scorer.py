"""Is score() a function of instance and answer alone? Score honest answers again and again in the host."""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np

from strop.analysis.stats import mean
from strop.base.as_document import HIDDEN
from strop.base.errors import Malformed, TaskError
from strop.checks.answer_parts import each, is_number, nonsense
from strop.checks.bench import Bench
from strop.checks.draws import SLOW_SECONDS, global_generators_kept, text_of
from strop.checks.findings import Finding, new_finding
from strop.checks.seed import deviation
from strop.checks.values import canonical
from strop.checks.verdicts import Base, beats
from strop.tasks.base import Instance

AGAIN = 5
"""How often an answer is scored to measure the scorer's own noise."""
DELAY_SECONDS = 0.03
MOST_SWAPPED = 6
"""Instances whose inputs are changed."""
LATER = 4
"""How many instances are scored after a delay."""


@dataclass(frozen=True)
class Scorer:
    """How the scorer behaved."""

    findings: tuple[Finding, ...] = field(metadata=HIDDEN)
    deterministic: bool
    """Whether the same answer has the same score."""
    deviation: float
    """Mean standard deviation of the score of one answer; 0 for a deterministic scorer."""
    seconds: float
    """Mean time to score one answer."""


def examine_scorer(bench: Bench, answers: Mapping[int, Any]) -> Scorer:
    """Score accepted honest answers, by instance, in every way that should not matter."""
    try:
        return _examined(_Rescorer(bench, answers))
    except (TaskError, Malformed) as error:
        detail = f"scoring the same answer again failed: {error}"
        return Scorer((new_finding("C203", detail),), False, 0.0, 0.0)


class _Rescorer:
    """Scores answers again, each time on a fresh instance with a fresh copy of the answer."""

    def __init__(self, bench: Bench, answers: Mapping[int, Any]) -> None:
        self.bench, self.answers = bench, answers
        self.seconds: list[float] = []

    def __call__(self, index: int, delay: float = 0.0) -> float:
        instance, answer = self.bench.instance(index), copy.deepcopy(self.answers[index])
        time.sleep(delay)
        began = time.perf_counter()
        score = self.bench.task.checked_score(instance, answer)
        self.seconds.append(time.perf_counter() - began)
        return score


def _examined(rescore: _Rescorer) -> Scorer:
    before = Counter(rescore.bench.acts.read)
    forth = {index: rescore(index) for index in rescore.answers}
    repeated = {index: [rescore(index) for _ in range(AGAIN)] for index in rescore.answers}
    back = {index: rescore(index) for index in reversed(list(rescore.answers))}
    seconds = mean(rescore.seconds) if rescore.seconds else 0.0
    findings = list(_files(rescore, before))
    # A difference of the first score alone comes from the answer before: state, not noise.
    noisy = [index for index, scores in repeated.items() if len(set(scores[1:])) > 1]
    spread = mean([deviation(scores) or 0.0 for scores in repeated.values()]) if repeated else 0.0
    if noisy and (late := _late(rescore)) is not None:
        findings.append(late)
    elif noisy:
        findings.append(_noise(rescore, len(repeated), noisy, spread))
    elif any(forth[index] != back[index] or len({forth[index], *repeated[index]}) > 1 for index in forth):
        detail = "the same answers scored differently after other answers were scored, or a second time"
        findings.append(new_finding("C204", detail))
    findings += _changes(rescore, deterministic=not noisy)
    if seconds > SLOW_SECONDS:
        findings.append(new_finding("C210", f"scoring one answer takes {seconds * 1000:.0f} ms on average"))
    deterministic = not any(finding.id in ("C203", "C204", "C206") for finding in findings)
    return Scorer(tuple(findings), deterministic, spread, seconds)


def _noise(rescore: _Rescorer, count: int, noisy: list[int], spread: float) -> Finding:
    def reseeded(index: int) -> float:
        random.seed(0)
        np.random.seed(0)
        return rescore(index)

    with global_generators_kept():
        tame = all(reseeded(index) == reseeded(index) for index in noisy)
    source = "; it draws from the global generators" if tame else ""
    detail = f"{len(noisy)} of {count} answers scored differently when scored {AGAIN} times: standard deviation"
    return new_finding("C203", f"{detail} {spread:.4f}{source}")


def _late(rescore: _Rescorer) -> Finding | None:
    """A score that rises or falls with the time between draw and score, every time, depends on time."""
    signs = []
    for index in list(rescore.answers)[:LATER]:
        # Alternately, so that a score that merely counts its calls does not look like time.
        scores = [rescore(index, delay) for _ in range(AGAIN) for delay in (0.0, DELAY_SECONDS)]
        at_once, later = median(scores[::2]), scores[1::2]  # on a busy machine some of those at once are late, too
        signs.append((min(later) > at_once) - (max(later) < at_once))
    if len(set(signs)) == 1 and signs[0] != 0 and len(signs) >= 2:
        way = "rises" if signs[0] > 0 else "falls"
        return new_finding("C206", f"the score of the same answer {way} with the time between drawing and scoring")
    return None


def _changes(rescore: _Rescorer, deterministic: bool) -> list[Finding]:
    """Score twice on one and the same instance."""

    def score(instance: Instance, answer: Any) -> float | None:
        try:
            return rescore.bench.task.checked_score(instance, copy.deepcopy(answer))
        except (TaskError, Malformed):
            return None

    for index, answer in rescore.answers.items():
        instance = rescore.bench.instance(index)
        before = text_of(instance)
        first = rescore.bench.task.checked_score(instance, copy.deepcopy(answer))
        if text_of(instance) == before:
            continue
        if deterministic and score(instance, answer) != first:
            detail = f"scoring changes instance {index}, which then scores differently the second time"
            return [new_finding("C205", detail, "broken")]
        return [new_finding("C205", f"scoring changes instance {index}")]
    return []


def _files(rescore: _Rescorer, before: Mapping[str, int]) -> Iterator[Finding]:
    acts = rescore.bench.acts
    times = Counter(acts.read)
    often = [path for path, count in times.items() if count - before.get(path, 0) > 1]
    if often:
        yield new_finding("C207", f"while scoring, the host opened {often[0]} {times[often[0]]} times")
    elif times:
        yield new_finding("C207", f"while scoring, the host opened {next(iter(times))} once", "note")
    if acts.acts:
        yield new_finding("C208", f"while scoring, the host did this: {acts.acts[0]}")


class _EqualsEverything:
    """Overloads every comparison."""

    def __eq__(self, other: object) -> bool:
        return True

    __ge__ = __gt__ = __le__ = __lt__ = __eq__
    __hash__ = None  # type: ignore[assignment]


def examine_misfits(bench: Bench, base: Base) -> list[Finding]:
    """Score what the wire refuses: NaN, infinity, objects that overload comparison."""
    for name, foreign in (
        ("NaN", float("nan")),
        ("infinity", float("inf")),
        ("an object that equals everything", _EqualsEverything()),
    ):
        scores = []
        for index, answer in enumerate(base.answers):
            try:
                scores.append(bench.task.checked_score(bench.instance(index), _filled(answer, foreign)))
            except Malformed:
                scores.append(0.0)
            except TaskError as error:
                return [new_finding("C211", f"{name}, if it could reach score(): {error}")]
        if beats(scores, base.scores):
            return [new_finding("C211", f"{name}, if it could reach score(), would score {mean(scores):.3f}")]
    return []


def examine_dependence(bench: Bench, base: Base) -> list[Finding]:
    """Score honest answers with changed inputs: the score must depend on the instance, and on each input.

    A task with hidden data need not look at its inputs, nor a scorer at an input that never varies; and what it looks at may
    matter for other answers.
    """
    read: set[str] = set()
    instances = [bench.instance(index) for index in range(min(len(base.answers), MOST_SWAPPED))]
    names = [] if instances[0].hidden is not None else _varying(instances)

    def depends(name: str | None) -> bool:
        """Whether a score changes with an input, or with the whole instance."""
        for index, instance in enumerate(instances):
            other = instances[index - 1]
            if name is not None:
                inputs = [{**instance.inputs, name: value} for value in _variants(instance[name], other[name])]
                changed = [replace(instance, inputs=one) for one in inputs]
            else:
                pairs = zip(
                    *(_variants(getattr(instance, part), getattr(other, part)) for part in ("inputs", "hidden")),
                    strict=True,
                )
                changed = [Instance(*pair) for pair in pairs]
            if any(score(one, index) != base.scores[index] for one in changed):
                return True
        return False

    def score(instance: Instance, index: int) -> float | None:
        try:
            given = copy.deepcopy(instance)
            given = replace(given, inputs=_Inputs(given.inputs, read))
            return bench.task.checked_score(given, copy.deepcopy(base.answers[index]))
        except (TaskError, Malformed):
            return None

    if mean(base.scores) <= 0 or len(instances) < 2:
        return []
    if not depends(None):
        detail = f"{len(instances)} answers score the same if everything in their instances is changed"
        return [new_finding("C212", detail)]
    ignored = next((name for name in names if len(names) > 1 and not depends(name) and name not in read), None)
    return [new_finding("C213", f"the scores stay the same if {ignored!r} is changed")] if ignored is not None else []


def _varying(instances: Sequence[Instance]) -> list[str]:
    """Names of the inputs that are not the same in all instances."""
    first = instances[0].inputs
    return [name for name in first if len({canonical(instance.inputs.get(name)) for instance in instances}) > 1]


def _another(leaf: Any) -> Any:
    return not leaf if isinstance(leaf, bool) else nonsense(leaf)


_CHANGES: tuple[Callable[[Any], Any], ...] = (_another, lambda leaf: -leaf - 1 if is_number(leaf) else _another(leaf))


def _variants(value: Any, other: Any) -> list[Any]:
    """Other values in place of `value`: another instance's, larger numbers, and numbers of the other sign."""
    return [other, *(each(copy.deepcopy(value), change) for change in _CHANGES)]


class _Inputs(dict[str, Any]):
    """Inputs of an instance that keep which of them are `read`."""

    def __init__(self, inputs: Mapping[str, Any], read: set[str]) -> None:
        super().__init__(inputs)
        self.read = read

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:  # for ** and dict(), which would not ask for items
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def values(self) -> Any:
        return [self[name] for name in self]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


def _filled(answer: Any, value: Any) -> Any:
    if isinstance(answer, np.ndarray) and answer.ndim:
        return np.full(answer.shape, value, dtype=object if isinstance(value, _EqualsEverything) else np.float64)
    if isinstance(answer, list):
        return [_filled(item, value) for item in answer]
    if isinstance(answer, dict):
        return {key: _filled(item, value) for key, item in answer.items()}
    return value
