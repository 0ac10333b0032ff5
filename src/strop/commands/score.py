"""strop score."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from strop.budget import Budget
from strop.commands.options import GroundOptions, Json, Whole
from strop.commands.output import announce, print_document, results, results_alone
from strop.events import discard
from strop.laboratory import jail
from strop.report.documents import ScoreResult, score_document
from strop.report.tables import print_score
from strop.secret import key_file, machine_key, run_secret
from strop.spec import RunSpec, program_text
from strop.stopping import stopped_by_signals
from strop.tasks.base import PublishedSeeds, SecretSeeds, Split
from strop.tasks.registry import load
from strop.utility import TaskUtility


def score_command(
    solution: Path,
    /,
    *,
    task: str,
    split: Split = "train",
    seed: Whole = 0,
    ground: GroundOptions = GroundOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    as_json: Json = False,
) -> int:
    """Score one solution of a task on every instance of a split.

    Parameters
    ----------
    solution
        File of the solution.
    task
        A task's name, or a file that defines a strop.Task.
    split
        train, or test for the sealed split.
    seed
        With this machine's key it decides which instances are drawn.
    """
    spec = RunSpec(
        task=task, seed=seed, instances=ground.instances, jobs=ground.jobs, require=ground.required()
    ).checked()
    with results_alone():  # what a task's own code prints is no result
        the_task = load(task)
    text = program_text(solution, "solution")
    announce(ground.instances)
    secret = run_secret(machine_key(key_file(os.environ)), seed)
    seeds = PublishedSeeds() if ground.instances == "published" else SecretSeeds(secret)
    with results_alone(), closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close):
        evaluation = TaskUtility(the_task, split, seeds, sandbox, discard, secret).evaluate(text, Budget())
    result = ScoreResult(
        task=the_task.name,
        split=split,
        utility=evaluation.value,
        instances=evaluation.scores,
        verdicts=evaluation.counts(),
        error=evaluation.error,
    )
    if as_json:
        print_document(score_document(result))
    else:
        print_score(result, results())
    return 0
