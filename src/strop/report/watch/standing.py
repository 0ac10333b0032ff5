"""Where a run stands, in words: what a page says of it while it goes on, and how it ended."""

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
from strop.report.terminal.progress import SELF_IMPROVEMENT, Progress, is_tried
from strop.report.terminal.words import counted, escape, quantity
from strop.runs.run_directory import RESUMABLE
from strop.store import Store, Stored

LINES = 200
"""Lines that are kept for viewers who come back."""
_LONGEST = 400


class Standing(TypedDict):
    """What a viewer is told whenever something has changed. Every text is one line without control characters."""

    status: str
    """`running`, `killed`, `finished`, `interrupted`, `failed`, `budget` or `unreadable`."""
    said: str
    """The same as a sentence."""
    resume: str
    """The command that goes on with it; empty where there is none."""
    facts: list[list[str]]
    """[name, value] of what there is so far."""
    lines: list[tuple[int, str]]
    """(event, what it was), the latest last."""
    seq: int
    """The last event that all this is of."""


class Account:
    """A run as its events tell it, one after another."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.ended: RunFinished | None = None
        self.lines: deque[tuple[int, str]] = deque(maxlen=LINES)
        self._narrator = Narrator(self.progress)

    def add(self, stored: Stored[Event], store: Store) -> None:
        """Take in the next event, in which texts may be digests."""
        event = _whole(stored.event, store)
        if isinstance(event, RunResumed):
            self.ended = None
            self.lines.append((stored.seq, "the run goes on after it had ended"))
        if isinstance(event, RunFinished):
            self.ended = event
        self.progress.add(event)
        said = self._narrator.line(event)
        if said is not None:
            self.lines.append((stored.seq, escape(said, _LONGEST)))

    def facts(self) -> list[list[str]]:
        """What there is so far."""
        progress, run, total = self.progress, self.progress.run, self.progress.run.costs.total
        of = progress.recipe.get("iterations")
        found = []
        if progress.t is not None:
            found.append(["iteration", f"{progress.t}" + (f" of {of}" if isinstance(of, int) else "")])
        if progress.tried:
            found.append(["best so far", self._narrator.best])
        if progress.best is not None:
            best = progress.best
            found.append(["best candidate", f"{candidate_score(best)}, {best.name} (t = {best.t})"])
        found.append(["evaluations", f"{run.evaluations:,} ({counted(run.verdicts)})"])
        found.append(["language model", f"{quantity(total.calls, 'call')}, {quantity(total.responses, 'response')}"])
        expected = in_all(progress)
        if expected is not None:
            found.append(["expected in all", f"about {quantity(expected[0], 'call')}"])
        if total.cost:
            of = f" of about {dollars(expected[1])}" if expected is not None else ""
            found.append(["spent", dollars(total.cost) + of])
        faults, notes = quantity(run.faults.total(), "fault"), quantity(run.notes.total(), "audit note")
        found.append(["to look at", f"{faults}, {notes}"])
        return [[name, escape(value, _LONGEST)] for name, value in found]


def standing(account: Account, kind: str, directory: Path, *, locked: bool, seq: int) -> Standing:
    """Where the run stands. `locked`: whether its writer lives."""
    ended = account.ended
    status = ended.status if ended is not None else "running" if locked else "killed"
    goes_on = kind in RESUMABLE and status not in ("running", "finished")
    resume = f"strop resume {shlex.quote(str(directory))}" if goes_on else ""
    return {
        "status": status,
        "said": escape(_said(status, account), _LONGEST),
        "resume": escape(resume, 4000),
        "facts": account.facts(),
        "lines": list(account.lines),
        "seq": seq,
    }


def unreadable(reason: str, seq: int = 0) -> Standing:
    """Of a record that cannot be read."""
    said = f"The record cannot be read: {reason}"
    return {
        "status": "unreadable",
        "said": escape(said, _LONGEST),
        "resume": "",
        "facts": [],
        "lines": [],
        "seq": seq,
    }


def _said(status: str, account: Account) -> str:
    detail = account.ended.detail if account.ended is not None else ""
    why = f" ({detail})" if detail else ""
    match status:
        case "running":
            return f"The run goes on: {account.progress.doing}."
        case "killed":
            return "The run was killed: nobody writes its record any more, and it has no end."
        case "finished":
            return "The run has finished."
        case "interrupted":
            return f"The run was stopped{why}."
        case "budget":
            return f"A limit of the run is spent{why}."
        case _:
            return f"The run ended as: {status}{why}."


def _whole(event: Event, store: Store) -> Event:
    """The event with the texts by which lines name programs; most events are told without any."""
    match event:
        case Evaluated(solution=str(digest)) if event.utility == SELF_IMPROVEMENT or is_tried(event):
            return replace(event, solution=store.text(digest))
        case IterationStarted() | IterationFinished():
            return replace(event, improver=store.text(event.improver))
        case _:
            return event
