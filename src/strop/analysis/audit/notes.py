"""Findings of the static audit rules as the events that a record keeps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from strop.analysis.audit import LITERAL, UNREADABLE, AuditFinding, audit_program, literal
from strop.base.events import AuditNoted

DETAIL_CHARACTERS = 400
"""Characters of a note's detail that are kept."""


def notes_on(program: str, scope: str) -> list[AuditNoted]:
    """The findings of the static rules, one note for each rule and line, and of the paper's literal rule."""
    notes = [
        AuditNoted(
            scope=scope,
            rule=finding.rule,
            detail=finding.detail[:DETAIL_CHARACTERS],
            program=program,
            line=finding.line or None,
        )
        for finding in _findings(program)
    ]
    if literal(program):
        notes.append(_literal_note(program, scope))
    return notes


@lru_cache(maxsize=64)  # a run evaluates its first program, and those that it compares, again and again
def _findings(program: str) -> Sequence[AuditFinding]:
    """The findings of the static rules, except those about texts that are not Python."""
    # UNREADABLE has a line if the text is not Python; no program can contain NUL or lone surrogates.
    runs = "\0" not in program and not any("\ud800" <= character <= "\udfff" for character in program)
    findings = audit_program(program)
    return tuple(finding for finding in findings if finding.rule != UNREADABLE or (runs and not finding.line))


def _literal_note(program: str, scope: str) -> AuditNoted:
    starts = {word: program.find(word) for word in ("use_sandbox=False", "exec(")}
    word = min((word for word in starts if starts[word] >= 0), key=starts.__getitem__)
    line = program.count("\n", 0, starts[word]) + 1
    return AuditNoted(scope=scope, rule=LITERAL, detail=word, program=program, line=line)
