"""strop score."""

from __future__ import annotations

import os
from pathlib import Path

from strop.api.arguments import recipe_of
from strop.api.target import target_of
from strop.base.errors import ConfigurationError
from strop.base.results import Evaluation
from strop.cli.commands.improve import ScoringOptions
from strop.cli.commands.options import Json, Whole
from strop.cli.commands.output import announce, notices, print_document, results, results_alone
from strop.report.terminal.score import ScoreResult, print_score, score_document
from strop.runs.options import EnvironmentOptions
from strop.runs.score import program_of, score
from strop.runs.secret import key_file, machine_key, run_secret
from strop.tasks.base import Split
from strop.tasks.command.task import SHARED_JAIL, AnyTask, shares_jail


def score_command(
    solution: Path,
    /,
    *,
    task: str | None = None,
    split: Split = "train",
    seed: Whole = 0,
    scored: ScoringOptions = ScoringOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    as_json: Json = False,
) -> int:
    """Score one solution of a task on every instance of a split.

    Parameters
    ----------
    solution
        File of the solution; for a command task of several files also a folder with those that differ.
    task
        A task's name, a file that defines a strop.Task (or FILE.py:FUNCTION), or a folder with a strop.toml. With --evaluator or
        --command: the program, or the folder, that the solution is compared with; the solution itself when not given.
    split
        train, or test for the sealed split.
    seed
        Seed of the instances, together with this machine's key.
    """
    scoring = scored.scoring()
    if task is None and not (scoring.evaluator or scoring.command):
        raise ConfigurationError("of which task: --task NAME, a file or a folder (or --evaluator FILE, or --command)")
    task = str(solution) if task is None else task
    spec = recipe_of((task,), environment, seed=seed).checked()
    with results_alone():  # what a task's own code prints is no result
        the_task = target_of(task, scoring).task
    text = program_of(solution, the_task)
    announce(environment.instances)
    with results_alone():
        evaluation = score(the_task, text, split, spec, run_secret(machine_key(key_file(os.environ)), seed))
    result = _result(the_task, split, evaluation)
    if as_json:
        print_document(score_document(result))
    else:
        print_score(result, results())
        if shares_jail(the_task):
            notices().print(SHARED_JAIL, markup=False, soft_wrap=True)
    return 0


def _result(task: AnyTask, split: Split, evaluation: Evaluation) -> ScoreResult:
    return ScoreResult(
        task=task.name,
        split=split,
        utility=evaluation.value,
        instances=evaluation.scores,
        verdicts=evaluation.counts(),
        error=evaluation.error,
        notes=evaluation.notes,
        metrics=evaluation.metrics,
        beside=evaluation.beside,
    )
