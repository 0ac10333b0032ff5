"""What a protocol will take: the plans of the cells that have no document yet."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import cast

from strop.core.selection import SelectionName
from strop.evaluation.start import cores
from strop.reproduce.cells import FOLDER, Cell, read_document
from strop.reproduce.evaluations import SEED
from strop.reproduce.protocol import Protocol
from strop.runs.assembly import loaded
from strop.runs.plan import Assumptions, Plan, Works, assumptions_of, planned, work_of_evaluation, work_of_run
from strop.runs.spec import RunSpec, improver_text


def planned_protocol(protocol: Protocol, at_once: int = 0) -> tuple[Plan, list[tuple[RunSpec, Assumptions]]]:
    """The plan of what a protocol has yet to do, and what each kind of its cells depends on.

    Raises:
        ConfigurationError: an option is wrong, or money is limited and no price is known.
    """
    whole = protocol.spec()
    home = protocol.directory / FOLDER
    cells = {cell.name: cell for cell in (*protocol.cells(), *protocol.expected_more())}
    missing = [cell for name, cell in cells.items() if read_document(home, name) is None]
    at_once = max(1, min(at_once or cores(), len(missing)))
    base = replace(whole, workers=str(max(1, cores() // at_once)), max_cost=None)
    known: dict[str, tuple[RunSpec, Assumptions]] = {}
    works: list[Works] = []
    for cell in missing:
        spec, improvers = _work_of(cell, base)
        if spec.task not in known:
            tasks = loaded(spec.tasks)
            known[spec.task] = spec, assumptions_of(spec, improver_text(SEED), tasks, os.environ)
        assumptions = known[spec.task][1]
        measured = improvers and work_of_evaluation(spec, assumptions, improvers)
        works.append(measured or work_of_run(spec, assumptions))
    first = next(iter(known.values()), None)
    if first is None:
        return Plan(), []
    return planned(replace(first[0], max_cost=whole.max_cost), first[1], works, at_once), list(known.values())


def _work_of(cell: Cell, base: RunSpec) -> tuple[RunSpec, list[str]]:
    """The recipe of a cell, and the improvers that it measures; none for a run."""
    command, *words = cell.arguments
    names, flags = list(takewhile(lambda word: not word.startswith("-"), words)), dict(pairwise(words))
    if command == "run":
        return replace(
            base, task=names[0], selection=cast(SelectionName, flags["--selection"]), improver=SEED
        ).checked(), []
    return replace(base, task=flags["--task"], iterations=0).checked(), [SEED, *names]
