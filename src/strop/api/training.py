"""`strop.train`: STOP over one task or several; it ends with an improver and its card. The command is `strop run`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from strop.api.arguments import names_arguments, plain_name, recipe_of, several
from strop.api.finding import RUNS, any_improver_text
from strop.api.recording import recorded
from strop.api.results import Shown
from strop.api.subjects import ModelLike, Require, TaskLike, model_of, objects_of
from strop.base.errors import StoreError
from strop.core.edits.answers import Mode
from strop.report.terminal.card import print_card
from strop.report.terminal.reading import reading
from strop.report.terminal.tables import say
from strop.runs.assembly import assembled
from strop.runs.improver_card import ImproverCard, card_path, read_card
from strop.runs.journal import new_directory, run
from strop.runs.run_directory import on_kept_trees
from strop.runs.spec import program_text
from strop.runs.training import FILE, write_improver
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


@names_arguments
def train(
    task: TaskLike | Sequence[TaskLike],
    *,
    improver: str | Path = "seed",
    lm: ModelLike = "offline",
    base_url: str | None = None,
    iterations: int = 4,
    copies: int = 5,
    utility_budget: int = 25,
    meta_budget: int = 25,
    lm_budget: int = 4,
    max_responses: int = 6,
    edits: Mode = "rewrite",
    selection: Literal["paper", "gated", "archive"] = "gated",
    gate_error: float = 0.1,
    gate_pairs: int = 60,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    strict_budget: bool = False,
    max_calls: int | None = None,
    max_time: float | str | None = None,
    give_up_after: float | str = 1800.0,
    price: str | None = None,
    max_output_tokens: int = 8192,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    instances: Literal["secret", "published"] = "secret",
    jobs: int = 0,
    require: Require = None,
    seed: int | None = None,
    out: str | Path | None = None,
    progress: bool = False,
) -> Trained:
    """Improve an improver with itself, T times, on one task or several (Algorithm 1, §4).

    Args:
        task: built-in tasks, files, folders with a strop.toml, those of installed distributions, or tasks themselves.
        improver: I_0: the name of an improver, a file, or `RUN:t`.
        lm: the language model: a specification such as `openai/gpt-4o`, several (a mixture), a model, or a function of
            (system, message). `offline` is a built-in proposer and not a language model.
        base_url: address of an OpenAI-compatible server.
        iterations: T: how often the improver improves itself.
        copies: copies of each task that an improver is measured on.
        utility_budget: evaluations on the training split in one improvement.
        meta_budget: evaluations of improvers in one iteration.
        lm_budget: LM calls of one improvement.
        max_responses: responses of one LM call.
        edits: how the model may answer where a prompt shows a program: `auto`, `rewrite`, `blocks` or `diff`.
        selection: which improver an iteration leaves: `paper`, `gated` or `archive`.
        gate_error: probability that a gate accepts an improver that is no better.
        gate_pairs: paired evaluations of one comparison by the gate, at most.
        max_cost: dollars that may be spent on the language model.
        max_tokens: tokens that may be spent, in and out.
        strict_budget: set aside the worst case of each call, so that no answer passes these two.
        max_calls: LM calls in all.
        max_time: seconds in all, or a time such as `30m`.
        give_up_after: how long to keep asking a model that stopped answering, in seconds or as a time such as `2h`.
        price: `IN,OUT`: dollars per million tokens, where the model's price is not known.
        max_output_tokens: tokens of one response, at most.
        requests_per_minute: requests that the server allows.
        tokens_per_minute: tokens that the server allows.
        instances: `secret`, or `published` for the paper's seeds.
        jobs: solutions evaluated at once; 0 means one for each core.
        require: protections without which nothing is run, or `none`; see `strop doctor`.
        seed: with this machine's key it decides everything that is drawn; random when not given.
        out: the record's directory, empty or new; one in runs/ when not given.
        progress: show the progress on standard error.

    Raises:
        ConfigurationError: something that was named does not exist.
        StropError: the host failed or a limit was spent; what was done is kept, and `strop resume` continues it.
    """
    arguments = dict(locals())
    tasks = several(task)
    spec = recipe_of(tasks, arguments)
    text = any_improver_text(spec.improver)
    directory = Path(out) if out is not None else new_directory(RUNS, plain_name(spec.task))
    with (
        assembled(spec, os.environ, model=model_of(lm), tasks=objects_of(tasks)) as parts,
        recorded(parts, directory, KIND, {"improver": text}, show="auto" if progress else "none") as journal,
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
