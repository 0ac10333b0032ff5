"""Check a function that is scored by time: there is no scorer of the user's to attack, but its instances and answers say much."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from strop.check.bench import Bench, Trial
from strop.check.findings import Finding, found
from strop.sandbox.base import Returned
from strop.tasks.function.task import same_answer

LEAST_SECONDS = 0.005
"""CPU time of one call below which what a call costs besides the function hides gains."""


def examine_timed(bench: Bench, trials: Sequence[Trial]) -> list[Finding]:
    """What the answers and times of the original say. `trials`: the original, each time with other random numbers."""
    first = trials[0]
    if any(not isinstance(outcome, Returned) for outcome in first.outcomes):
        return []  # that it does not run is said already
    findings = []
    task, scope = bench.museum, "check/again"
    twice = bench.tried(task, task.seed, scope), bench.tried(task, task.seed, scope)
    if not _same(*twice):
        findings.append(found("C107", "the original's answers differ from call to call, with equal random numbers"))
    elif not all(_same(first, other) for other in trials[1:]):
        findings.append(found("C107", "the original's answers change with the random numbers that it gets", "warning"))
    answers = [first.answer(index) for index in range(len(first.outcomes))]
    if all(answer is None for answer in answers):
        findings.append(
            found("C411", "the original answers None to every instance, as a function that does nothing does")
        )
    elif len(answers) > 1 and all(same_answer(answers[0], answer) for answer in answers):
        findings.append(
            found("C303", "the original's answer is the same for every instance: a constant is as good, and quick")
        )
    seconds = median(outcome.spent.cpu_seconds for outcome in first.outcomes)
    if seconds < LEAST_SECONDS:
        findings.append(found("C108", f"a call takes {seconds * 1000:.2g} ms, less than {LEAST_SECONDS * 1000:g} ms"))
    return findings


def _same(one: Trial, other: Trial) -> bool:
    count = min(len(one.outcomes), len(other.outcomes))
    return all(same_answer(one.answer(index), other.answer(index)) for index in range(count))
