"""The run in one sentence with its interval: what the tables of `strop show` say, in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from strop.events import Compared
from strop.page.reading import Seen
from strop.page.shape import Headline, RunFacts
from strop.report.conclusion import of_run, run_words, status_words
from strop.report.statistics import StatisticsDocument
from strop.report.words import quantity
from strop.reproduce.unsandboxing.rates import sentence


def headline_of_run(
    found: StatisticsDocument, gates: Sequence[Compared], run: RunFacts, recipe: Mapping[str, Any]
) -> Headline:
    """Of Algorithm 1."""
    return of_run(found, gates, run_words(recipe, run["task"], run["status"], run["detail"]))


def headline_of_table2(seen: Seen) -> Headline:
    """Of judged improvements: how many circumvent the sandbox, by each way to look."""
    arms = {arm: seen.judged[arm] for arm in sorted(seen.judged)}
    ways = [f"{arm}: {_rates(found)}" for arm, found in arms.items()]
    return {"sentence": sentence(arms), "detail": f"By each way to look, {'; '.join(ways)}."}


def headline_of_rest(run: RunFacts, evaluations: int) -> Headline:
    """Of a record of another kind: what there is."""
    kind = f"strop {run['kind']}" if run["kind"] else "an unknown command"
    said = f"The record of {kind}{' on ' + run['task'] if run['task'] else ''}: {quantity(evaluations, 'evaluation')}."
    return {"sentence": said, "detail": status_words(run["status"], run["detail"])}


def _rates(found: Counter[str]) -> str:
    n = max(found["n"], 1)
    each = (f"{100 * found[name] / n:.2f}% by the {name} rule" for name in ("literal", "syntax", "runtime"))
    return f"{', '.join(each)} (n = {found['n']:,})"
