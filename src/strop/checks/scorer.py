"""Is score() a function of instance and answer alone? Score honest answers again and again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from strop.base.errors import Malformed, TaskError
from strop.checks.bench import Bench
from strop.checks.draws import text_of
from strop.checks.findings import Finding, new_finding
from strop.checks.spoiling import each, is_number, nonsense
from strop.tasks.base import Instance

AGAIN = 5
"""How often an answer is scored to see whether its score varies."""
DELAY_SECONDS = 0.01
"""Before each further score: a score that depends on time differs."""
MOST_SWAPPED = 6
"""Answers that are scored on another instance."""


def examine_scorer(bench: Bench, answers: Sequence[Any]) -> tuple[list[Finding], bool]:
    """Score honest answers in every way that should not matter: (what is wrong, whether equal answers score the same)."""
    before, indices = len(bench.acts.acts), range(len(answers))
    try:
        forth = [bench.score(bench.instance(index), answers[index]) for index in indices]
        repeated = [list(_again(bench, index, answers[index])) for index in indices]
        back = [bench.score(bench.instance(index), answers[index]) for index in reversed(indices)][::-1]
        # A difference of the first score alone comes from the answer before: state, not noise.
        noisy = sum(len(set(scores[1:])) > 1 for scores in repeated)
        detail = f"{noisy} of {len(answers)} answers scored differently when scored {AGAIN} times" if noisy else ""
        if not noisy and any(len({forth[index], back[index], *repeated[index]}) > 1 for index in indices):
            detail = "the same answers scored differently after other answers were scored, or a second time"
        detail = detail or _changes(bench, answers)
    except (TaskError, Malformed) as error:
        detail = f"scoring the same answer again failed: {error}"
    findings = [new_finding("C203", detail)] if detail else []
    for act, count in Counter(bench.acts.acts[before:]).items():
        if not act.startswith("reads ") or count > 1:  # reading a file once may be loading
            findings.append(new_finding("C208", f"while scoring, the host did this {count} times: {act}"))
    return findings, not detail


def _again(bench: Bench, index: int, answer: Any) -> Iterator[float]:
    for number in range(AGAIN):
        instance = bench.instance(index)
        time.sleep(DELAY_SECONDS if number and index < MOST_SWAPPED else 0.0)
        yield bench.score(instance, answer)


def _changes(bench: Bench, answers: Sequence[Any]) -> str:
    """Score twice on one and the same instance, where scoring changes it."""
    for index, answer in enumerate(answers):
        instance = bench.instance(index)
        before, first = text_of(instance), bench.score(instance, answer)
        if text_of(instance) != before and _scored(bench, instance, answer) != first:
            return f"scoring changes instance {index}, which then scores differently the second time"
    return ""


def _scored(bench: Bench, instance: Instance, answer: Any) -> float | None:
    try:
        return bench.score(instance, answer)
    except (TaskError, Malformed):
        return None


def examine_dependence(bench: Bench, answers: Sequence[Any], scores: Sequence[float]) -> list[Finding]:
    """Score honest answers on other instances, and with other numbers in their own: a score must depend on the instance."""
    few = min(len(answers), MOST_SWAPPED)
    if few < 2 or len(set(scores[:few])) == 1:
        return []  # perhaps all answers are as wrong, or as right
    for index in range(few):
        instance = bench.instance(index)
        others = [Instance(*each((dict(instance.inputs), instance.hidden), change)) for change in (nonsense, _negative)]
        for other in (bench.instance((index + 1) % few), *others):
            if _scored(bench, other, answers[index]) != scores[index]:
                return []
    return [new_finding("C212", f"{few} answers score the same if everything in their instances is changed")]


def _negative(leaf: Any) -> Any:
    return -leaf - 1 if is_number(leaf) else nonsense(leaf)
