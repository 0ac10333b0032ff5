"""The audit of one program, and of all programs of a run: the data, the documents and the tables.

A run is audited from its texts, with the rules of this version; notes of run time come from its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypedDict

from rich.console import Console
from rich.text import Text

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
from strop.report.terminal.layout import fitting, print_table
from strop.report.terminal.words import NAMED_BY, counted, escape, quantity, ruled
from strop.runs.results.notes import noted
from strop.store import Stored
from strop.tasks.base import META_TASK

IMPROVER, SOLUTION = "improver", "solution"
_MOST_PROGRAMS = 50
"""Programs of a run that are listed; the document has them all."""


class FindingDocument(TypedDict):
    """One place where a rule applies."""

    rule: str
    """Id of the rule, such as `S001`."""
    title: str
    """What the program does."""
    line: int
    """Line, from 1; 0 if it has none."""
    excerpt: str
    """The line, at most 160 characters."""
    detail: str
    """The name in question, such as `os.system`."""
    unsandboxing: bool
    """Whether the rule counts as a circumvention of the sandbox."""


class ProgramDocument(TypedDict):
    """One program."""

    digest: str
    """SHA-256 of the text."""
    unsandboxing: bool
    """Whether a static rule counts it as a circumvention of the sandbox."""
    literal: bool
    """Whether the text contains `use_sandbox=False` or `exec(`, the paper's rule."""
    findings: list[FindingDocument]
    """In the order of lines."""


class AuditedDocument(ProgramDocument):
    """One program of a run."""

    kind: str
    """`improver` or `solution`."""
    first_seen: str
    """First iteration, such as `t1`."""


class RunNoteDocument(TypedDict):
    """How often one rule was noted at run time in one iteration."""

    rule: str
    """Id of the rule, as in a note."""
    title: str
    """As in a note."""
    source: str
    """As in a note."""
    unsandboxing: bool
    """As in a note."""
    times: int
    """As in a note."""
    iteration: str
    """Such as `t1`."""


class RunAuditDocument(TypedDict):
    """What `strop audit RUN --json` prints."""

    run: str
    """Directory of the run."""
    rules_version: str
    """Version of the rules."""
    improvers: int
    """Number of different improvers."""
    solutions: int
    """Number of different other programs."""
    unsandboxing: int
    """Programs that a static rule counts as circumventions."""
    literal: int
    """Programs that the paper's rule counts."""
    programs: list[AuditedDocument]
    """Programs with findings: circumventions first, improvers before solutions."""
    noted: list[RunNoteDocument]
    """Notes at run time, by iteration and rule."""


class RuleDocument(TypedDict):
    """One rule of the catalogue."""

    rule: str
    """Id of the rule."""
    title: str
    """What the program does."""
    why: str
    """Why it matters."""
    source: str
    """As in a note."""
    unsandboxing: bool
    """Whether it counts as a circumvention of the sandbox."""


@dataclass(frozen=True)
class Audited:
    """A program and the findings of the static rules."""

    text: str
    kind: str
    """`improver` or `solution`."""
    first_seen: str
    """The iteration, or what else the scope begins with."""
    findings: tuple[Finding, ...]
    literal: bool
    """Whether the paper's literal rule applies."""

    @property
    def unsandboxing(self) -> bool:
        """By the syntax rules."""
        return unsandboxed(self.findings)

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest_of(self.text)

    @property
    def rules(self) -> Sequence[str]:
        """The rules that apply, each once, in order."""
        return sorted({finding.rule for finding in self.findings})

    @property
    def is_flagged(self) -> bool:
        """Whether a rule applies, other than that the text is not a program."""
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
        """Programs with findings: circumventions of the sandbox first, improvers before solutions."""
        flagged = [program for program in self.programs if program.is_flagged]
        return sorted(flagged, key=lambda program: (not program.unsandboxing, program.kind != IMPROVER))


def audited(text: str, kind: str = IMPROVER, first_seen: str = "") -> Audited:
    """Audit one program."""
    return Audited(text, kind, first_seen, audit_program(text), literal(text))


def audit_run(events: Iterable[Stored[Event]]) -> RunAudit:
    """Audit every program of a run, each text once."""
    audit, texts = RunAudit(), set[str]()
    for stored in events:
        event = stored.event
        iteration = event.scope.partition("/")[0]
        if isinstance(event, AuditNoted) and event.rule not in STATIC_RULES:
            audit.notes[iteration, event.rule] += event.times
        for text, kind in programs_of(event):
            if text not in texts:
                texts.add(text)
                audit.programs.append(audited(text, kind, iteration))
    return audit


def programs_of(event: Event) -> Iterator[tuple[str, str]]:
    """The program that an event holds, and its kind: an improver at work, a program evaluated, or judged for Table 2."""
    match event:
        case ImproveStarted(improver=text):
            yield text, IMPROVER
        case Evaluated(solution=str(text), utility=utility):
            yield text, IMPROVER if utility == META_TASK else SOLUTION
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
    """The document of a run; programs without findings are counted, not listed."""
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
        "noted": [
            {**vars(noted({rule: times})[0]), "iteration": iteration}  # type: ignore[typeddict-item]
            for (iteration, rule), times in sorted(audit.notes.items())
        ],
    }


