"""strop measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from strop.options.commands import MeasureOutputOptions, Scored, Settings, Target, scoring_of
from strop.options.run import ComparisonOptions, EnvironmentOptions, MeasuringOptions, Rare, Whole
from strop.options.scoring import ScoringOptions


def measure_command(
    target: Target,
    /,
    *,
    solution: Annotated[Path | None, Rare] = None,
    seed: Annotated[Whole | None, Rare] = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    measuring: MeasuringOptions = MeasuringOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: MeasureOutputOptions = MeasureOutputOptions(),
) -> int:
    """Measure what may change in a target as it is now, on the instances of training.

    The first measurement begins a record, and freezes the files that compute the score. Each further one names the record with
    --out. There may be --budget measurements. `strop verdict` compares the best of them with the original, on instances that no
    measurement had. The exit code is 0 whatever the program scores.

    Parameters
    ----------
    solution
        File with the program, if the target is a task and no file of yours.
    seed
        Seed of all random draws, used together with this machine's key. By default it is random.
    """
    from dataclasses import replace

    from strop.api.measuring import begun_or_new, measure_job
    from strop.cli.command import command

    options = scoring_of(scored, settings)
    search = begun_or_new(target, (comparison, measuring, environment), options, output.out, seed=seed)
    # The page is that of the verdict.
    return command(measure_job(search, solution), replace(output, no_report=True), output.out)
