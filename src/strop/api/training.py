"""`strop.train`: STOP over one task or several; it ends with an improver and its card. The command is `strop run`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from strop.api.arguments import plain_name, recipe_of, several, takes
from strop.api.finding import RUNS, any_improver_text
from strop.api.recording import recorded
from strop.api.results import Shown
from strop.api.subjects import TaskLike, model_of, objects_of
from strop.base.errors import StoreError
from strop.report.terminal.card import print_card
from strop.report.terminal.layout import say
from strop.report.terminal.live import Mode
from strop.report.terminal.reading import reading
from strop.runs.assembly import assembled
from strop.runs.improver_card import ImproverCard, card_path, read_card
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, SelectionOptions
from strop.runs.run_directory import new_directory, on_kept_trees
from strop.runs.spec import program_text
from strop.runs.train import FILE, run, write_improver
from strop.store import Store

KIND = "run"


@dataclass(frozen=True, repr=False)
class Trained(Shown):
    """What training gave."""

    improver: str
    """Text of the improver."""
    card: ImproverCard
    """What it was trained on, with which model, at what cost, and what it reaches on the sealed test split."""
    file: Path
    """The improver's file; its card is beside it, with the ending .toml."""
    directory: Path
    """Of the record, which `strop show`, `strop resume` and `strop replay` take."""

    def print_on(self, console: Console) -> None:
        """The card, and where the improver is."""
        print_card(self.card, console)
        say(console, f"improver: {self.file}")

    def __repr__(self) -> str:
        return f"<Trained {self.card.digest[:12]}: {self.card.strategy}, in {self.file}>"


@dataclass(frozen=True, kw_only=True)
class TrainOptions(EnvironmentOptions, LimitOptions, CopiesOptions, SelectionOptions, ModelOptions):
    """The keywords of `strop.train`."""

    improver: str | Path = "seed"
    """I_0: the name of an improver, a file, or `RUN:t`."""
    seed: int | None = None
    """With this machine's key it decides everything that is drawn; random when not given."""
    out: str | Path | None = None
    """The record's directory, empty or new; one in runs/ when not given."""
    progress: bool = False
    """Show the progress on standard error."""


@takes(TrainOptions)
def train(task: TaskLike | Sequence[TaskLike], options: TrainOptions) -> Trained:
    """Improve an improver with itself, T times, on one task or several (Algorithm 1, §4).

    Args:
        task: built-in tasks, files, folders with a strop.toml, those of installed distributions, or tasks themselves.

    Raises:
        ConfigurationError: something that was named does not exist.
        StropError: the host failed or a limit was spent; what was done is kept, and `strop resume` continues it.
    """
    tasks = several(task)
    spec = recipe_of(tasks, options)
    text = any_improver_text(spec.improver)
    directory = Path(options.out) if options.out is not None else new_directory(RUNS, plain_name(spec.task))
    show: Mode = "auto" if options.progress else "none"
    with (
        assembled(spec, os.environ, model=model_of(options.model), tasks=objects_of(tasks)) as parts,
        recorded(parts, directory, KIND, {"improver": text}, show=show) as journal,
    ):
        run(on_kept_trees(parts, directory), text, directory, journal)
    finish(directory)
    return trained_in(directory)


def finish(directory: Path) -> None:
    """Write the best improver of the finished run in `directory`, and its card."""
    with reading(directory), Store.open(directory) as store:
        write_improver(store, directory)


def trained_in(directory: Path) -> Trained:
    """What the training in a directory gave.

    Raises:
        StoreError: it has not ended.
    """
    file = directory / FILE
    card = read_card(card_path(file))
    if card is None:
        raise StoreError(f"the run in {directory} has not ended. To continue: strop resume {directory}")
    return Trained(program_text(file, "improver"), card, file, directory)
