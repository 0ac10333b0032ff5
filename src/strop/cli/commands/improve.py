"""strop improve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.options.commands import DryRun, MaybeTarget, OutputOptions, Scored, Settings, scoring_of
from strop.options.run import (
    DEFAULT_IMPROVER,
    OUTPUT,
    EnvironmentOptions,
    LimitOptions,
    ModelOptions,
    OneImprovementOptions,
    Rare,
    Switch,
    Whole,
)
from strop.options.scoring import ScoringOptions

if TYPE_CHECKING:
    from strop.api.job import Job
    from strop.runs.results.improved import Improved, Unfinished
    from strop.runs.spec import RunSpec

NOT_APPLIED = 9
"""Exit code: a program measures better, and --apply did not apply it, because it is held back."""


def improve_command(
    target: MaybeTarget = "",
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

    The result is a patch. Your files change only with --apply. The exit code is 0 whatever is found, and --json says what was
    found as `finding`. With --apply the exit code is 9 if a program measures better and is held back.

    Without TARGET, strop finds the functions that take the time of the command of --record, as `strop hot` lists them, improves
    one after another, and measures the command with all their patches.

    Parameters
    ----------
    improver
        Improver that searches: a name, a file, or `RUN:t`. `strop list improvers` lists the names. `RUN:t` is the improver of a
        run after iteration t.
    apply
        Apply the patch to your files if the program is better. They must be as they were when the run began.
    solution
        File to start from instead of the task's seed solution. The file is not changed.
    seed
        Seed of all random draws, used together with this machine's key. By default it is random.
    """
    from strop.api.conventions import make_spec
    from strop.api.program import the_command
    from strop.cli.command import command

    groups, options = (model, budget, limits, environment), scoring_of(scored, settings)
    named = target or the_command(options, solution)
    spec = make_spec((named,), *groups, seed=seed, iterations=0, copies=1, improver=improver)
    job = _job(spec, target, options, solution, applies=apply)
    more: dict[str, Any] = {"then": applied, "code": held_back} if apply else {}
    return command(job, output, output.out, dry_run=dry_run, **more)


def _job(spec: RunSpec, target: str, options: dict[str, object], solution: Path | None, *, applies: bool) -> Job[Any]:
    """The improvement of a target, or of the program that the command of `spec.task` runs if there is none."""
    from strop.api.improvement import improve_job
    from strop.api.lookup import any_improver_text
    from strop.api.program import program_job
    from strop.api.target import target_of
    from strop.runs.patching.apply import check_can_apply

    text = any_improver_text(spec.improver)
    if not target:
        return program_job(spec, options, text)
    goal = target_of(target, options, solution)
    job = improve_job(spec, goal, text)
    if applies:
        check_can_apply(goal.original)
    return job


def applied(result: Improved | Unfinished) -> Improved | Unfinished:
    """The result, after applying it to the user's files, or with the reason why it was not applied."""
    from strop.runs.patching.apply import undo_of
    from strop.runs.results.improved import apply_result

    try:
        paths = apply_result(result)
    except ConfigurationError as error:
        return replace(result, applied=str(error))
    undo = undo_of(result.directory) if paths else ""
    return replace(
        result,
        applied=f"applied: {', '.join(map(str, paths))}; {undo}"
        if paths
        else "nothing to do: the patch is applied already",
    )


def held_back(result: Improved | Unfinished) -> int:
    """The exit code of --apply."""
    from strop.runs.results.improved import Improved

    return NOT_APPLIED if isinstance(result, Improved) and result.is_held_back else 0
