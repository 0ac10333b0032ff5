"""The score of one program on one split: for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from strop.report.terminal.documents import SCHEMA_VERSION, as_document
from strop.report.terminal.gains import means_of
from strop.report.terminal.layout import say
from strop.report.terminal.words import counted, plain, quantity


@dataclass(frozen=True)
class ScoreResult:
    """One solution, scored on one split of a task. `strop score --json` prints these fields, and the sentence."""

    task: str
    """Name of the task."""
    split: str
    """`train` or `test`."""
    utility: float
    """Utility on the split."""
    instances: tuple[float, ...]
    """One score for each instance that was run."""
    verdicts: Mapping[str, int]
    """Verdict → number of instances."""
    error: str = ""
    """The first failure; empty, in the document null, if there was none."""
    notes: tuple[str, ...] = ()
    """Notes of the scorer, and failing instances of the training split."""
    metrics: tuple[Mapping[str, float], ...] = ()
    """For each instance the values behind its score, if a command measures several."""
    beside: tuple[Mapping[str, float], ...] = ()
    """The same of the original."""
    shared_because: str = ""
    """Why a program could have made its score itself, in words; empty if nothing shows that."""

    @property
    def sentence(self) -> str:
        """What the program scores, in the task's own units, and on how many instances it fails."""
        split = "test" if self.split == "test" else "training"
        run = sum(self.verdicts.values())
        failed = run - self.verdicts.get("ok", 0)
        fails = f"; {failed} failed" if failed else ""
        scores = f"scores {self.utility:.4f}"
        if self.measured:  # of a command, whose utility is 1/2 where it equals the original
            scores = f"has {', '.join(self.measured)}"
        return f"The program {scores} on {self.task} ({split} split, {quantity(run, 'instance')}{fails})."

    @property
    def measured(self) -> list[str]:
        """`combined_score 0.7 (the original 0.5)` for each metric."""
        own, original = means_of(self.metrics), means_of(self.beside)
        beside = {name: f" (the original {plain(original[name], 6)})" for name in original}
        return [f"{name} {plain(value, 6)}{beside.get(name, '')}" for name, value in own.items()]


def score_document(result: ScoreResult) -> dict[str, Any]:
    """The document of one score."""
    fields = as_document(result) | {"sentence": result.sentence, "error": result.error or None}
    return {"schema_version": SCHEMA_VERSION, **fields}


def print_score(result: ScoreResult, console: Console) -> None:
    """The score on one split, its verdicts, its first failure, and notes."""
    say(console, result.sentence, style="bold")
    say(console, f"{quantity(len(result.instances), 'instance')}: {counted(result.verdicts)}")
    if result.shared_because:
        say(console, f"{result.shared_because}: the score proves nothing", style="dim")
    for line in result.error.splitlines():
        say(console, line)
    for note in result.notes:
        say(console, f"note: {note}")
