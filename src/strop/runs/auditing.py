"""The static audit during a run: a recorder that audits each program once, before it passes on the event that holds it.

Programs that do not parse are ignored: they do not run, and their evaluations say so. Programs that may run but cannot be
audited get a note.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from strop.analysis.audit.notes import notes_on
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, Recorder
from strop.base.solution import digest_of


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

    def audited(self, program: str, notes: Sequence[AuditNoted]) -> None:
        """Record the notes that a worker made on a program, unless the program was audited before."""
        if self._is_new(program):
            for note in notes:
                self._record(note)

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
