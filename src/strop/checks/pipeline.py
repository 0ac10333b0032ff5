"""The way of a check, for every form of task: examine the task, try every attack on it, and merge what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

from strop.base.errors import TaskError
from strop.checks.attack import Attack, attacks
from strop.checks.bench import bench_of
from strop.checks.command import CommandSubject, outside
from strop.checks.command_original import CommandOriginal
from strop.checks.findings import Finding, merge, new_finding
from strop.checks.sampled import SampledFacts, SampledSubject
from strop.checks.verdicts import AttackResult, worst
from strop.sandbox.base import Sandbox
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Instance, Seeds, Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask


@dataclass(frozen=True)
class CheckResult:
    """What a check of a task came to."""

    task: AnyTask
    findings: tuple[Finding, ...]
    """One an id, the worst first."""
    attacks: tuple[AttackResult, ...] = ()
    facts: SampledFacts | CommandOriginal | None = None
    """What was seen of the task itself; None where there was nothing to look at."""
    instances: int = 0
    """How many instances an attack on a sampled task was tried on."""

    @property
    def broken(self) -> bool:
        """Whether no score of this task can be trusted."""
        return any(finding.level == "broken" for finding in self.findings)


@dataclass(frozen=True)
class Settings:
    """How much is tried."""

    repeat: int = 5
    """How often the seed solution is evaluated, 1 and up; of a command the original, with one seed and with others."""
    jobs: int = 1
    """Programs that run at once, where time does not count; the task's own functions are called one at a time."""
    attacks: Sequence[Attack] | None = None
    """Which attacks are tried; all when not given."""


DEFAULTS = Settings()
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
    task: Task, sandbox: Sandbox, secret: bytes, settings: Settings = DEFAULTS, notify: Notify = print
) -> CheckResult:
    """Check a task whose answers the host scores. `notify` is called with what is being done.

    Raises:
        SandboxError: the host could not run a guest.
    """
    by_time = isinstance(task, FunctionTask) and task.by_time
    if by_time:
        task = replace(task, score=_par)
    try:
        subject = SampledSubject(bench_of(task, sandbox, secret), by_time)
    except TaskError as error:
        return CheckResult(task, (new_finding("C008", str(error)),))
    with ThreadPoolExecutor(settings.jobs, "strop-check") as pool:
        findings, results = _check(subject, settings, attacks("sampled"), pool, notify)
    facts = subject.facts
    return CheckResult(task, findings, results, facts, subject.bench.attacked.instances if facts.seed else 0)


def check_command(
    task: CommandTask, workspaces: Workspaces, seeds: Seeds, settings: Settings = DEFAULTS, notify: Notify = print
) -> CheckResult:
    """Check a task that a command scores. `notify` is called with what is being done.

    Raises:
        SandboxError: the host could not run a command.
    """
    with outside(task.root) as around:
        subject = CommandSubject(task, workspaces, seeds, around)
        with ThreadPoolExecutor(1 if subject.in_turns else max(settings.jobs, 1), "strop-check") as pool:
            findings, results = _check(subject, settings, attacks("command"), pool, notify)
    return CheckResult(task, findings, results, subject.facts)


def _par(instance: Instance, answer: object) -> float:
    """Stands in for the score of a function that is scored by time: its answers are examined separately."""
    return 0.5


def _check(
    subject: Subject, settings: Settings, known: Sequence[Attack], pool: ThreadPoolExecutor, notify: Notify
) -> tuple[tuple[Finding, ...], tuple[AttackResult, ...]]:
    findings, attackable = subject.examine(settings.repeat, pool, notify)
    if not attackable:
        return merge(findings), ()
    results = []
    try:
        jobs = [
            (attack, [pool.submit(subject.attack, attack, variant) for variant in subject.variants(attack)])
            for attack in (known if settings.attacks is None else settings.attacks)
        ]
        for attack, tried in jobs:
            notify(f"attacks: {attack.title} ({len(tried)})" if tried[1:] else f"attacks: {attack.title}")
            nothing = AttackResult(attack, "refused", 0.0, "there is nothing to try", variants=0)
            of_variants = [future.result() for future in tried]
            results.append(replace(worst(of_variants), variants=len(tried)) if tried else nothing)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    findings += [result.finding for result in results if result.finding is not None]
    return merge([*findings, *subject.after()]), tuple(results)
