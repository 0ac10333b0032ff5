"""`strop run --dry-run`: what a run would come to. Nothing is asked, run or written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from strop.analysis.stats import mean
from strop.cli.commands.output import print_document, results
from strop.lm.options import members, read_spec
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import check
from strop.report.terminal.plan import plan_document, print_plan
from strop.runs.assembly import loaded, meta_description, settings_of
from strop.runs.cost_estimate import Assumptions, appetite_of, planned
from strop.runs.spec import RunSpec, improver_text


def show_plan(spec: RunSpec, improver: str, sources: Sequence[str], *, as_json: bool) -> int:
    """Print the plan of a run that begins from the text `improver`; its tasks are loaded from `sources`.

    Raises:
        ConfigurationError: the recipe names something that is not there, or limits money where no price is known.
    """
    spec = spec.checked()
    if Path(spec.improver).name == spec.improver and improver == improver_text("seed"):
        spec = replace(spec, improver="seed")
    check(spec.model)
    tasks = loaded(sources)
    known = tariffs(spec.model, replace(settings_of(spec), url=spec.base_url), os.environ)
    if spec.max_cost is not None:
        check_cost_limit(known)
    template = len(improver_text("seed").encode())
    ground = Assumptions(
        solution_prompt=template + _mean(len(each.seed.encode()) + len(each.told.encode()) for each in tasks),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        solution=_mean(len(each.seed.encode()) for each in tasks),
        improver=len(improver.encode()),
        instances=1 if len(tasks) > 1 else tasks[0].count("train"),
        time_limit=mean([each.count("train") * each.time_limit for each in tasks])
        if len(tasks) > 1
        else tasks[0].time_limit,
        tariffs=known,
        weights=[read_spec(each)[1].weight for each in members(spec.model)],
        appetite=appetite_of(spec.model),
    )
    found = planned(spec, ground)
    if as_json:
        print_document(plan_document(found, spec, known))
    else:
        print_plan(found, spec, known, results())
    return 0


def _mean(lengths: Iterable[int]) -> int:
    """Of several tasks: every one of them is improved as often."""
    return round(mean(list(lengths)))
