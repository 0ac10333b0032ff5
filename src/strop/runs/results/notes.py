"""What the audit noted of the programs of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strop.analysis.audit import RULES


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
