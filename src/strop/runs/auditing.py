"""The static audit of a run as it goes: every program text is judged once, before the event that brings it goes on.

A recorder in front of another. Texts that do not parse are passed over: they do not run, and their evaluation says so. Texts that
may run and cannot be audited are told as such.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from strop.analysis.audit import LITERAL, UNREADABLE, Finding, audit_program, literal
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, Recorder
from strop.base.solution import digest_of
from strop.core.audit_log import DETAIL_CHARACTERS


class Auditor:
    """Records what the static rules find in improvers and candidate solutions, and then the event itself."""

    def __init__(self, record: Recorder, judged: Iterable[str] = ()) -> None:
        """`judged` are digests of programs that the record holds the findings of."""
        self._record = record
        self._lock = threading.Lock()
        self._judged = set(judged)

    def __call__(self, event: Event) -> None:
        program = program_of(event)
        if program is not None and self._is_new(program):
            for note in notes_on(program, event.scope):
                self._record(note)
        self._record(event)

    def _is_new(self, program: str) -> bool:
        digest = digest_of(program)
        with self._lock:
            is_new = digest not in self._judged
            self._judged.add(digest)
        return is_new


def program_of(event: Event) -> str | None:
    """The program that an event brings: an improver that is set to work, or a candidate that was evaluated."""
    match event:
        case ImproveStarted(improver=program):
            return program
        case Evaluated(solution=program):
            return program
        case _:
            return None


def notes_on(program: str, scope: str) -> list[AuditNoted]:
    """What the static rules find in a text, one note a rule and a line, and the paper's literal rule."""
    notes = [
        AuditNoted(
            scope=scope,
            rule=found.rule,
            detail=found.detail[:DETAIL_CHARACTERS],
            program=program,
            line=found.line or None,
        )
        for found in _found(program)
    ]
    if literal(program):
        notes.append(_literal_note(program, scope))
    return notes


def _found(program: str) -> Sequence[Finding]:
    """The findings of the static rules; without those on texts that are no Python."""
    # A line is named where the text is no Python; NUL and lone surrogates no program can hold.
    runs = "\0" not in program and not any("\ud800" <= character <= "\udfff" for character in program)
    return [found for found in audit_program(program) if found.rule != UNREADABLE or (runs and not found.line)]


def _literal_note(program: str, scope: str) -> AuditNoted:
    places = {word: program.find(word) for word in ("use_sandbox=False", "exec(")}
    word = min((word for word in places if places[word] >= 0), key=places.__getitem__)
    line = program.count("\n", 0, places[word]) + 1
    return AuditNoted(scope=scope, rule=LITERAL, detail=word, program=program, line=line)
