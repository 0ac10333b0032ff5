"""strop score."""

from __future__ import annotations

from pathlib import Path

from strop.api.conventions import make_spec
from strop.api.scoring import score_program
from strop.api.target import target_of
from strop.base.errors import ConfigurationError
from strop.cli.commands.options import Json, Scored, Settings, scoring_of
from strop.cli.commands.output import announce, notify, print_document, results, results_alone
from strop.report.terminal.score import score_document
from strop.runs.options import EnvironmentOptions, Whole
from strop.runs.score import program_of
from strop.tasks.base import Split
from strop.tasks.command.options import ScoringOptions
from strop.tasks.command.task import SHARED_JAIL, shares_jail


def score_command(
    solution: Path,
    /,
    *,
    task: str | None = None,
    split: Split = "train",
    seed: Whole = 0,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    environment: EnvironmentOptions = EnvironmentOptions(),
    as_json: Json = False,
) -> int:
    """Score one solution of a task on every instance of a split.

    Parameters
    ----------
    solution
        File of the solution. For a command task of several files also a folder with those that differ.
    task
        Task, folder with a strop.toml, or the program that the solution is compared with. A task is a name, or a file that
        defines a strop.Task (or FILE.py:FUNCTION). With --evaluator or --command, the solution itself by default.
    split
        Instances: those of train, or the sealed ones of test.
    seed
        Seed of the instances, together with this machine's key.
    """
    scoring = scoring_of(scored, settings)
    if task is None and not (scoring.get("evaluator") or scoring.get("command")):
        raise ConfigurationError("missing --task: give a task name, file or folder (or --evaluator FILE, or --command)")
    task = str(solution) if task is None else task
    spec = make_spec((task,), environment, seed=seed).checked()
    with results_alone():  # what a task's own code prints is not a result
        the_task = target_of(task, scoring).task
    text = program_of(solution, the_task)
    announce(environment.instances)
    with results_alone():
        score = score_program(the_task, text, split, spec)
    if as_json:
        print_document(score_document(score))
    else:
        score.print_on(results())
        if shares_jail(the_task):
            notify(SHARED_JAIL)
    return 0
