"""The noise floor of `strop eval --noise`, as a table."""

from __future__ import annotations

from rich.console import Console

from strop.base.shown import print_result
from strop.report.terminal.layout import SENTENCE, print_table, say
from strop.report.terminal.words import notice_of, quantity
from strop.runs.noise_floor import Noise
from strop.runs.results.noise import MeasuredNoise


@print_result.register(MeasuredNoise)
def print_noise(result: MeasuredNoise, console: Console) -> None:
    """One row per task: û, its spread and the noise floor."""
    say(console, notice_of(result.model, result.is_language_model), style="bold yellow")
    size = f"{quantity(result.repeats, 'repeat')} of {quantity(result.copies, 'copy')}"
    say(console, result.sentence, style="bold", limit=SENTENCE)
    say(console, f"{result.improver} against itself: {size}, training split")
    rows = [_row(trials.task, trials.noise) for trials in result.tasks if trials.noise is not None]
    if rows:
        print_table(console, ("task", "û", "sd", "s.e.", "floor", "exceeded in\nat most"), rows)
        say(console, "sd: standard deviation of û between repeats; s.e.: standard error of one û, from its copies")
        say(console, "floor: difference that two further û exceed at most that often")
    for trials in result.tasks:
        if trials.repeats < result.repeats:
            say(console, f"{trials.task}: {trials.repeats} of {result.repeats} repeats are done")


def _row(task: str, noise: Noise) -> tuple[str, ...]:
    figures = (f"{figure:.3f}" for figure in (noise.mean, noise.sd, noise.stderr, noise.floor))
    return (task, *figures, f"{100 * noise.exceeded:.3g}%")
