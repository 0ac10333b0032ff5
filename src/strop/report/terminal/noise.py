"""The noise floor of `strop eval --noise`: as a table for people, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from rich.console import Console
from rich.text import Text

from strop.report.terminal.documents import SCHEMA_VERSION, ModelFacts
from strop.report.terminal.tables import SENTENCE, new_table, say
from strop.report.terminal.words import ALL_EQUAL, escape, no_width, quantity
from strop.runs.measurements import Named
from strop.runs.noise_floor import LEVELS, Floor, Noise, Trials, utilities


class GateErrorsDocument(TypedDict):
    """How often a gate accepts the improver against itself."""

    accepted: int
    comparisons: int
    rate: float
    interval: list[float]
    allowed: float
    pairs: int


class TaskNoise(TypedDict):
    """What chance does to û on one task."""

    task: str
    repeats: int
    values: list[list[float]]
    utilities: list[float]
    mean: float | None
    sd: float | None
    stderr: float | None
    differences: dict[str, float]
    floor: float | None
    floor_interval: list[float] | None
    gate: GateErrorsDocument | None


class NoiseDocument(TypedDict):
    """What `strop eval --noise N --json` prints."""

    schema_version: int
    sentence: str
    improver: str
    digest: str
    model: str
    is_language_model: bool
    copies: int
    repeats: int
    tasks: list[TaskNoise]


@dataclass(frozen=True)
class NoiseResult:
    """An A/A run over one task or several, whole or not."""

    improver: Named
    copies: int
    repeats: int
    """That were asked for."""
    tasks: tuple[tuple[Trials, Noise | None], ...]
    """None where fewer than two repeats are there."""


def noise_document(result: NoiseResult, model: ModelFacts) -> NoiseDocument:
    """The document of an A/A run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sentence": sentence(result.improver.name, _floors(result)),
        "improver": result.improver.name,
        "digest": result.improver.digest,
        "model": model.name,
        "is_language_model": model.is_language_model,
        "copies": result.copies,
        "repeats": result.repeats,
        "tasks": [_task(trials, noise) for trials, noise in result.tasks],
    }


def _floors(result: NoiseResult) -> list[tuple[str, Floor | Noise]]:
    return [(trials.task.name, noise) for trials, noise in result.tasks if noise is not None]


def sentence(improver: str, found: Sequence[tuple[str, Floor | Noise]]) -> str:
    """What the measurements came to: how far two of them differ by chance alone, on each task."""
    if not found:
        return "Nothing was measured: the noise floor needs two repeats."
    each = "; ".join(
        f"{noise.floor:.3f} on {escape(name)} (95% interval {noise.floor_interval[0]:.3f} to {noise.floor_interval[1]:.3f})"
        for name, noise in found
    )
    name = escape(improver)
    return f"By chance alone, two measurements of {name} differ in 5% of cases by more than this: {each}."


def print_noise(result: NoiseResult, console: Console, *, notice: str = "") -> None:
    """One row a task: û, its spread, the noise floor with its 95% interval, and how often the gate is fooled by it."""
    say(console, notice, style="bold yellow")
    size = f"{quantity(result.repeats, 'repeat')} of {quantity(result.copies, 'copy')}"
    say(console, sentence(result.improver.name, _floors(result)), style="bold", limit=SENTENCE)
    say(console, f"{result.improver.name} against itself: {size}, training split")
    found = [(trials, noise) for trials, noise in result.tasks if noise is not None]
    if found:
        _print_table(found, console)
        gate = found[0][1].gate
        say(console, "sd: standard deviation of û between repeats; s.e.: standard error of one û, from its copies")
        say(console, "half under, 90% under, floor: 50, 90, 95% of the differences of two û")
        say(console, f"gate: accepted of {gate.comparisons} A/A comparisons; {100 * gate.alpha:.3g}% are allowed")
    for trials, _ in result.tasks:
        if len(trials.values) < result.repeats:
            say(console, f"{trials.task.name}: {len(trials.values)} of {result.repeats} repeats are there")


def _print_table(found: Sequence[tuple[Trials, Noise]], console: Console) -> None:
    headers = ("task", "û", "sd", "s.e.", "half\nunder", "90%\nunder", "floor", "95% in-\nterval", "gate")
    table = new_table(*headers, console=console)
    for trials, noise in found:
        low, high = noise.floor_interval
        half, most, _ = noise.quantiles
        figures = (noise.mean, noise.sd, noise.stderr, half, most, noise.floor)
        table.add_row(
            Text(escape(trials.task.name)),
            *(f"{figure:.3f}" for figure in figures),
            ALL_EQUAL if no_width((low, high)) else f"{low:.2f}-{high:.2f}",
            f"{100 * noise.gate.accepted / noise.gate.comparisons:.1f}%",
        )
    console.print(table)


def _task(trials: Trials, noise: Noise | None) -> TaskNoise:
    document: TaskNoise = {
        "task": trials.task.name,
        "repeats": len(trials.values),
        "values": [list(row) for row in trials.values],
        "utilities": list(utilities(trials)),
        "mean": None,
        "sd": None,
        "stderr": None,
        "differences": {},
        "floor": None,
        "floor_interval": None,
        "gate": None,
    }
    if noise is None:
        return document
    document |= {
        "mean": noise.mean,
        "sd": noise.sd,
        "stderr": noise.stderr,
        "differences": {f"{level:g}": value for level, value in zip(LEVELS, noise.quantiles, strict=True)},
        "floor": noise.floor,
        "floor_interval": list(noise.floor_interval),
        "gate": {
            "accepted": noise.gate.accepted,
            "comparisons": noise.gate.comparisons,
            "rate": noise.gate.accepted / noise.gate.comparisons,
            "interval": list(noise.gate.interval),
            "allowed": noise.gate.alpha,
            "pairs": noise.gate.pairs,
        },
    }
    return document
