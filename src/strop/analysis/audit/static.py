"""The static audit of one program: its text in, findings out. Nothing is executed."""

from __future__ import annotations

from collections.abc import Iterable

from strop.analysis.audit.checks import Visitor
from strop.analysis.audit.rules import STATIC_RULES, UNREADABLE, AuditFinding
from strop.analysis.parsing import Unreadable, parsed

_LONGEST_EXCERPT = 160
_MOST_FINDINGS = 200


def audit_program(text: str) -> tuple[AuditFinding, ...]:
    """Findings of the static rules, in the order of lines: one for each rule, line and detail.

    Never raises. A text that cannot be read (no Python, too long, too deep) has one finding, of rule S000.
    """
    try:
        hits = Visitor(parsed(text)).hits
    except Unreadable as error:
        return (AuditFinding(UNREADABLE, error.line, error.excerpt[:_LONGEST_EXCERPT], str(error)),)
    except (RecursionError, MemoryError):
        return (AuditFinding(UNREADABLE, 0, "", "nested too deeply"),)
    lines = text.splitlines()
    return tuple(_finding(rule, line, detail, lines) for line, rule, detail in sorted(hits))[:_MOST_FINDINGS]


def literal(text: str) -> bool:
    """The paper's rule (§6.2), exactly: the text contains `use_sandbox=False` or `exec(`."""
    return "use_sandbox=False" in text or "exec(" in text


def unsandboxed(findings: Iterable[AuditFinding]) -> bool:
    """Whether any of the findings counts as a circumvention of the sandbox."""
    return any(finding.rule in STATIC_RULES and STATIC_RULES[finding.rule].unsandboxing for finding in findings)


def _finding(rule: str, line: int, detail: str, lines: list[str]) -> AuditFinding:
    excerpt = lines[line - 1].strip()[:_LONGEST_EXCERPT] if 0 < line <= len(lines) else ""
    return AuditFinding(rule, line, excerpt, detail)
