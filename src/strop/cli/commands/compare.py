"""strop compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from strop.options.commands import CompareOutputOptions, DryRun, MaybeTarget, Scored, Settings, scoring_of
from strop.options.run import ComparisonOptions, EnvironmentOptions, Rare, Whole
from strop.options.scoring import ScoringOptions

if TYPE_CHECKING:
    from strop.api.job import Job
    from strop.runs.results.improved import Improved, Unfinished
    from strop.runs.results.program import ImprovedProgram

FAILED = 6
"""Exit code: the comparison has the result that `--fail-on` names."""
FailOn = Literal["worse", "not-better"]


def compare_command(
    target: MaybeTarget = "",
    /,
    *,
    with_: Annotated[Path | None, Parameter(name="--with")] = None,
    base: str = "",
    fail_on: FailOn | None = None,
    seed: Annotated[Whole | None, Rare] = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    comparison: ComparisonOptions = ComparisonOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: CompareOutputOptions = CompareOutputOptions(),
    dry_run: Annotated[DryRun, Rare] = False,
) -> int:
    """Compare a change that exists with the original. No language model is asked, and nothing searches.

    With --with, the original is the work tree, and the change is what --with names. With --base, the original is that commit,
    and the change is the work tree. Without TARGET, the command of --record is measured with the change and without, and so are
    the functions that the change touches and that take the command's time.

    The exit code is 0 whatever is found. With --fail-on it is 6 if the change is worse, or if it is not shown to be better.

    Parameters
    ----------
    with_
        The change: a file with the new text, a patch, or a folder.
    base
        The original: a commit, such as HEAD or origin/main.
    fail_on
        Exit with 6 if the change is worse, or unless it is better. That is `worse` or `not-better`.
    seed
        Seed of all random draws, used together with this machine's key. By default it is random.
    """
    from functools import partial

    from strop.cli.command import command
    from strop.runs.patching.sides import NothingDiffers

    options = scoring_of(scored, settings)
    try:
        job = _job(target, options, (with_, base), (comparison, environment), seed)
    except NothingDiffers as error:
        if fail_on is None or output.as_json:
            raise
        return _print_no_difference(str(error), fail_on, as_markdown=output.as_markdown)
    return command(job, output, output.out, dry_run=dry_run, code=partial(code_of, fail_on))


def _job(
    target: str,
    options: dict[str, object],
    versions: tuple[Path | None, str],
    groups: tuple[ComparisonOptions, EnvironmentOptions],
    seed: int | None,
) -> Job[Any]:
    """The comparison of a target, or of the program that the command of --record runs if there is none."""
    from strop.api.comparison import compare_job, compare_spec, target_and_change
    from strop.api.program import program_job, the_command

    spec = compare_spec(target or the_command(options), *groups, seed=seed)
    with_, base = versions
    if target:
        return compare_job(spec, *target_and_change(target, options, with_, base))
    return program_job(spec, options, base=base, with_=with_)


def _print_no_difference(reason: str, fail_on: FailOn, *, as_markdown: bool) -> int:
    """Print that nothing differs, and return the exit code: the change is neither worse nor better."""
    from strop.base.console import results_stream
    from strop.base.terminal_text import escape
    from strop.report.markdown import SENTENCE, prose

    sentence = f"No difference: {reason}."
    line = f"**{prose(sentence, SENTENCE)}**" if as_markdown else escape(sentence, SENTENCE)
    results_stream().write(f"{line}\n")
    return FAILED if fail_on == "not-better" else 0


def code_of(fail_on: FailOn | None, result: Improved | Unfinished | ImprovedProgram) -> int:
    """The exit code of a comparison."""
    is_better = result.finding in ("better", "a better construction")
    fails = {"worse": result.finding == "worse", "not-better": not is_better}
    return FAILED if fail_on is not None and fails[fail_on] else 0
