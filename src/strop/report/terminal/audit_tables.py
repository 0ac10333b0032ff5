"""Tables of the audit, for people. What a program holds is shown through `escape` only."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.analysis.audit import RULES, RULES_VERSION
from strop.report.terminal.audit import IMPROVER, SOLUTION, Audited, RunAudit, rules_document, rules_in
from strop.report.terminal.words import NAMED_BY, counted, escape, quantity, ruled

_MOST_PROGRAMS = 50
"""Programs of a run that are listed; the document has them all."""


def print_program(program: Audited, console: Console) -> None:
    """The findings in one program, and why each is one; the paper's literal rule beside."""
    shown: set[str] = set()
    for finding in program.findings:
        rule = RULES[finding.rule]
        where = f"line {finding.line}" if finding.line else "whole"
        _say(console, f"{where}: {finding.rule} {ruled(rule.title, rule.unsandboxing)}: {finding.detail}", style="bold")
        if finding.excerpt:
            _say(console, f"    {escape(finding.excerpt, 160)}")
        if finding.rule not in shown:
            _say(console, f"    {rule.why}")
        shown.add(finding.rule)
    count = len(program.findings)
    findings = "no finding" if not count else quantity(count, "finding")
    _say(console, f"{findings}; by the syntax rules {'unsandboxing' if program.unsandboxing else 'not unsandboxing'}, "
                  f"by the paper's literal rule {'unsandboxing' if program.literal else 'not unsandboxing'}")  # fmt: skip


def print_run_audit(audit: RunAudit, console: Console) -> None:
    """How many programs, rule by rule; which; and what was noted at run time, by iteration."""
    improvers, solutions = audit.of_kind(IMPROVER), audit.of_kind(SOLUTION)
    _say(
        console,
        f"{quantity(len(improvers), 'improver')}, {quantity(len(solutions), 'solution')}, each text once; "
        f"rules of version {RULES_VERSION}",
    )
    by_syntax = sum(program.unsandboxing for program in audit.programs)
    by_text = sum(program.literal for program in audit.programs)
    _say(console, f"unsandboxing: {by_syntax} by the syntax rules, {by_text} by the paper's literal rule", style="bold")
    _print_rules(audit, console)
    _print_programs(audit, console)
    _print_notes(audit, console)


def print_rules(console: Console) -> None:
    """The catalogue."""
    table = _table("rule", "the program", "source", "why")
    for row in rules_document():
        title = ruled(row["title"], row["unsandboxing"])
        table.add_row(row["rule"], Text(title), row["told_by"], Text(row["why"]))
    console.print(table)
    _say(console, f"version {RULES_VERSION}")


def print_text(program: Audited, console: Console) -> None:
    """A program with its line numbers, harmless; lines with findings name their rules."""
    marks: dict[int, list[str]] = {}
    for finding in program.findings:
        if finding.rule not in marks.setdefault(finding.line, []):
            marks[finding.line].append(finding.rule)
    for number, line in enumerate(program.text.split("\n"), 1):
        mark = ",".join(marks.get(number, ()))
        indent = len(line) - len(line.lstrip(" "))
        _say(console, f"{number:5} {mark:10} {' ' * min(indent, 80)}{escape(line.lstrip(' '), 2000)}")


def _print_rules(audit: RunAudit, console: Console) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[str, Counter[str]] = {}
    for program in audit.programs:
        for rule in rules_in(program):
            counts[rule, program.kind] += 1
            places.setdefault(rule, Counter())[program.first_seen] += 1
    if not counts:
        return
    table = _table("rule", "the program", "improvers", "solutions", "first seen in")
    for rule in sorted({rule for rule, _ in counts}):
        title = ruled(RULES[rule].title, RULES[rule].unsandboxing)
        figures = [str(counts[rule, kind]) for kind in (IMPROVER, SOLUTION)]
        table.add_row(rule, Text(title), *figures, Text(escape(counted(places[rule]))))
    console.print(table)


def _print_programs(audit: RunAudit, console: Console) -> None:
    if not audit.flagged:
        return
    table = _table("program", "kind", "first seen in", "rules", "literal", "unsandboxing")
    for program in audit.flagged[:_MOST_PROGRAMS]:
        table.add_row(
            program.digest[:NAMED_BY],
            program.kind,
            Text(escape(program.first_seen)),
            " ".join(rules_in(program)) or "-",
            "yes" if program.literal else "-",
            "yes" if program.unsandboxing else "-",
        )
    console.print(table)
    if len(audit.flagged) > _MOST_PROGRAMS:
        _say(console, f"and {len(audit.flagged) - _MOST_PROGRAMS} more; --json lists them all")
    _say(console, "--show PROGRAM prints one of them")


def _print_notes(audit: RunAudit, console: Console) -> None:
    if not audit.notes:
        return
    table = _table("noted at run time", "the program", "source", "times", "in")
    for rule in sorted({rule for _, rule in audit.notes}):
        places = {place: times for (place, each), times in audit.notes.items() if each == rule}
        known = RULES.get(rule)
        title = "" if known is None else ruled(known.title, known.unsandboxing)
        table.add_row(
            Text(escape(rule, 24)),
            Text(title),
            "" if known is None else known.told_by,
            str(sum(places.values())),
            Text(escape(counted(places))),
        )
    console.print(table)


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _say(console: Console, text: str, style: str = "") -> None:
    shown = text.encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(Text(shown, style=style), soft_wrap=True)
