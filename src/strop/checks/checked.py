"""The result of `strop check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from strop.base.as_document import computed
from strop.base.pluralize import quantity
from strop.base.results import ScoredBy
from strop.base.shown import Shown
from strop.checks.findings import Finding

Verdict: TypeAlias = Literal["refused", "harmless", "note", "warning", "broken"]
"""`refused`: no answer was scored. `harmless`: it gained nothing. Otherwise the level of the finding."""
BY = {
    "host": "strop scores its answers in a process of its own",
    "judge": "its judge computes the score, which the program cannot touch",
    "kernel": "the kernel counts what the program uses",
    "program": 'the program prints its own score, so strop will say "by its own score"; name a judge (docs/targets.md)',
}
"""Who computes the score, in words."""


@dataclass(frozen=True)
class Tried:
    """One way to spoil the original's answers, or to answer without work."""

    title: str
    """What it does."""
    verdict: Verdict
    """`refused`, `harmless`, or the level of what it showed."""
    score: float
    """Mean score of the variant that it says most about; 0 if nothing was scored."""
    variants: int
    """How many were tried."""
    finding: str = ""
    """Id of what it showed; empty if nothing."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Shown):
    """What is wrong with a task."""

    task: str
    """Name of the task."""
    scored_by: ScoredBy
    """Who computes the score: host, judge, kernel or program."""
    findings: tuple[Finding, ...]
    """What is wrong, each once, the worst first."""
    tried: tuple[Tried, ...] = ()
    """What was tried on the scorer."""
    untried: int = 0
    """Ways for which no time was left."""
    utilities: tuple[float, ...] = ()
    """Of each evaluation of the original, on the same instances."""
    instances: int = 0
    """Training instances that answers were spoiled on; 0 where nothing was spoiled."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        by = "" if self.scored_by == "host" else f"{BY[self.scored_by]}. "
        broken = [finding.title for finding in self.findings if finding.level == "broken"]
        if broken:
            more = f", and {quantity(len(broken) - 1, 'other finding')} of this level" if broken[1:] else ""
            return f"{self.task}: {by}{'Broken' if by else 'broken'}: {broken[0]}{more}."
        warnings = quantity(sum(finding.level == "warning" for finding in self.findings), "warning")
        warned = "" if warnings.startswith("0 ") else warnings
        if not self.tried:  # nothing that was not tried is called sound
            runs = "The original runs; no answer was spoiled" + (f"; {warned}" if warned else "")
            return f"{self.task}: {by}{runs}."
        late = f" {quantity(self.untried, 'way')} not tried, for lack of time." if self.untried else ""
        ways = quantity(len(self.tried), "way")
        sound = f"sound, with {warned}" if warned else "sound"
        return f"{self.task}: {sound}. {ways} of spoiling answers tried; none paid.{late}"

    @computed
    def broken(self) -> bool:
        """Whether no score of the task can be trusted; the exit code of the command is then 5."""
        return any(finding.level == "broken" for finding in self.findings)

    def __repr__(self) -> str:
        return f"<Checked {self.sentence}>"
