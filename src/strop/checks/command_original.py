"""The original of a command task: does it run, is its score one number, how much does that vary, and does the seed matter?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from strop.base.pluralize import quantity
from strop.checks.findings import Finding, new_finding
from strop.checks.seed import MUCH, deviation
from strop.core.audit_log import AuditLog
from strop.core.metric_change import check_of
from strop.core.utilities.command_run import Copy, Measured
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Seeds
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.objective import TIMES
from strop.tasks.command.task import CommandTask

SCORELESS = "malformed"
"""The verdict of a run whose score cannot be read."""
TELLING = 1e-12
"""Relative; values that differ by less are equal."""


@dataclass(frozen=True)
class CommandOriginal:
    """How the original fared."""

    findings: tuple[Finding, ...]
    same: tuple[Mapping[str, float], ...] = ()
    """Values of the runs with one seed."""
    others: tuple[Mapping[str, float], ...] = ()
    """Values of the runs with other seeds, one each."""
    utilities: tuple[float, ...] = ()
    """Of `same`, relative to the mean of their values."""
    output: str = ""
    """What the first run printed."""
    share: float = 0.0
    """Of the time limit that the slowest run took."""
    shown: tuple[Behaviour, ...] = ()
    """What each run showed, those with one seed first; empty where nothing is compared."""

    @property
    def values(self) -> dict[str, float]:
        """Metric → mean over the runs with one seed."""
        return mean_values(self.same)

    @property
    def deviation(self) -> float:
        """Of the utilities; 0 for fewer than two."""
        return deviation(self.utilities) or 0.0

    @property
    def deterministic(self) -> bool:
        """Whether every run with one seed came to the same, in all that a command says of itself."""
        return all(_equal(each, self.same[0]) for each in self.same)

    @property
    def seed_matters(self) -> bool | None:
        """Whether another seed gives other values; None where runs with one seed differ too, so that nobody can tell."""
        if not self.same or not self.deterministic:
            return None
        return any(not _equal(each, self.same[0]) for each in self.others)

    @property
    def said(self) -> str:
        """Its values, in words."""
        return ", ".join(f"{name} {value:.6g}" for name, value in self.values.items())


def examine_original(
    task: CommandTask, workspaces: Workspaces, seeds: Seeds, repeat: int, notes: AuditLog
) -> CommandOriginal:
    """Build and run the original: `repeat` times with one seed, and `repeat` times with others."""
    with Copy(task, task.files, workspaces, notes) as copy:
        failed = copy.build()
        if failed is not None:
            return CommandOriginal((new_finding("C401", f"{failed.verdict}: {sentence(failed)}"),))
        drawn = [seeds.seed(task.name, "train", index) for index in range(repeat + 1)]
        runs: list[Measured] = []
        for seed, index in [*((drawn[0], 0),) * repeat, *((seed, index) for index, seed in enumerate(drawn) if index)]:
            runs.append(copy.run(seed, index))
            if not runs[-1].values:
                return CommandOriginal((_failure(runs),), output=runs[0].output)
    same = tuple(dict(run.values) for run in runs[:repeat])
    share = max(run.wall_seconds for run in runs) / task.time_limit
    utilities = tuple(task.objective.utility(values, mean_values(same)) for values in same)
    others = tuple(dict(run.values) for run in runs[repeat:])
    shown = tuple(run.behaviour for run in runs if run.behaviour is not None)
    original = CommandOriginal((), same, others, utilities, runs[0].output, share, shown)
    return replace(original, findings=tuple(_findings(task, original)))


def mean_values(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Metric → mean; empty for nothing."""
    return {name: sum(values[name] for values in each) / len(each) for name in each[0]} if each else {}


def _failure(runs: Sequence[Measured]) -> Finding:
    last = runs[-1]
    which = "" if len(runs) == 1 else f" in run {len(runs)}, after {quantity(len(runs) - 1, 'run')} that did not fail"
    return new_finding("C402" if last.verdict == SCORELESS else "C401", f"{last.verdict}{which}: {sentence(last)}")


def _findings(task: CommandTask, original: CommandOriginal) -> list[Finding]:
    findings: list[Finding] = []
    unmet = next((said for values in original.same if (said := task.objective.unmet(values))), "")
    if unmet:
        findings.append(new_finding("C403", unmet))
    # A time differs in every run, and is measured in turns.
    steady = [name for name, reader in task.objective.readers.items() if reader not in TIMES]
    if any(not _equal({name: values[name] for name in steady}, original.same[0]) for values in original.same):
        name = task.objective.metrics[0].name
        spread = deviation([values[name] for values in original.same]) or 0.0
        said = f"{name}: standard deviation {spread:.2g}, {quantity(len(original.same), 'run')} with one seed"
        findings.append(new_finding("C404", said))
    if task.seeded and original.seed_matters is False:
        runs = quantity(len(original.others), "run")
        findings.append(new_finding("C405", f"{runs} with other seeds came to exactly the same: {original.said}"))
    if original.share > MUCH:
        findings.append(new_finding("C406", f"the slowest run took {original.share:.0%} of {task.time_limit:g} s"))
    answers = _of_answers(task, original)
    return [*findings, answers] if answers else findings


def _of_answers(task: CommandTask, original: CommandOriginal) -> Finding | None:
    """Whether anything looks at the answer of a program whose score is a cost."""
    check, shown = check_of(task), original.shown
    what = " and ".join(metric.name for metric in task.objective.metrics)
    if check == "nothing":
        said = f"{what} is all that counts, and the comparison with the original's output is turned off"
        return new_finding("C416", said, "warning")
    if not shown:
        return None
    differences = (shown[0].difference(each, quoted=True) for each in shown[: len(original.same)])
    if differs := next(filter(None, differences), ""):
        return new_finding("C418", f"run again with the same seed, {differs}")
    if all(each.is_empty for each in shown) and not task.objective.has_check:
        return new_finding("C416", f"{what} is all that counts; the original prints nothing and leaves no file")
    if check == "comparison" and len({each.name for each in shown}) == 1:
        runs = quantity(len(original.others), "run")
        said = f"{runs} with other seeds showed the same: a program that prints just that is as good, and none is called better"
        return new_finding("C417", said, "note" if task.fixed_input else None)
    return None


def sentence(run: Measured) -> str:
    """Why a run failed, and the line that was printed last."""
    lines = [line for line in run.error.splitlines() if line.strip()]
    return " ... ".join(dict.fromkeys([lines[0], lines[-1]])) if lines else run.verdict


def _equal(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(abs(one[name] - other[name]) <= TELLING * max(abs(one[name]), abs(other[name])) for name in one)
