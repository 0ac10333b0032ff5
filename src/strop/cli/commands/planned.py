"""Print the plan of a command: `--dry-run`."""

from __future__ import annotations

from collections.abc import Sequence

from strop.cli.commands.output import print_document, results
from strop.report.terminal.plan import plan_document, print_plan, told
from strop.runs.cost_estimate import Assumptions, Plan
from strop.runs.spec import RunSpec


def print_planned(plan: Plan, known: Sequence[tuple[RunSpec, Assumptions]], *, as_json: bool) -> None:
    """Print an estimate, for people or as a document. `known`: what it was made of, one or more."""
    lines = list(dict.fromkeys(line for one in known for line in told(*one)))
    if as_json:
        tasks = list(dict.fromkeys(task for spec, _ in known for task in spec.tasks))
        print_document(plan_document(plan, tasks, known[0][0].model, lines))
    else:
        print_plan(plan, lines, results())
