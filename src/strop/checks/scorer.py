"""Is score() a function of instance and answer alone? Score honest answers again and again."""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from strop.analysis.stats import mean
from strop.base.errors import Malformed, TaskError
from strop.checks.bench import Bench
from strop.checks.draws import global_generators_kept, text_of
from strop.checks.findings import Finding, new_finding
from strop.checks.spoiling import each, is_number, nonsense
from strop.tasks.base import Instance

AGAIN = 5
"""How often an answer is scored to see whether its score varies."""
DELAY_SECONDS = 0.03
LATER = 4
"""How many instances are scored after a delay."""
MOST_SWAPPED = 6
"""Instances whose inputs are changed."""


def examine_scorer(bench: Bench, answers: Sequence[Any]) -> tuple[list[Finding], bool]:
    """Score honest answers in every way that should not matter: (what is wrong, whether equal answers score the same)."""

    def score(index: int, delay: float = 0.0) -> float:
        instance = bench.instance(index)
        time.sleep(delay)
        return bench.score(instance, copy.deepcopy(answers[index]))

    before, indices = len(bench.acts.acts), range(len(answers))
    try:
        forth = [score(index) for index in indices]
        repeated = [[score(index) for _ in range(AGAIN)] for index in indices]
        back = [score(index) for index in reversed(indices)][::-1]
        findings = list(_acts(bench.acts.acts[before:]))
        # A difference of the first score alone comes from the answer before: state, not noise.
        noisy = [index for index in indices if len(set(repeated[index][1:])) > 1]
        detail = ""
        if noisy:
            detail = _late(score, indices) or _noise(score, len(answers), noisy)
        elif any(len({forth[index], back[index], *repeated[index]}) > 1 for index in indices):
            detail = "the same answers scored differently after other answers were scored, or a second time"
        else:
            detail = _changes(bench, answers)
    except (TaskError, Malformed) as error:
        findings, detail = [], f"scoring the same answer again failed: {error}"
    return [*findings, *([new_finding("C203", detail)] if detail else [])], not detail


def _acts(acts: Sequence[str]) -> Iterator[Finding]:
    """What the scorer does outside of its process; reading a file once may be loading."""
    times = Counter(acts)
    for act, count in times.items():
        if not act.startswith("reads ") or count > 1:
            yield new_finding(
                "C208", f"while scoring, the host did this: {act}" + (f" ({count} times)" if count > 1 else "")
            )
            return


def _noise(score: Callable[[int], float], count: int, noisy: Sequence[int]) -> str:
    def reseeded(index: int) -> float:
        random.seed(0)
        np.random.seed(0)
        return score(index)

    with global_generators_kept():
        tame = all(reseeded(index) == reseeded(index) for index in noisy)
    source = "; it draws from the global generators" if tame else ""
    return f"{len(noisy)} of {count} answers scored differently when scored {AGAIN} times{source}"


def _late(score: Callable[[int, float], float], indices: range) -> str:
    """A score that rises or falls with the time between draw and score, every time, depends on time."""
    signs = []
    for index in indices[:LATER]:
        # Alternately, so that a score that merely counts its calls does not look like time.
        scores = [score(index, delay) for _ in range(AGAIN) for delay in (0.0, DELAY_SECONDS)]
        at_once, later = median(scores[::2]), scores[1::2]  # on a busy machine some of those at once are late, too
        signs.append((min(later) > at_once) - (max(later) < at_once))
    if len(set(signs)) == 1 and signs[0] != 0 and len(signs) >= 2:
        way = "rises" if signs[0] > 0 else "falls"
        return f"the score of the same answer {way} with the time between drawing and scoring"
    return ""


def _changes(bench: Bench, answers: Sequence[Any]) -> str:
    """Score twice on one and the same instance."""
    for index, answer in enumerate(answers):
        instance = bench.instance(index)
        before = text_of(instance)
        first = bench.score(instance, copy.deepcopy(answer))
        if text_of(instance) == before:
            continue
        try:
            second: float | None = bench.score(instance, copy.deepcopy(answer))
        except (TaskError, Malformed):
            second = None
        if second != first:
            return f"scoring changes instance {index}, which then scores differently the second time"
    return ""


def examine_dependence(bench: Bench, answers: Sequence[Any], scores: Sequence[float]) -> list[Finding]:
    """Score honest answers with everything in their instances changed: the score must depend on that."""
    instances = [bench.instance(index) for index in range(min(len(answers), MOST_SWAPPED))]
    if mean(scores) <= 0 or len(instances) < 2:
        return []
    for index, instance in enumerate(instances):
        for changed in _others(instance, instances[index - 1]):
            try:
                if bench.score(changed, copy.deepcopy(answers[index])) != scores[index]:
                    return []
            except (TaskError, Malformed):
                return []
    return [new_finding("C212", f"{len(instances)} answers score the same if everything in their instances is changed")]


def _others(instance: Instance, other: Instance) -> Iterator[Instance]:
    """Another instance, one with larger numbers, and one with those of the other sign."""
    yield copy.deepcopy(other)
    for change in (_another, lambda leaf: -leaf - 1 if is_number(leaf) else _another(leaf)):
        inputs, hidden = copy.deepcopy((dict(instance.inputs), instance.hidden))
        yield replace(instance, inputs=each(inputs, change), hidden=each(hidden, change))


def _another(leaf: Any) -> Any:
    if isinstance(leaf, bool):
        return not leaf
    return nonsense(leaf) if is_number(leaf) or isinstance(leaf, str) else leaf
