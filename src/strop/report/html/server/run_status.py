"""The status of a run as its page shows it: what it is doing, what there is so far, and how it ended."""

from __future__ import annotations

import shlex
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from strop.base.errors import dollars
from strop.base.events import Evaluated, Event, IterationFinished, IterationStarted, RunFinished, RunResumed
from strop.report.terminal.narration import Narrator, candidate_score
from strop.report.terminal.pace import in_all
from strop.report.terminal.progress import Progress, is_tried
from strop.report.terminal.words import counted, escape, quantity
from strop.runs.run_directory import RESUMABLE
from strop.store import Store, Stored
from strop.tasks.base import META_TASK

LINES = 200
"""Lines that are kept for viewers who reconnect."""
_LONGEST = 400


class RunStatus(TypedDict):
    """What viewers get whenever something has changed. Every text is one line without control characters."""

    status: str
    """`running`, `killed`, `finished`, `interrupted`, `failed`, `budget` or `unreadable`."""
    sentence: str
    """The same in words."""
    resume: str
    """The command that continues the run; empty where there is none."""
    facts: list[list[str]]
    """[name, value] pairs."""
    lines: list[tuple[int, str]]
    """(event, what happened), the latest last."""
    seq: int
    """The last event that was read."""


class StatusReader:
    """Follows the events of a run, one after another."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.lines: deque[tuple[int, str]] = deque(maxlen=LINES)
        self._narrator = Narrator(self.progress)

    def add(self, stored: Stored[Event], store: Store) -> None:
        """Read the next event, in which texts may be digests."""
        event = _with_texts(stored.event, store)
        if isinstance(event, RunResumed):
            self.lines.append((stored.seq, "the run was resumed"))
        self.progress.add(event)
        line = self._narrator.line(event)
        if line is not None:
            self.lines.append((stored.seq, escape(line, _LONGEST)))

    @property
    def ended(self) -> RunFinished | None:
        """How the run ended; None while it goes on, and where its process was killed."""
        return self.progress.run.end

    def facts(self) -> list[list[str]]:
        """Iteration, best candidate, counts and costs so far."""
        progress, run, total = self.progress, self.progress.run, self.progress.run.costs.total
        iterations = progress.recipe.get("iterations")
        facts = []
        if progress.t is not None:
            facts.append(["iteration", f"{progress.t}" + (f" of {iterations}" if isinstance(iterations, int) else "")])
        if progress.tried:
            facts.append(["best so far", self._narrator.best])
        if progress.best is not None:
            best = progress.best
            facts.append(["best candidate", f"{candidate_score(best)}, {best.name} (t = {best.t})"])
        facts.append(["evaluations", f"{run.evaluations:,} ({counted(run.verdicts)})"])
        facts.append(["language model", f"{quantity(total.calls, 'call')}, {quantity(total.responses, 'response')}"])
        expected = in_all(progress)
        if expected is not None:
            facts.append(["expected in total", f"about {quantity(expected[0], 'call')}"])
        if total.cost:
            limit = f" of about {dollars(expected[1])}" if expected is not None else ""
            facts.append(["spent", dollars(total.cost) + limit])
        faults, notes = quantity(run.faults.total(), "fault"), quantity(run.notes.total(), "audit note")
        facts.append(["problems", f"{faults}, {notes}"])
        return [[name, escape(value, _LONGEST)] for name, value in facts]


def status_of(reader: StatusReader, kind: str, directory: Path, *, locked: bool, seq: int) -> RunStatus:
    """The status of a run. `locked`: whether its writer lives."""
    ended = reader.ended
    status = ended.status if ended is not None else "running" if locked else "killed"
    resumable = kind in RESUMABLE and status not in ("running", "finished")
    resume = f"strop resume {shlex.quote(str(directory))}" if resumable else ""
    return {
        "status": status,
        "sentence": escape(_sentence(status, reader), _LONGEST),
        "resume": escape(resume, 4000),
        "facts": reader.facts(),
        "lines": list(reader.lines),
        "seq": seq,
    }


def unreadable(reason: str, seq: int = 0) -> RunStatus:
    """The status of a record that cannot be read."""
    sentence = escape(f"The record cannot be read: {reason}", _LONGEST)
    return {"status": "unreadable", "sentence": sentence, "resume": "", "facts": [], "lines": [], "seq": seq}


def _sentence(status: str, reader: StatusReader) -> str:
    detail = reader.ended.detail if reader.ended is not None else ""
    why = f" ({detail})" if detail else ""
    match status:
        case "running":
            return f"The run is in progress: {reader.progress.doing}."
        case "killed":
            return "The run was killed: its process is gone, and its record has no end."
        case "finished":
            return "The run has finished."
        case "interrupted":
            return f"The run was stopped{why}."
        case "budget":
            return f"The run reached a limit{why}."
        case _:
            return f"The run ended with status {status}{why}."


def _with_texts(event: Event, store: Store) -> Event:
    """The event with the texts by which lines name programs; most events need none."""
    match event:
        case Evaluated(solution=str(digest)) if event.utility == META_TASK or is_tried(event):
            return replace(event, solution=store.text(digest))
        case IterationStarted() | IterationFinished():
            return replace(event, improver=store.text(event.improver))
        case _:
            return event
