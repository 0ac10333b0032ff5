"""The static audit during a run: a recorder that audits each program once, before it passes on the event that holds it.

Programs that do not parse are ignored: they do not run, and their evaluations say so. Programs that may run but cannot be
audited get a note.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from strop.analysis.audit import LITERAL, UNREADABLE, Finding, audit_program, literal
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, Recorder
from strop.base.solution import digest_of
from strop.evaluation.audit_log import DETAIL_CHARACTERS


class Auditor:
    """Records the findings of the static rules in improvers and candidates, then the event itself."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._audited: set[str] = set()

    def __call__(self, event: Event) -> None:
        program = program_of(event)
        if program is not None and self._is_new(program):
            for note in notes_on(program, event.scope):
                self._record(note)
        self._record(event)

    def _is_new(self, program: str) -> bool:
        digest = digest_of(program)
        with self._lock:
            is_new = digest not in self._audited
            self._audited.add(digest)
        return is_new


def program_of(event: Event) -> str | None:
    """The program in an event: an improver that starts, or a candidate that was evaluated."""
    match event:
        case ImproveStarted(improver=program):
            return program
        case Evaluated(solution=program):
            return program
        case _:
            return None


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


def _findings(program: str) -> Sequence[Finding]:
    """The findings of the static rules, except those about texts that are not Python."""
    # UNREADABLE has a line if the text is not Python; no program can contain NUL or lone surrogates.
    runs = "\0" not in program and not any("\ud800" <= character <= "\udfff" for character in program)
    return [each for each in audit_program(program) if each.rule != UNREADABLE or (runs and not each.line)]


def _literal_note(program: str, scope: str) -> AuditNoted:
    starts = {word: program.find(word) for word in ("use_sandbox=False", "exec(")}
    word = min((word for word in starts if starts[word] >= 0), key=starts.__getitem__)
    line = program.count("\n", 0, starts[word]) + 1
    return AuditNoted(scope=scope, rule=LITERAL, detail=word, program=program, line=line)
