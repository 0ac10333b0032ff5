"""The audit of one program, and of all programs of a run, as tables."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from strop.analysis.audit import RULES
from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.solution import NAMED_BY
from strop.base.terminal_text import escape
from strop.report.terminal.tables import fitting, print_table
from strop.report.terminal.words import counted, ruled
from strop.runs.results.audited import IMPROVER, SOLUTION, AuditedProgram, AuditedRun, AuditedText, AuditRules

_MOST_PROGRAMS = 50
"""Programs of a run that are listed; the document has them all."""


@print_result.register(AuditedText)
def print_program(program: AuditedProgram, console: Console, *, numbered: bool = False) -> None:
    """The findings in one program and their reasons, then the verdict of the paper's literal rule; or its `numbered` lines."""
    if numbered:
        _print_text(program, console)
        return
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


def _print_text(program: AuditedProgram, console: Console) -> None:
    """Print a program with line numbers; a line with findings names their rules."""
    marks: dict[int, dict[str, None]] = {}
    for finding in program.findings:
        marks.setdefault(finding.line, {})[finding.rule] = None
    for number, line in enumerate(program.text.split("\n"), 1):
        mark = ",".join(marks.get(number, ()))
        indent = len(line) - len(line.lstrip(" "))
        _print_line(console, f"{number:5} {mark:10} {' ' * min(indent, 80)}{line.lstrip(' ')}")


@print_result.register(AuditRules)
def print_rules(catalogue: AuditRules, console: Console) -> None:
    """The catalogue."""
    rows = [(rule.id, _title(rule.id), rule.source, rule.why) for rule in catalogue.rules]
    print_table(console, ("rule", "the program", "source", "why"), rows)
    _print_line(console, f"version {catalogue.rules_version}")


@print_result.register(AuditedRun)
def print_run_audit(audit: AuditedRun, console: Console) -> None:
    """How many programs, rule by rule; which; and the notes of run time, by iteration."""
    counts = f"{quantity(audit.improvers, 'improver')}, {quantity(audit.solutions, 'solution')}"
    _print_line(console, f"{counts}, each text once; rules of version {audit.rules_version}")
    line = f"unsandboxing: {audit.unsandboxing} by the syntax rules, {audit.literal} by the paper's literal rule"
    _print_line(console, line, style="bold")
    _print_counts(audit, console)
    _print_programs(audit, console)
    _print_notes(audit, console)


def _print_counts(audit: AuditedRun, console: Console) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    iterations: dict[str, Counter[str]] = {}
    for program in audit.every:
        for rule in program.rules:
            counts[rule, program.kind] += 1
            iterations.setdefault(rule, Counter())[program.first_seen] += 1
    if counts:
        rows = [
            (rule, _title(rule), str(counts[rule, IMPROVER]), str(counts[rule, SOLUTION]), counted(iterations[rule]))
            for rule in sorted(iterations)
        ]
        print_table(console, ("rule", "the program", "improvers", "solutions", "first seen in"), rows)


def _print_programs(audit: AuditedRun, console: Console) -> None:
    if not audit.programs:
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
        for program in audit.programs[:_MOST_PROGRAMS]
    ]
    print_table(console, ("program", "kind", "first seen in", "rules", "literal", "unsandboxing"), rows)
    if len(audit.programs) > _MOST_PROGRAMS:
        _print_line(console, f"and {len(audit.programs) - _MOST_PROGRAMS} more; --json lists them all")
    _print_line(console, "--show PROGRAM prints one of them")


def _print_notes(audit: AuditedRun, console: Console) -> None:
    rows = []
    for rule in sorted({note.rule for note in audit.noted}):
        notes = [note for note in audit.noted if note.rule == rule]
        times = {note.iteration: note.times for note in notes}
        rows.append((escape(rule, 24), _title(rule), notes[0].source, str(sum(times.values())), counted(times)))
    if rows:
        print_table(console, ("noted at run time", "the program", "source", "times", "in"), rows)


def _title(rule: str) -> str:
    return ruled(RULES[rule].title, RULES[rule].unsandboxing) if rule in RULES else ""


def _print_line(console: Console, text: str, style: str = "") -> None:
    """A line that is never folded."""
    console.print(Text(fitting(console, escape(text, 4000)), style=style), soft_wrap=True)
