"""The noise floor of `strop eval --noise`: as a table for people, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from rich.console import Console

from strop.base.shown import print_result
from strop.report.terminal.layout import SENTENCE, print_table, say
from strop.report.terminal.words import escape, notice_of, quantity
from strop.runs.measurements import Named
from strop.runs.noise_floor import ENOUGH, EXCEEDED, Floor, Noise, Trials, utilities


class TaskNoise(TypedDict):
    """What chance does to û on one task. The fields after `utilities` are null or empty for fewer than two repeats."""

    task: str
    """Name of the task."""
    repeats: int
    """Repeats that were measured."""
    values: list[list[float]]
    """One list per repeat, one value per copy."""
    utilities: list[float]
    """û of each repeat."""
    mean: float | None
    """Mean of all; null for fewer than two repeats, as the fields below."""
    sd: float | None
    """Standard deviation of û between repeats."""
    stderr: float | None
    """Standard error of one û, from its own copies (root mean square over repeats)."""
    floor: float | None
    """Difference that two û of one improver exceed with probability `exceeded` at most."""
    exceeded: float | None
    """0.05, or more for fewer than 38 repeats."""


class NoiseDocument(TypedDict):
    """What `strop eval --noise N --json` prints."""

    sentence: str
    """The conclusion."""
    improver: str
    """As it was named."""
    digest: str
    """SHA-256 of its text."""
    model: str
    """As in a run."""
    is_language_model: bool
    """As in a run."""
    copies: int
    """Copies of one û, |D|."""
    repeats: int
    """Repeats of û on each task."""
    tasks: list[TaskNoise]
    """In the order of the command."""


@dataclass(frozen=True)
class NoiseResult:
    """An A/A run over one task or several, complete or not."""

    improver: Named
    copies: int
    repeats: int
    """Repeats that were requested."""
    tasks: tuple[tuple[Trials, Noise | None], ...]
    """None for fewer than two repeats."""
    model: str
    is_language_model: bool

    @property
    def complete(self) -> bool:
        """Whether every repeat was measured."""
        return all(len(trials.values) == self.repeats for trials, _ in self.tasks)

    @property
    def sentence(self) -> str:
        """The conclusion."""
        return sentence(self.improver.name, [(trials.task.name, noise) for trials, noise in self.tasks if noise])


def noise_document(result: NoiseResult) -> NoiseDocument:
    """The document of an A/A run."""
    return {
        "sentence": result.sentence,
        "improver": result.improver.name,
        "digest": result.improver.digest,
        "model": result.model,
        "is_language_model": result.is_language_model,
        "copies": result.copies,
        "repeats": result.repeats,
        "tasks": [_task(trials, noise) for trials, noise in result.tasks],
    }


def _task(trials: Trials, noise: Noise | None) -> TaskNoise:
    return {
        "task": trials.task.name,
        "repeats": len(trials.values),
        "values": [list(row) for row in trials.values],
        "utilities": list(utilities(trials)),
        "mean": noise.mean if noise else None,
        "sd": noise.sd if noise else None,
        "stderr": noise.stderr if noise else None,
        "floor": noise.floor if noise else None,
        "exceeded": noise.exceeded if noise else None,
    }


def sentence(improver: str, floors: Sequence[tuple[str, Floor | Noise]]) -> str:
    """The conclusion: how far two measurements differ by chance alone, on each task."""
    if not floors:
        return "Nothing was measured: the noise floor needs two repeats."
    parts = "; ".join(f"{floor.floor:.3f} on {escape(name)}" for name, floor in floors)
    exceeded = max(floor.exceeded for _, floor in floors)
    more = f"; {ENOUGH} repeats make it {100 * EXCEEDED:.0f}%" if exceeded > EXCEEDED else ""
    return (
        f"By chance alone, two measurements of {escape(improver)} differ by more than this in at most "
        f"{100 * exceeded:.3g}% of cases: {parts}{more}."
    )


@print_result.register(NoiseResult)
def print_noise(result: NoiseResult, console: Console) -> None:
    """One row a task: û, its spread and the noise floor."""
    say(console, notice_of(result.model, result.is_language_model), style="bold yellow")
    size = f"{quantity(result.repeats, 'repeat')} of {quantity(result.copies, 'copy')}"
    say(console, result.sentence, style="bold", limit=SENTENCE)
    say(console, f"{result.improver.name} against itself: {size}, training split")
    rows = [(trials, noise) for trials, noise in result.tasks if noise is not None]
    if rows:
        headers = ("task", "û", "sd", "s.e.", "floor", "exceeded in\nat most")
        print_table(console, headers, [_row(trials, noise) for trials, noise in rows])
        say(console, "sd: standard deviation of û between repeats; s.e.: standard error of one û, from its copies")
        say(console, "floor: two further û differ by more only so rarely")
    for trials, _ in result.tasks:
        if len(trials.values) < result.repeats:
            say(console, f"{trials.task.name}: {len(trials.values)} of {result.repeats} repeats are done")


def _row(trials: Trials, noise: Noise) -> tuple[str, ...]:
    return (
        trials.task.name,
        *(f"{figure:.3f}" for figure in (noise.mean, noise.sd, noise.stderr, noise.floor)),
        f"{100 * noise.exceeded:.3g}%",
    )
