"""`strop run --dry-run`: what a run would come to. Nothing is asked, run or written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from strop.commands.output import print_document, results
from strop.laboratory import meta_description, settings_of
from strop.lm.options import members, read_spec
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import check
from strop.plan import Ground, planned
from strop.report.plan import plan_document, print_plan
from strop.spec import RunSpec, improver_text
from strop.tasks.registry import load


def show_plan(spec: RunSpec, improver: str, source: str, *, as_json: bool) -> int:
    """Print the plan of a run that begins from the text `improver`; its task is loaded from `source`.

    Raises:
        ConfigurationError: the recipe names something that is not there, or limits money where no price is known.
    """
    spec = spec.checked()
    if Path(spec.improver).name == spec.improver and improver == improver_text("seed"):
        spec = replace(spec, improver="seed")
    check(spec.lm)
    task = load(source)
    known = tariffs(spec.lm, replace(settings_of(spec), url=spec.base_url), os.environ)
    if spec.max_cost is not None:
        check_cost_limit(known)
    template = len(improver_text("seed").encode())
    ground = Ground(
        solution_prompt=template + len(task.seed.encode()) + len(task.told.encode()),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        solution=len(task.seed.encode()),
        improver=len(improver.encode()),
        instances=task.count("train"),
        time_limit=task.time_limit,
        tariffs=known,
        weights=[read_spec(each)[1].weight for each in members(spec.lm)],
    )
    found = planned(spec, ground)
    if as_json:
        print_document(plan_document(found, spec, known))
    else:
        print_plan(found, spec, known, results())
    return 0
