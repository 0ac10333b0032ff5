"""What the audit of a run noted, counted by rule: circumventions of the sandbox first, then what was seen most.

Every rule says whose word its notes are: a guest's can be left out or invented by the program, the others cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from strop.analysis.audit import RULES


@dataclass(frozen=True)
class Noted:
    """How often one rule applied in a run."""

    rule: str
    title: str
    """Empty for a rule that this version does not know."""
    told_by: str
    """`text`, `kernel`, `host` or `guest`; empty for a rule that this version does not know."""
    unsandboxing: bool
    times: int


def rule_words(rule: str) -> str:
    """A rule with its title: `R002 asks for more than its budget`."""
    known = RULES.get(rule)
    return rule if known is None else f"{rule} {known.title}"


def noted(counts: Mapping[str, int]) -> list[Noted]:
    """One row a rule, from how often each was noted."""
    rows = [_row(rule, times) for rule, times in Counter(counts).items() if times > 0]
    return sorted(rows, key=lambda row: (not row.unsandboxing, -row.times, row.rule))


def _row(rule: str, times: int) -> Noted:
    known = RULES.get(rule)
    if known is None:
        return Noted(rule, "", "", False, times)
    return Noted(rule, known.title, known.told_by, known.unsandboxing, times)
