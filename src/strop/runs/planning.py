"""What the estimate of a command depends on: texts, prices, and what earlier records say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from strop.analysis.stats import mean
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import check
from strop.runs.assembly import meta_description, settings_of
from strop.runs.cost_estimate import Assumptions
from strop.runs.known_usage import known_usage
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.command.task import AnyTask

CLOCK = "time.process_time"
"""A task whose description names it tells programs to search until their time is used."""


def assumptions_of(
    spec: RunSpec, improver: str, tasks: Sequence[AnyTask], environ: Mapping[str, str], records: Path
) -> Assumptions:
    """What a plan of `spec` (checked) depends on. `improver`: the text that is improved; `records`: where earlier runs are.

    Raises:
        ConfigurationError: the model does not exist, or money is limited and no price is known.
    """
    check(spec.model)
    prices = tariffs(spec.model, replace(settings_of(spec), url=spec.base_url), environ)
    if spec.max_cost is not None:
        check_cost_limit(prices)
    template = len(improver_text("seed").encode())
    one = tasks[0] if len(tasks) == 1 else None
    return Assumptions(
        solution_prompt=template + _mean(len(task.seed.encode()) + len(task.told.encode()) for task in tasks),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        instances=one.count("train") if one else 1,
        time_limit=one.time_limit if one else mean([task.count("train") * task.time_limit for task in tasks]),
        tariffs=prices,
        searches=any(CLOCK in task.told for task in tasks),
        usage=known_usage(records, spec.model, [task.name for task in tasks]),
    )


def _mean(lengths: Iterable[int]) -> int:
    """The mean over tasks: each is improved equally often."""
    return round(mean(list(lengths)))
