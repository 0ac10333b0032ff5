"""Parts that several results share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strop.analysis.audit import RULES
from strop.analysis.stats import Estimate, estimate, score_estimate, stratified


@dataclass(frozen=True, kw_only=True)
class Sample(Estimate):
    """Values in [0, 1], one a copy of the task, with the 95% interval of their mean over new copies on these instances."""

    values: tuple[float, ...]
    """One value per copy of the task."""


def sample(values: Sequence[float], tasks: int = 1) -> Sample | None:
    """The sample of some values, ordered by task; None of none. The standard error is that of fixed tasks."""
    if not values:
        return None
    interval, copies = score_estimate(values).interval, len(values) // tasks
    groups = [values[number * copies : (number + 1) * copies] for number in range(tasks)]
    whole = stratified(groups) if tasks > 1 else estimate(values)
    return Sample(whole.mean, whole.stderr, whole.n, interval, values=tuple(values))


@dataclass(frozen=True, kw_only=True)
class Noted:
    """How often the audit noted one rule in a run."""

    rule: str
    """Id of the rule, such as `R005`."""
    title: str
    """Empty for a rule of another version."""
    source: str
    """Source of the notes: `text`, `kernel`, `host` or `guest`; a guest's notes can be left out or invented by the program.
    Empty for a rule of another version."""
    unsandboxing: bool
    """Whether it counts as a circumvention of the sandbox (§6.2 of the paper)."""
    times: int
    """How often. For a rule on texts the number of its findings, each program once."""


def noted(counts: Mapping[str, int]) -> list[Noted]:
    """Rule → how often it was noted, as one row for each rule: circumventions of the sandbox first, then the most frequent."""
    rows = [_noted(rule, times) for rule, times in counts.items() if times > 0]
    return sorted(rows, key=lambda row: (not row.unsandboxing, -row.times, row.rule))


def _noted(rule: str, times: int) -> Noted:
    entry = RULES.get(rule)
    title, source, unsandboxing = (entry.title, entry.source, entry.unsandboxing) if entry else ("", "", False)
    return Noted(rule=rule, title=title, source=source, unsandboxing=unsandboxing, times=times)
