"""Two conditions of a study: two folders of runs (`strop run --seeds`), paired by seed (`strop show STUDY --against OTHER`)."""

from __future__ import annotations

from rich.console import Console

from strop.analysis.stats import Estimate, decided, least_pairs, mean, score_difference
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.printing import Printable, print_result
from strop.base.terminal_text import escape
from strop.lm.options import named
from strop.report.terminal.layout import SENTENCE, near, say
from strop.report.terminal.phrases import model_line
from strop.report.terminal.tables import print_table
from strop.reproduce.fig4 import points
from strop.reproduce.over_seeds import OverSeeds
from strop.runs.claims.numbers import too_few, written
from strop.runs.run_directory import load_run


@dataclass(frozen=True)
class ConditionRow:
    """One seed of two conditions."""

    seed: int
    """Seed of both runs."""
    first: float
    """û of the last improver of the first condition's run, on the held-out split."""
    second: float
    """The same of the second condition's run."""


@dataclass(frozen=True, kw_only=True)
class Conditions(Printable):
    """The last improvers of two conditions, with runs as the unit, paired by seed."""

    sentence: str
    """Which condition ends with the better improver, and by how much."""
    difference: Estimate
    """û of the last improver in the first condition minus that in the second, as a mean over the seeds. It has a 95% interval if
    there are enough seeds."""
    rows: tuple[ConditionRow, ...]
    """The seeds of which both runs have finished."""
    differs: tuple[str, ...]
    """In which options the conditions differ, such as `--model offline and openai/gpt-4o`, and in which given texts."""
    first: OverSeeds
    """The first condition."""
    second: OverSeeds
    """The second condition."""


def conditions(first: OverSeeds, second: OverSeeds) -> Conditions:
    """Two conditions compared.

    Raises:
        ConfigurationError: they are of different tasks, or have no finished seed in common.
    """
    if first.trained_on != second.trained_on:
        both = " and ".join(", ".join(study.trained_on) for study in (first, second))
        raise ConfigurationError(f"the studies are of different tasks ({both}), whose û cannot be compared")
    others = {run.seed: run.after for run in second.runs if run.after is not None}
    rows = [
        ConditionRow(run.seed, run.after, others[run.seed])
        for run in first.runs
        if run.after is not None and run.seed in others
    ]
    if not rows:
        raise ConfigurationError(f"{first.directory} and {second.directory} have no finished run of the same seed")
    difference = score_difference([row.first for row in rows], [row.second for row in rows])
    return Conditions(
        sentence=_sentence(first, second, rows, difference),
        difference=difference,
        rows=tuple(rows),
        differs=_differs(first, second),
        first=first,
        second=second,
    )


def _sentence(first: OverSeeds, second: OverSeeds, rows: list[ConditionRow], difference: Estimate) -> str:
    names, few = [str(near(study.directory)) for study in (first, second)], too_few(difference, "seeds", least_pairs())
    verdict = ("No significant difference", f"{names[0]} is better", f"{names[1]} is better")[decided(difference)]
    of = max(len(first.runs), len(second.runs))
    verdict = "So far" if len(rows) < of else "Undecided" if few else verdict
    seeds = f"{len(rows)} of {of} seeds" if len(rows) < of else quantity(of, "seed")
    ends = f"{mean([row.first for row in rows]):.3f} and {mean([row.second for row in rows]):.3f}"
    return (
        f"{verdict}: û of the last improver is {ends} in {names[0]} and {names[1]}, "
        f"{points(difference)}, over {seeds}, paired by seed{f'; {few}' if few else ''}."
    )


def _differs(first: OverSeeds, second: OverSeeds) -> tuple[str, ...]:
    own, other = (vars(load_run(study.directory).spec) for study in (first, second))
    names = [name for name in own if own[name] != other.get(name) and name not in ("given_texts", "texts", "seed")]
    texts = sorted({name for name, _ in {*own["given_texts"].items()} ^ {*other["given_texts"].items()}})
    lines = [f"--{name.replace('_', '-')} {named(str(own[name]))} and {named(str(other.get(name)))}" for name in names]
    return (*lines, *([f"--texts: {', '.join(texts)}"] if texts else []))


@print_result.register(Conditions)
def print_conditions(found: Conditions, console: Console, *, full: bool = False) -> None:
    """Print the sentence, what differs, and one row a seed."""
    for study in (found.first, found.second):
        say(console, study.unverified, style="bold yellow")
    say(console, found.sentence, style="bold", limit=SENTENCE)
    for study in (found.first, found.second):
        say(console, f"{near(study.directory)}: {model_line(study.model, study.is_language_model)}", limit=SENTENCE)
    for line in found.differs:
        say(console, f"differs: {escape(line)}", limit=SENTENCE)
    rows = [
        (str(row.seed), f"{row.first:.3f}", f"{row.second:.3f}", written(row.first - row.second, sign="+"))
        for row in found.rows
    ]
    names = [str(near(study.directory)) for study in (found.first, found.second)]
    print_table(console, ("seed", *names, "difference"), rows)
    say(console, f"the figure: strop plot {' '.join(names)} --out figure.svg", limit=SENTENCE)
