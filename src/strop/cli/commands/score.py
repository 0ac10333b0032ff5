"""strop score."""

from __future__ import annotations

from pathlib import Path

from strop.options.choices import Split
from strop.options.commands import Json, Scored, Settings, Target, ViewOptions, scoring_of
from strop.options.run import EnvironmentOptions, Whole
from strop.options.scoring import ScoringOptions


def score_command(
    target: Target,
    /,
    *,
    solution: Path | None = None,
    split: Split = "train",
    seed: Whole = 0,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    environment: EnvironmentOptions = EnvironmentOptions(),
    as_json: Json = False,
) -> int:
    """Score one program of a target, its own by default, on every instance of a split.

    Parameters
    ----------
    solution
        File to score instead of the target's own program. If a command scores several files, also a folder with those that
        differ.
    split
        Instances: those of `train`, the held-out ones of `test`, or those of `gate`, which comparisons of improvers draw.
    seed
        Seed of the instances, together with this machine's key.
    """
    from strop.base.errors import ConfigurationError
    from strop.base.surface import option

    options = scoring_of(scored, settings)
    if split == "test":
        from strop.api.measuring import without_verdict

        if waiting := without_verdict(target):
            raise ConfigurationError(
                f"{waiting} measures {target} and has no verdict: held-out instances stay closed until strop verdict {waiting}"
            )
    if "test" in options:
        raise ConfigurationError(
            f"{option('test')} does not apply to strop score, which measures one program and tests none; "
            f"strop check {option('test')} runs your tests on the original"
        )
    from strop.api.conventions import make_spec
    from strop.api.scoring import score_job
    from strop.api.target import target_of
    from strop.cli.command import command
    from strop.runs.score import program_of

    spec = make_spec((target,), environment, seed=seed)
    task = target_of(target, options).task
    text = task.seed if solution is None else program_of(solution, task)
    return command(score_job(spec, task, text, split), ViewOptions(as_json=as_json))
