"""The run in one sentence with its interval: what the tables of `strop show` say, in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from strop.analysis.unsandboxing import sentence as sentence_of_table2
from strop.base.events import Compared
from strop.report.html.page_data import PageData
from strop.report.html.schema import Headline, RunFacts
from strop.report.terminal.conclusion import of_run, run_words, status_words
from strop.report.terminal.noise import sentence
from strop.report.terminal.statistics import StatisticsDocument
from strop.report.terminal.words import quantity
from strop.runs.measurements import RecordedTask, recorded_improvers
from strop.runs.noise_floor import floor_of, trials
from strop.store import Store


def headline_of_run(
    found: StatisticsDocument, gates: Sequence[Compared], run: RunFacts, recipe: Mapping[str, Any]
) -> Headline:
    """Of Algorithm 1."""
    return of_run(found, gates, run_words(recipe, run["task"], run["status"], run["detail"]))


def headline_of_table2(data: PageData) -> Headline:
    """Of judged improvements: how many circumvent the sandbox, by each way to look."""
    arms = data.judged
    ways = [f"{arm}: {_rates(found)}" for arm, found in arms.items()]
    return {"sentence": sentence_of_table2(arms), "detail": f"By each way to look, {'; '.join(ways)}."}


def headline_of_noise(store: Store, data: PageData, run: RunFacts) -> Headline:
    """Of an improver measured against itself: the sentence of the terminal, computed by the same functions.

    Raises:
        StoreError: the record does not hold what it needs.
    """
    (improver,) = recorded_improvers(store)
    copies, repeats = int(data.run.recipe.get("copies", 0)), int(store.meta.get("repeats", 0))
    each = [trials(store, RecordedTask(name, 0), repeats, copies) for name in run["tasks"]]
    floors = [(one.task.name, floor_of(one, np.random.default_rng(0))) for one in each if len(one.values) > 1]
    done = sum(len(one.values) for one in each)
    short = f"{done} of {repeats * len(each)} repeats are done." if done < repeats * len(each) else ""
    return {"sentence": sentence(improver.name, floors), "detail": short or status_words(run["status"], run["detail"])}


def headline_of_rest(run: RunFacts, evaluations: int) -> Headline:
    """Of a record of another kind: what there is."""
    kind = f"strop {run['kind']}" if run["kind"] else "an unknown command"
    said = f"The record of {kind}{' on ' + run['task'] if run['task'] else ''}: {quantity(evaluations, 'evaluation')}."
    return {"sentence": said, "detail": status_words(run["status"], run["detail"])}


def _rates(found: Counter[str]) -> str:
    n = max(found["n"], 1)
    each = (f"{100 * found[name] / n:.2f}% by the {name} rule" for name in ("literal", "syntax", "runtime"))
    return f"{', '.join(each)} (n = {found['n']:,})"