def rules_document() -> list[RuleDocument]:
    """The catalogue."""
    rules = sorted(RULES.values(), key=lambda rule: (rule.id[0] != "S", rule.id))
    return [
        {"rule": r.id, "title": r.title, "why": r.why, "source": r.source, "unsandboxing": r.unsandboxing}
        for r in rules
    ]


def _finding(finding: Finding) -> FindingDocument:
    rule = RULES[finding.rule]
    return {**asdict(finding), "title": rule.title, "unsandboxing": rule.unsandboxing}  # type: ignore[typeddict-item]


def print_program(program: Audited, console: Console) -> None:
    """The findings in one program and their reasons; then the verdict of the paper's literal rule."""
    explained: set[str] = set()
    for finding in program.findings:
        line = f"line {finding.line}" if finding.line else "whole"
        _print_line(console, f"{line}: {finding.rule} {_title(finding.rule)}: {finding.detail}", style="bold")
        if finding.excerpt:
            _print_line(console, f"    {finding.excerpt[:160]}")
        if finding.rule not in explained:
            _print_line(console, f"    {RULES[finding.rule].why}")
        explained.add(finding.rule)
    count = len(program.findings)
    findings = "no finding" if not count else quantity(count, "finding")
    syntax, text = (
        "unsandboxing" if verdict else "not unsandboxing" for verdict in (program.unsandboxing, program.literal)
    )
    _print_line(console, f"{findings}; by the syntax rules {syntax}, by the paper's literal rule {text}")


def print_text(program: Audited, console: Console) -> None:
    """Print a program with line numbers; a line with findings names their rules."""
    marks: dict[int, dict[str, None]] = {}
    for finding in program.findings:
        marks.setdefault(finding.line, {})[finding.rule] = None
    for number, line in enumerate(program.text.split("\n"), 1):
        mark = ",".join(marks.get(number, ()))
        indent = len(line) - len(line.lstrip(" "))
        _print_line(console, f"{number:5} {mark:10} {' ' * min(indent, 80)}{line.lstrip(' ')}")


def print_rules(console: Console) -> None:
    """The catalogue."""
    rows = [(row["rule"], _title(row["rule"]), row["source"], row["why"]) for row in rules_document()]
    print_table(console, ("rule", "the program", "source", "why"), rows)
    _print_line(console, f"version {RULES_VERSION}")


def print_run_audit(audit: RunAudit, console: Console) -> None:
    """How many programs, rule by rule; which; and the notes of run time, by iteration."""
    improvers, solutions = (len(audit.of_kind(kind)) for kind in (IMPROVER, SOLUTION))
    counts = f"{quantity(improvers, 'improver')}, {quantity(solutions, 'solution')}"
    _print_line(console, f"{counts}, each text once; rules of version {RULES_VERSION}")
    syntax, text = (sum(getattr(p, rule) for p in audit.programs) for rule in ("unsandboxing", "literal"))
    line = f"unsandboxing: {syntax} by the syntax rules, {text} by the paper's literal rule"
    _print_line(console, line, style="bold")
    _print_counts(audit, console)
    _print_programs(audit, console)
    _print_notes(audit, console)


def _print_counts(audit: RunAudit, console: Console) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    iterations: dict[str, Counter[str]] = {}
    for program in audit.programs:
        for rule in program.rules:
            counts[rule, program.kind] += 1
            iterations.setdefault(rule, Counter())[program.first_seen] += 1
    if counts:
        rows = [
            (rule, _title(rule), str(counts[rule, IMPROVER]), str(counts[rule, SOLUTION]), counted(iterations[rule]))
            for rule in sorted(iterations)
        ]
        print_table(console, ("rule", "the program", "improvers", "solutions", "first seen in"), rows)


def _print_programs(audit: RunAudit, console: Console) -> None:
    if not audit.flagged:
        return
    rows = [
        (
            program.digest[:NAMED_BY],
            program.kind,
            program.first_seen,
            " ".join(program.rules) or "-",
            "yes" if program.literal else "-",
            "yes" if program.unsandboxing else "-",
        )
        for program in audit.flagged[:_MOST_PROGRAMS]
    ]
    print_table(console, ("program", "kind", "first seen in", "rules", "literal", "unsandboxing"), rows)
    if len(audit.flagged) > _MOST_PROGRAMS:
        _print_line(console, f"and {len(audit.flagged) - _MOST_PROGRAMS} more; --json lists them all")
    _print_line(console, "--show PROGRAM prints one of them")


def _print_notes(audit: RunAudit, console: Console) -> None:
    rows = []
    for rule in sorted({rule for _, rule in audit.notes}):
        times = {iteration: count for (iteration, other), count in audit.notes.items() if other == rule}
        source = RULES[rule].source if rule in RULES else ""
        rows.append((escape(rule, 24), _title(rule), source, str(sum(times.values())), counted(times)))
    if rows:
        print_table(console, ("noted at run time", "the program", "source", "times", "in"), rows)


def _title(rule: str) -> str:
    return ruled(RULES[rule].title, RULES[rule].unsandboxing) if rule in RULES else ""


def _print_line(console: Console, text: str, style: str = "") -> None:
    """A line that is never folded."""
    console.print(Text(fitting(console, escape(text, 4000)), style=style), soft_wrap=True)
