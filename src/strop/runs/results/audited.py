"""The result of `strop audit`: one program, or all programs of a run.

A run is audited from its texts, with the rules of this version; notes of run time come from its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from strop.analysis.audit import (
    LITERAL,
    RULES,
    RULES_VERSION,
    UNREADABLE,
    AuditFinding,
    Rule,
    audit_program,
    literal,
    unsandboxed,
)
from strop.base.as_document import HIDDEN, computed
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, Judged
from strop.base.solution import digest_of
from strop.runs.results.parts import Noted, noted
from strop.runs.run_data import RunData
from strop.store import Stored
from strop.tasks.base import META_TASK

IMPROVER, SOLUTION = "improver", "solution"


@dataclass(frozen=True)
class AuditedProgram:
    """A program and the findings of the static rules."""

    text: str = field(metadata=HIDDEN)
    kind: str
    """`improver` or `solution`; of a file, `improver`."""
    first_seen: str
    """First iteration, such as `t1`, or what else the scope begins with; empty for a file."""
    findings: tuple[AuditFinding, ...]
    """Findings of the static rules, in the order of lines."""
    literal: bool
    """Whether the text contains `use_sandbox=False` or `exec(`, the paper's rule."""

    @computed
    def unsandboxing(self) -> bool:
        """Whether a static rule counts it as a circumvention of the sandbox."""
        return unsandboxed(self.findings)

    @computed
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest_of(self.text)

    @property
    def rules(self) -> Sequence[str]:
        """The rules that apply, each once, in order."""
        return sorted({finding.rule for finding in self.findings})

    @property
    def counts(self) -> Counter[str]:
        """Rule → number of findings, the paper's rule with them. What does not parse cannot run, and has none."""
        found = (one.rule for one in self.findings if one.rule != UNREADABLE or not one.line)
        return Counter([*found, *[LITERAL] * self.literal])

    @property
    def is_flagged(self) -> bool:
        """Whether a rule applies, other than that the text is not a program."""
        return self.literal or any(finding.rule != UNREADABLE for finding in self.findings)


@dataclass(frozen=True)
class AuditedText(AuditedProgram):
    """One program, a file or a program of a run, with its text."""

    text: str
    """The program."""
    program: str
    """Path of the file, or digest of the program of a run."""
    rules_version: str = RULES_VERSION
    """Version of the rules."""


@dataclass(frozen=True)
class AuditRules:
    """The catalogue of the audit."""

    rules_version: str = RULES_VERSION
    """Version of the rules."""
    rules: tuple[Rule, ...] = tuple(sorted(RULES.values(), key=lambda rule: (rule.id[0] != "S", rule.id)))
    """Rules on texts first."""


@dataclass(frozen=True)
class NotedIn(Noted):
    """How often one rule was noted at run time in one iteration."""

    iteration: str
    """Such as `t1`."""


@dataclass(frozen=True)
class AuditedRun:
    """The programs of a run, and what was noted while they ran."""

    run: Path
    """Directory of the run."""
    every: tuple[AuditedProgram, ...] = field(metadata=HIDDEN)
    """Every program, each text once, in the order of their first appearance."""
    noted: tuple[NotedIn, ...]
    """Notes at run time, by iteration and rule."""
    rules_version: str = RULES_VERSION
    """Version of the rules."""

    @computed
    def improvers(self) -> int:
        """Number of different improvers."""
        return sum(program.kind == IMPROVER for program in self.every)

    @computed
    def solutions(self) -> int:
        """Number of different other programs."""
        return len(self.every) - self.improvers

    @computed
    def unsandboxing(self) -> int:
        """Programs that a static rule counts as circumventions."""
        return sum(program.unsandboxing for program in self.every)

    @computed
    def literal(self) -> int:
        """Programs that the paper's rule counts."""
        return sum(program.literal for program in self.every)

    @computed
    def programs(self) -> tuple[AuditedProgram, ...]:
        """Programs with findings: circumventions first, improvers before solutions."""
        flagged = (program for program in self.every if program.is_flagged)
        return tuple(sorted(flagged, key=lambda program: (not program.unsandboxing, program.kind != IMPROVER)))


def audited(text: str, kind: str = IMPROVER, first_seen: str = "") -> AuditedProgram:
    """Audit one program."""
    return AuditedProgram(text, kind, first_seen, audit_program(text), literal(text))


def notes_of(run: RunData) -> list[Noted]:
    """What was noted while the programs of a run ran, and what the rules on texts find in its improvers."""
    return noted(sum((audited(run.text(improver)).counts for improver in run.improvements), run.notes))


def audited_run(events: Iterable[Stored[Event]], run: Path) -> AuditedRun:
    """Audit every program of the run in the directory `run`, each text once."""
    programs: dict[str, AuditedProgram] = {}
    notes: Counter[tuple[str, str]] = Counter()
    for stored in events:
        event = stored.event
        iteration = event.scope.partition("/")[0]
        if isinstance(event, AuditNoted):
            notes[iteration, event.rule] += event.times
        text, kind = _program_of(event)
        if text is not None and text not in programs:
            programs[text] = audited(text, kind, iteration)
    of_iterations = (
        NotedIn(**vars(note), iteration=iteration)
        for (iteration, rule), times in sorted(notes.items())
        for note in noted({rule: times})
    )
    return AuditedRun(run, tuple(programs.values()), tuple(of_iterations))


def _program_of(event: Event) -> tuple[str | None, str]:
    """The program that an event holds, and its kind: an improver at work, a program evaluated, or judged for Table 2."""
    match event:
        case ImproveStarted(improver=text) | Judged(program=text):
            return text, IMPROVER
        case Evaluated(solution=text, utility=utility):
            return text, IMPROVER if utility == META_TASK else SOLUTION
        case _:
            return None, ""
