"""Whether a better score of a task proves anything, tried before anything is paid for.

An evaluator that is apart from the program, or a command that scores what the program prints and writes, is given the original's
own answers, spoiled, as in `strop check`
(docs/design/0106-evaluators-that-reward-spoiled-answers.md).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from strop.base.console import notify
from strop.checks.answer_parts import PARTS
from strop.checks.attack import Attack, attacks
from strop.checks.command import AGAIN, SEVERAL, CommandSubject, Outside
from strop.checks.command_bench import CommandBench, OneSeed
from strop.checks.command_original import CommandOriginal, mean_values
from strop.checks.own_clock import follows_own_clock
from strop.checks.own_score import TOLD_SECONDS, own_score
from strop.checks.seed import deviation
from strop.checks.verdicts import AttackResult
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import REWARDED, Terms
from strop.evaluation.commands.program_copy import CopyRun
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.command.task import CommandTask, is_counted

EXECUTES = "the scorer runs as code what the program returns"
SECONDS = 10.0
"""After which no further spoiled answer is tried, if that is longer than `EVALUATIONS` take."""
EVALUATIONS = 8
TIMES, LEAST = 10.0, 1e-9
"""How much better a spoiled answer is that is rewarded: times, and in utility."""
TELLING: dict[str, tuple[Any, ...]] = {
    "emptied": ("same",),
    "skipped": ("one", "other"),
    "nan": ("all",),
    "told": ("billionth", "1e9", "-1e9"),
    "written_code": ("text", "bare text", "bytes"),
    "cut": ("third", "half"),
    "part": ("half",),
    "repeated": ("first", "least", "many times"),
    "infinity": ("inf all", "-inf all"),
    "huge_numbers": ("1e9 all", "-1e9 all", *(f"{number} {part}" for part in PARTS for number in ("1e9", "-1e9"))),
}
"""Spoilers and variants, the most telling first: no honest program gives them, and values of another kind are refused anyway.
Other numbers are not among them: where a program returns priorities, they can be better ones. Nor is one element alone: it is
broadcast, and a constant can be better than a poor prediction."""
_NOT_FINITE = ("nan", "infinity")


def why_unproven(
    task: CommandTask, original: CopyRun, seed: int, workspaces: Workspaces, notes: AuditLog, terms: Terms
) -> str:
    """Why a better score of this task would prove nothing; empty if nothing shows that.

    `original`: a run of the original on `seed`. `terms`: of an evaluator that is apart.
    """
    bench = CommandBench(task, workspaces, OneSeed(seed), terms, notes)
    if task.parties is None:
        reason = own_score(bench, original)
        sees_answers = not is_counted(task) and not task.by_time and not task.compare_output
        return reason or (_rewards(bench, original) if sees_answers else "")
    reason = _rewards(bench, original)
    return reason if reason or terms.shared_because else follows_own_clock(bench, original)


def _rewards(bench: CommandBench, original: CopyRun) -> str:
    """Whether what scores the program rewards a spoiled answer, in words; empty if nothing shows that."""
    subject = CommandSubject(bench, Outside(0, ()), only_gains=True)
    subject.facts = _facts(bench.task, [original])
    seconds = original.wall_seconds
    if seconds > SECONDS:
        notify(f"an evaluation takes {seconds:.0f} s: strop check tries whether spoiled answers are rewarded")
        return ""
    most = max(SECONDS, EVALUATIONS * seconds)
    if seconds > TOLD_SECONDS:
        notify(f"trying for {most:.0f} s whether spoiled answers are rewarded")
    begin = time.monotonic()
    for attack, variant in _telling(subject):
        if time.monotonic() - begin > most:
            break
        result = subject.attack(attack, variant)
        if result.finding is not None and result.finding.id == "C421":
            return EXECUTES
        if _gains(result, subject.facts):
            subject.facts = _facts(bench.task, [original, *_again(bench, original)])
            result = subject.attack(attack, variant)
            if _gains(result, subject.facts):
                return f"{REWARDED}: {uncapitalized(result.detail)}"
    return ""


def uncapitalized(words: str) -> str:
    """The words with a small first letter, unless they begin with an abbreviation such as NaN."""
    return words if words[1:3] != words[1:3].lower() else f"{words[:1].lower()}{words[1:]}"


def _telling(subject: CommandSubject) -> Iterator[tuple[Attack, Any]]:
    """The spoiled answers to try, one variant of each first."""
    known = {attack.name: attack for attack in attacks("command") if attack.spoils}
    rows = []
    for name, variants in TELLING.items():
        if name in _NOT_FINITE and subject.task.parties is not None and not subject.task.parties.allow_nan:
            continue  # malformed anyway
        applying = subject.variants(known[name])
        rows.append([(known[name], variant) for variant in variants if variant in applying])
    for row in zip_longest(*rows):
        yield from (each for each in row if each is not None)


def _gains(result: AttackResult, original: CommandOriginal) -> bool:
    """Whether it is clearly better than the original, not only as good; odd numbers, which may be right, ten times."""
    spread = SEVERAL * (deviation(original.utilities) or 0.0)
    least = TIMES / (1 + TIMES) if result.attack.kind == "value" else max(original.utilities) + max(spread, LEAST)
    return result.verdict in ("broken", "suspicious") and result.utility > least


def _facts(task: CommandTask, runs: Sequence[CopyRun]) -> CommandOriginal:
    values = tuple(run.values for run in runs)
    utilities = tuple(task.objective.utility(each, mean_values(values)) for each in values)
    shown = tuple(run.behaviour for run in runs if run.behaviour is not None)
    return CommandOriginal(task, (), values, (), utilities, shown=shown, readings=runs[0].readings, first=runs[0])


def _again(bench: CommandBench, original: CopyRun) -> list[CopyRun]:
    """Further runs of the original that succeed."""
    runs = (run.like(original.readings) for run in bench.run(bench.task.files, AGAIN - 1))
    return [run for run in runs if run.values]
