"""The result of `strop check`."""

from __future__ import annotations

from dataclasses import dataclass

from strop.base.as_document import computed
from strop.base.pluralize import quantity
from strop.base.shown import Shown
from strop.checks.command_original import CommandOriginal
from strop.checks.findings import Finding
from strop.checks.sampled import SampledFacts
from strop.checks.verdicts import LATE, AttackResult


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Shown):
    """The findings of the attacks on a task."""

    task: str
    """Name of the task."""
    findings: tuple[Finding, ...]
    """What is wrong, each once, the worst first."""
    attacks: tuple[AttackResult, ...] = ()
    """Each attack, and what became of it."""
    facts: SampledFacts | CommandOriginal | None = None
    """How the task itself behaved; null if it could not be examined."""
    instances: int = 0
    """Training instances that each attack was tried on; 0 for a command."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        broken = [finding.title for finding in self.findings if finding.level == "broken"]
        if broken:
            more = f", and {quantity(len(broken) - 1, 'other finding')} of this level" if broken[1:] else ""
            return f"{self.task}: broken: {broken[0]}{more}."
        warnings = sum(finding.level == "warning" for finding in self.findings)
        verdict = f"{self.task}: sound" + (f", with {quantity(warnings, 'warning')}" if warnings else "")
        return f"{verdict}. {self._tried_in_words}"

    @computed
    def broken(self) -> bool:
        """Whether no score of the task can be trusted; the exit code of the command is then 5."""
        return any(finding.level == "broken" for finding in self.findings)

    @property
    def tried(self) -> tuple[AttackResult, ...]:
        """The attacks that applied to the task, and began in time."""
        return tuple(result for result in self.attacks if result.was_tried)

    @property
    def _tried_in_words(self) -> str:
        """How many attacks were tried on a sound task."""
        if not self.tried and isinstance(self.facts, SampledFacts) and self.facts.by_time:
            return "No attack applies: only time counts, and answers must equal the original's."
        spoils = sum(result.attack.spoils for result in self.tried)
        rest = len(self.tried) - spoils
        ways = f"{quantity(spoils, 'way')} of spoiling the original's answers" if spoils else ""
        others = quantity(rest, "other attack" if spoils else "attack") if rest else ""
        tried = (
            f"{' and '.join(filter(None, (ways, others)))} tried; none paid." if self.tried else "No attack was tried."
        )
        late = sum(result.detail.startswith(LATE) for result in self.attacks)
        return tried + (f" {quantity(late, 'attack')} not tried, for lack of time." if late else "")

    def __repr__(self) -> str:
        return (
            f"<Checked {self.task}: {'broken' if self.broken else 'sound'}, {quantity(len(self.findings), 'finding')}>"
        )
