"""strop improve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.conventions import make_spec
from strop.api.improvement import DEFAULT_IMPROVER, carry_out
from strop.api.lookup import RUNS, any_improver_text
from strop.api.recording import check_free_folder
from strop.api.target import target_of
from strop.base.errors import ConfigurationError, StropError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.cli.commands.options import DryRun, OutputOptions, Scored, Settings, Target, scoring_of
from strop.cli.commands.output import announce, notify, present, reported, results_alone, say_scorers
from strop.lm.options import members, named
from strop.lm.prices import uses_no_tokens
from strop.report.terminal.improvement import best_line
from strop.runs.options import (
    OUTPUT,
    EnvironmentOptions,
    LimitOptions,
    ModelOptions,
    OneImprovementOptions,
    Rare,
    Switch,
    Whole,
)
from strop.runs.patching.apply import check_can_apply, undo_of
from strop.runs.plan import Formula, assumptions_of, planned, works
from strop.runs.reading import opened
from strop.runs.results.improved import Improved, Unfinished, apply_run, read_improved
from strop.runs.run_directory import new_directory
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME
from strop.tasks.command.options import ScoringOptions
from strop.tasks.command.task import AnyTask

NOT_APPLIED = 9
"""Exit code: a program measures better, and --apply did not apply it, because it is held back."""


def improve_command(
    target: Target,
    /,
    *,
    improver: str = DEFAULT_IMPROVER,
    solution: Annotated[Path | None, Rare] = None,
    seed: Whole | None = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    apply: Annotated[bool, Switch, Parameter(group=OUTPUT)] = False,
    model: ModelOptions = ModelOptions(),
    budget: OneImprovementOptions = OneImprovementOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: Annotated[DryRun, Rare] = False,
) -> int:
    """Improve a program, and compare it with the original on instances that the search never saw.

    The result is a patch; your files change only with --apply. The exit code is 0 whatever the result; --json has it as
    `finding`. With --apply it is 9 if a program measures better, and is held back.

    Parameters
    ----------
    improver
        A name (`strop list improvers`), a file, or RUN:t.
    apply
        Apply the patch to your files if the program is better. They must be as they were when the run began.
    solution
        File to start from instead of the task's seed solution. The file is not changed.
    seed
        Seed of all random draws. With this machine's key; a random one by default.
    """
    directory = output.out or new_directory(RUNS, f"improve-{Path(target).name or Path.cwd().name}")
    check_free_folder(directory)
    announce(environment.instances)
    groups = (model, budget, limits, environment)
    spec = make_spec((target,), *groups, seed=seed, iterations=0, copies=1, improver=improver).checked()
    text = any_improver_text(improver)
    with results_alone():
        goal = target_of(target, scoring_of(scored, settings), solution)
    if dry_run:
        return _show_plan(spec, text, goal.task, as_json=output.as_json)
    if apply:
        check_can_apply(goal.original)
    with reported(directory, output.no_report):
        with results_alone(), best_reported(directory):
            begin = partial(_say_first, goal.task, spec)
            carry_out(spec, text, goal, directory, tracks=output.track, show=output.shown, begin=begin)
        return _end(directory, apply=apply, as_json=output.as_json)


def _show_plan(spec: RunSpec, improver: str, task: AnyTask, *, as_json: bool) -> int:
    assumptions = assumptions_of(spec, improver, (task,), os.environ)
    present(planned([(spec, assumptions)], [works(spec, assumptions, Formula.once)]), as_json=as_json)
    return 0


def _end(directory: Path, *, apply: bool, as_json: bool) -> int:
    """Apply the patch if that is asked, and print the result. Returns the exit code."""
    applied = applied_now(directory) if apply else None
    with opened(directory) as store:
        improved = read_improved(store, applied)
        present(improved, as_json=as_json)
    return NOT_APPLIED if apply and isinstance(improved, Improved) and improved.is_held_back else 0


def _say_first(task: AnyTask, spec: RunSpec) -> None:
    """Print what a user should know before anything is spent."""
    say_scorers((task,))
    notify(budget_line(spec))


def budget_line(spec: RunSpec) -> str:
    """The budget of the improvement and its limits, in one line."""
    calls = f"{quantity(spec.lm_budget, 'LM call')} of up to {quantity(spec.max_responses, 'response')}"
    budget = f"budget: {quantity(spec.utility_budget, 'evaluation')}, {calls}"
    free = all(map(uses_no_tokens, members(spec.model)))
    limits = {
        "--max-cost": None if spec.max_cost is None else f"${spec.max_cost:g}",
        "--max-time": None if spec.max_time is None else f"{spec.max_time:g} s",
        "--max-calls": spec.max_calls,
    }
    limited = ", ".join(f"{flag} {value}" for flag, value in limits.items() if value is not None)
    if limited:
        return f"{budget}; {limited}"
    if free:
        return f"{budget}; {escape(named(spec.model), 60)} costs nothing"
    return f"{budget}; no limit on cost or time (set one with --max-cost, --max-time or --max-calls)"


@contextmanager
def best_reported(directory: Path) -> Iterator[None]:
    """If an error stops the work inside, print the best candidate so far and how to apply it."""
    try:
        yield
    except StropError:
        if (directory / FILE_NAME).is_file():
            with opened(directory) as store:
                improved = read_improved(store)
            if isinstance(improved, Unfinished):
                notify(best_line(improved))
        raise


def applied_now(directory: Path) -> str:
    """Apply the result of an improvement that has just ended. Returns the outcome in words."""
    try:
        paths = apply_run(directory)
    except ConfigurationError as error:
        return str(error)
    return f"applied: {', '.join(map(str, paths))}; {undo_of(directory)}" if paths else "already applied"
