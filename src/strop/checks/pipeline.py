"""Check a task of any form: examine it, try every attack on it, and merge the findings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from strop.base.errors import TaskError
from strop.checks.attack import Attack, attacks
from strop.checks.bench import bench_of
from strop.checks.checked import Checked
from strop.checks.command import CommandSubject, outside
from strop.checks.command_bench import CommandBench
from strop.checks.findings import Finding, merge, new_finding
from strop.checks.sampled import SampledFacts, SampledSubject
from strop.checks.verdicts import LATE, AttackResult, worst
from strop.sandbox.base import Sandbox
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Seeds, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.function.task import FunctionTask


@dataclass(frozen=True)
class CheckSettings:
    """How much to try."""

    repeat: int = 5
    """Evaluations of the seed solution, 1 and up; of a command, runs of the original with one seed, and with others."""
    workers: int = 1
    """Programs that run at once, where time does not count; the task's own functions are called one at a time."""
    attacks: Sequence[Attack] | None = None
    """The attacks to try; all by default."""
    seconds: float = 60.0
    """After which no further attack begins; the result says which were not tried."""

    def chosen(self, form: Literal["sampled", "command"]) -> Sequence[Attack]:
        """The attacks to try on tasks of this form."""
        return attacks(form) if self.attacks is None else self.attacks


DEFAULTS = CheckSettings()
ENOUGH = 10
"""Spoiled answers of which at least one is the original's own answer back, so that something is scored."""
Notify = Callable[[str], None]


class Subject(Protocol):
    """A task under attack."""

    def examine(self, repeat: int, pool: Executor, notify: Notify) -> tuple[list[Finding], bool]:
        """(what is wrong with the task itself, whether attacks make sense)."""
        ...

    def variants(self, attack: Attack) -> Iterable[Any]: ...

    def attack(self, attack: Attack, variant: Any) -> AttackResult: ...

    def after(self) -> list[Finding]:
        """What all attacks together showed."""
        ...


def check_sampled(
    task: Task, sandbox: Sandbox, secret: bytes, settings: CheckSettings = DEFAULTS, notify: Notify = print
) -> Checked:
    """Check a task whose answers the host scores. `notify` is called with the name of each step.

    Raises:
        SandboxError: the host could not run a guest.
    """
    by_time, examined = False, task
    if isinstance(task, FunctionTask) and task.by_time:  # its answers are examined apart from its score
        by_time, examined = True, replace(task, score=lambda instance, answer: 0.5, by_time=False)
    try:
        tried = settings.chosen("sampled")
        subject = SampledSubject(bench_of(examined, sandbox, secret), tried, SampledFacts(by_time=by_time))
    except TaskError as error:
        return Checked(task=task.name, findings=(new_finding("C008", str(error)),))
    with ThreadPoolExecutor(settings.workers, "strop-check") as pool:
        findings, results = _check(subject, settings, tried, pool, notify)
    instances = subject.bench.attacked.instances if subject.facts.seed else 0
    return Checked(task=task.name, findings=findings, attacks=results, facts=subject.facts, instances=instances)


def check_command(
    task: CommandTask, workspaces: Workspaces, seeds: Seeds, settings: CheckSettings = DEFAULTS, notify: Notify = print
) -> Checked:
    """Check a task that a command scores. `notify` is called with the name of each step.

    Raises:
        SandboxError: the host could not run a command.
    """
    with outside(task.root) as around:
        subject = CommandSubject(CommandBench(task, workspaces, seeds), around)
        with ThreadPoolExecutor(1 if subject.in_turns else max(settings.workers, 1), "strop-check") as pool:
            findings, results = _check(subject, settings, settings.chosen("command"), pool, notify)
    return Checked(task=task.name, findings=findings, attacks=results, facts=subject.facts)


def _check(
    subject: Subject, settings: CheckSettings, tried: Sequence[Attack], pool: ThreadPoolExecutor, notify: Notify
) -> tuple[tuple[Finding, ...], tuple[AttackResult, ...]]:
    findings, attackable = subject.examine(settings.repeat, pool, notify)
    if not attackable:
        return merge(findings), ()
    end = time.monotonic() + settings.seconds

    def in_time(attack: Attack, variant: Any) -> AttackResult:
        if time.monotonic() < end:
            return subject.attack(attack, variant)
        return AttackResult(attack, "refused", 0.0, f"{LATE} {settings.seconds:g} s", variants=0)

    results = []
    try:
        variants = {attack.name: list(subject.variants(attack)) for attack in tried}
        jobs: dict[str, list[Future[AttackResult]]] = {attack.name: [] for attack in tried}
        for number in range(max(map(len, variants.values()), default=0)):  # one of each first, should time be short
            for attack in sorted(tried, key=lambda one: one.spoils):
                if number < len(variants[attack.name]):
                    jobs[attack.name].append(pool.submit(in_time, attack, variants[attack.name][number]))
        for attack in tried:
            count = len(jobs[attack.name])
            notify(f"attacks: {attack.title} ({count})" if count > 1 else f"attacks: {attack.title}")
            results.append(_worst(attack, [future.result() for future in jobs[attack.name]]))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    findings += [result.finding for result in results if result.finding is not None]
    spoiled = [each for each in results if each.attack.spoils and each.was_tried]
    if len(spoiled) > ENOUGH and all(result.verdict == "refused" for result in results):
        why = f"no attack was scored, not even with the original's answers: {spoiled[0].detail}"
        findings.append(new_finding("C106", why))
    return merge([*findings, *subject.after()]), tuple(results)


def _worst(attack: Attack, seen: list[AttackResult]) -> AttackResult:
    if not seen:
        return AttackResult(attack, "refused", 0.0, "there is nothing to try", variants=0)
    return replace(worst(seen), variants=sum(result.variants for result in seen))
