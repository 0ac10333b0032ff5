"""Compare two improvers on tasks, with the same budgets."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from strop.api.arguments import names_arguments, plain_name, recipe_of, several
from strop.api.finding import RUNS, any_improver_text
from strop.api.measuring import measure_missing, measuring
from strop.api.results import Shown
from strop.api.subjects import ModelLike, Require, TaskLike, model_of, objects_of
from strop.core.edits.answers import Mode as Edits
from strop.report.terminal.comparison import print_comparison
from strop.report.terminal.live import Mode
from strop.runs.assembly import assembled
from strop.runs.compare import Comparison as Found
from strop.runs.compare import check_rivals, comparison
from strop.runs.evaluate import Plan, carry_out, matrix
from strop.runs.journal import new_directory
from strop.runs.measurements import Named

KIND = "compare"


@dataclass(frozen=True, repr=False)
class Comparison(Found, Shown):
    """Which of two improvers is better, by how much, and what each spent."""

    def print_on(self, console: Console) -> None:
        """As `strop eval --against` prints it."""
        print_comparison(self, console)

    def __repr__(self) -> str:
        return f"<Comparison: {self.sentence}>"


@names_arguments
def compare(
    first: str | Path,
    second: str | Path,
    *,
    task: TaskLike | Sequence[TaskLike],
    lm: ModelLike = "offline",
    base_url: str | None = None,
    copies: int = 5,
    utility_budget: int = 25,
    lm_budget: int = 4,
    max_responses: int = 6,
    edits: Edits = "rewrite",
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
    seed: int = 0,
    out: str | Path | None = None,
    progress: bool = False,
) -> Comparison:
    """Which of two improvers is better on these tasks, by how much, and what each spent of the same budgets.

    Args:
        first: the name of an improver, a file, or `RUN:t`.
        second: the other one.
        task: tasks as in `strop.train`.
        lm: the language model: a specification such as `openai/gpt-4o`, several (a mixture), a model, or a function of
            (system, message). `offline` is a built-in proposer and not a language model.
        base_url: address of an OpenAI-compatible server.
        copies: copies of each task that an improver is measured on.
        utility_budget: evaluations on the training split in one improvement.
        lm_budget: LM calls of one improvement.
        max_responses: responses of one LM call.
        edits: how the model may answer where a prompt shows a program: `auto`, `rewrite`, `blocks` or `diff`.
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
        seed: with this machine's key it decides everything that is drawn.
        out: the record's directory; where it holds the same comparison, stopped, that is continued. One in runs/ when not given.
        progress: show the progress on standard error.

    Raises:
        ConfigurationError: something that was named does not exist, or both are the same program.
        StropError: the host failed or a limit was spent; what was done is kept.
    """
    arguments = dict(locals())
    improvers = rivals(str(first), str(second))
    tasks = several(task)
    spec = recipe_of(tasks, arguments, improver=first, iterations=0)
    directory = Path(out) if out is not None else new_directory(RUNS, f"compare-{plain_name(spec.task)}")
    show: Mode = "auto" if progress else "none"
    with assembled(spec, os.environ, model=model_of(lm), tasks=objects_of(tasks)) as parts:
        plan = Plan(parts.tasks, improvers, spec.copies)
        meta = {
            "task": ", ".join(each.name for each in plan.tasks),
            "improvers": json.dumps([[each.name, each.digest] for each in improvers]),
        }
        with measuring(parts, directory, KIND, meta, show=show) as record:
            stopped = measure_missing(parts, record, lambda at: carry_out(at, plan, record.store, record.told))
            if stopped is not None:
                raise stopped
            return Comparison(**vars(comparison(matrix(record.store, plan), record.store)))


def rivals(first: str, second: str) -> tuple[Named, Named]:
    """The two improvers by these names.

    Raises:
        ConfigurationError: one is not there, or both are the same program.
    """
    found = Named(first, any_improver_text(first)), Named(second, any_improver_text(second))
    check_rivals(found)
    return found
