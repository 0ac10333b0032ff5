"""The audit of one program, and of all the programs of a run: what there is to tell, and how it is told.

A run is audited from its texts, with the rules of this version, whatever was noted when it ran; what was noted at run time
comes from its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from strop.analysis.audit import (
    RULES,
    RULES_VERSION,
    STATIC_RULES,
    UNREADABLE,
    Finding,
    audit_program,
    literal,
    unsandboxed,
)
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, Judged
from strop.base.solution import digest_of
from strop.report.terminal.notes import noted
from strop.store import Stored

META_UTILITY = "self-improvement"
IMPROVER, SOLUTION = "improver", "solution"


class FindingDocument(TypedDict):
    """One place where a rule applies."""

    rule: str
    title: str
    line: int
    excerpt: str
    detail: str
    unsandboxing: bool


class ProgramDocument(TypedDict):
    """One program."""

    digest: str
    unsandboxing: bool
    literal: bool
    findings: list[FindingDocument]


class AuditedDocument(ProgramDocument):
    """One program of a run."""

    kind: str
    first_seen: str


class RunNoteDocument(TypedDict):
    """How often one rule was noted at run time in one iteration."""

    rule: str
    title: str
    told_by: str
    unsandboxing: bool
    iteration: str
    times: int


class RunAuditDocument(TypedDict):
    """What `strop audit RUN --json` prints."""

    run: str
    rules_version: str
    improvers: int
    solutions: int
    unsandboxing: int
    literal: int
    programs: list[AuditedDocument]
    noted: list[RunNoteDocument]


class RuleDocument(TypedDict):
    """One rule of the catalogue."""

    rule: str
    title: str
    why: str
    told_by: str
    unsandboxing: bool


@dataclass(frozen=True)
class Audited:
    """A program and what the static rules say of it."""

    text: str
    kind: str
    """`improver` or `solution`."""
    first_seen: str
    """The iteration, or what else the scope begins with."""
    findings: tuple[Finding, ...]
    literal: bool

    @property
    def unsandboxing(self) -> bool:
        """By the syntax rules."""
        return unsandboxed(self.findings)

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest_of(self.text)

    @property
    def is_flagged(self) -> bool:
        """Whether there is anything to tell, beside that it is no program."""
        return self.literal or any(finding.rule != UNREADABLE for finding in self.findings)


@dataclass
class RunAudit:
    """Every program of a run, in the order of their first appearance, and the notes of run time."""

    programs: list[Audited] = field(default_factory=list)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(iteration, rule) → how often."""

    def of_kind(self, kind: str) -> list[Audited]:
        """The improvers, or the solutions."""
        return [program for program in self.programs if program.kind == kind]

    @property
    def flagged(self) -> list[Audited]:
        """Programs of which there is something to tell: circumventions of the sandbox first, improvers before solutions."""
        found = [program for program in self.programs if program.is_flagged]
        return sorted(found, key=lambda program: (not program.unsandboxing, program.kind != IMPROVER))


def audited(text: str, kind: str = IMPROVER, first_seen: str = "") -> Audited:
    """Audit one program."""
    return Audited(text, kind, first_seen, audit_program(text), literal(text))


def audit_run(events: Iterable[Stored[Event]]) -> RunAudit:
    """Audit every program of a run, each text once."""
    audit, seen = RunAudit(), set[str]()
    for stored in events:
        event = stored.event
        place = event.scope.partition("/")[0]
        if isinstance(event, AuditNoted) and event.rule not in STATIC_RULES:
            audit.notes[place, event.rule] += event.times
        for text, kind in programs_of(event):
            if text not in seen:
                seen.add(text)
                audit.programs.append(audited(text, kind, place))
    return audit


def programs_of(event: Event) -> Iterator[tuple[str, str]]:
    """The program that an event brings, and whether it is an improver: set to work, evaluated, or judged for Table 2."""
    match event:
        case ImproveStarted(improver=text):
            yield text, IMPROVER
        case Evaluated(solution=str(text), utility=utility):
            yield text, IMPROVER if utility == META_UTILITY else SOLUTION
        case Judged(program=str(text)):
            yield text, IMPROVER
        case _:
            pass


def program_document(program: Audited) -> ProgramDocument:
    """The document of one program."""
    return {
        "digest": program.digest,
        "unsandboxing": program.unsandboxing,
        "literal": program.literal,
        "findings": [_finding(finding) for finding in program.findings],
    }


def run_audit_document(audit: RunAudit, run: str) -> RunAuditDocument:
    """The document of a run; programs of which there is nothing to tell are counted, not listed."""
    return {
        "run": run,
        "rules_version": RULES_VERSION,
        "improvers": len(audit.of_kind(IMPROVER)),
        "solutions": len(audit.of_kind(SOLUTION)),
        "unsandboxing": sum(program.unsandboxing for program in audit.programs),
        "literal": sum(program.literal for program in audit.programs),
        "programs": [
            {**program_document(program), "kind": program.kind, "first_seen": program.first_seen}
            for program in audit.flagged
        ],
        "noted": [_note(place, rule, times) for (place, rule), times in sorted(audit.notes.items())],
    }


def rules_document() -> list[RuleDocument]:
    """The catalogue."""
    return [
        {
            "rule": rule.id,
            "title": rule.title,
            "why": rule.why,
            "told_by": rule.told_by,
            "unsandboxing": rule.unsandboxing,
        }
        for rule in sorted(RULES.values(), key=lambda rule: (rule.id[0] != "S", rule.id))
    ]


def _finding(finding: Finding) -> FindingDocument:
    rule = RULES[finding.rule]
    return {
        "rule": finding.rule,
        "title": rule.title,
        "line": finding.line,
        "excerpt": finding.excerpt,
        "detail": finding.detail,
        "unsandboxing": rule.unsandboxing,
    }


def _note(place: str, rule: str, times: int) -> RunNoteDocument:
    (row,) = noted({rule: times})
    return {
        "rule": rule,
        "title": row.title,
        "told_by": row.told_by,
        "unsandboxing": row.unsandboxing,
        "iteration": place,
        "times": times,
    }


def rules_in(program: Audited) -> Sequence[str]:
    """The rules that apply to a program, each once, in order."""
    return sorted({finding.rule for finding in program.findings})
