"""strop check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from strop.options.commands import Json, Scored, Settings, Target, ViewOptions, scoring_of
from strop.options.run import Rare, Whole
from strop.options.scoring import ScoringOptions


def check_command(
    target: Target,
    /,
    *,
    seed: Whole = 0,
    require: Annotated[str | None, Rare] = None,
    keep: Annotated[Path | None, Rare] = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    as_json: Json = False,
) -> int:
    """Examine a task before you spend money on it. The exit code is 5 if the task is broken.

    The check says who computes the score, runs the original several times, scores its answers spoiled, and tells what the
    held-out instances can show. No language model is asked.

    Parameters
    ----------
    seed
        Seed of the instances, together with this machine's key.
    require
        Protections without which nothing runs, separated by commas, or `none`; see strop doctor.
    keep
        File in which to keep the calls that --record records. It holds data of yours. --record @FILE and TARGET@FILE use it.
    """
    from strop.api.scoring import check_job
    from strop.api.target import target_of
    from strop.base.errors import ConfigurationError, TaskError
    from strop.base.protections import protections
    from strop.cli.command import command
    from strop.runs.spec import RunSpec

    spec = RunSpec(task=target, seed=seed, require=protections(require))
    task = target_of(target, scoring_of(scored, settings)).task
    if keep is not None:
        if task.root is not None or task.recorded is None:
            raise ConfigurationError("--keep is for recorded calls; give --record COMMAND, too")
        task.recorded.write(keep)
    return command(
        check_job(spec, task),
        ViewOptions(as_json=as_json),
        code=lambda checked: TaskError.exit_code if checked.broken else 0,
    )
